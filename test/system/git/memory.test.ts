import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { holderOf, holderText } from '../../../src/system/files/holder.js'
import { discover } from '../../../src/system/git/discover.js'
import { openMemory } from '../../../src/system/git/memory.js'
import { memoryFolder } from '../../../src/system/git/place.js'
import { sandbox, string, text } from '../sandbox.js'

const NAME = 'seen/main/one'

function openTwice() {
  const place = discover(sandbox().root)
  const file = join(memoryFolder(place), ...NAME.split('/'))
  return { memory: openMemory(place), file, lock: `${file}.lock`, other: openMemory(place) }
}

const incremented = (bytes: Uint8Array | undefined): Uint8Array => text(`${Number(string(bytes) ?? 0) + 1}`)

describe("the clone's memory", () => {
  it('keeps the last value, and leaves no other file', async () => {
    const { memory, other, file } = openTwice()
    expect(await memory.read(NAME)).toBeUndefined()
    await memory.update(NAME, () => text('a longer text'))
    await memory.update(NAME, () => text('x'))
    await memory.update(NAME, () => undefined)
    expect(string(await other.read(NAME))).toBe('x')
    expect(fs.readdirSync(dirname(file))).toEqual(['one'])
    expect(fs.statSync(file).mode & 0o777).toBe(0o600)
  })

  it('runs one update at a time', async () => {
    const { memory, other } = openTwice()
    await Promise.all(
      Array.from({ length: 40 }, (_, at) => (at % 2 ? memory : other).update(NAME, incremented))
    )
    expect(string(await memory.read(NAME))).toBe('40')
  })

  it('is unchanged and unlocked after an update that throws', async () => {
    const { memory, file } = openTwice()
    await memory.update(NAME, incremented)
    const failing = memory.update(NAME, () => {
      throw new Error('refused')
    })
    await expect(failing).rejects.toThrow('refused')
    expect(fs.readdirSync(dirname(file))).toEqual(['one'])
    await memory.update(NAME, incremented)
    expect(string(await memory.read(NAME))).toBe('2')
  })

  it('can be updated after a process died while holding the lock', async () => {
    const { memory, file, lock } = openTwice()
    await memory.update(NAME, incremented)
    fs.writeFileSync(lock, 'half of')
    const longAgo = new Date(Date.now() - 11_000)
    fs.utimesSync(lock, longAgo, longAgo)
    await memory.update(NAME, incremented)
    expect(string(await memory.read(NAME))).toBe('2')
    expect(fs.readdirSync(dirname(file))).toEqual(['one'])
  })

  it('does not overwrite the file of a process that took over the lock', async () => {
    const { memory, lock } = openTwice()
    await memory.update(NAME, incremented)
    let calls = 0
    const suspended = memory.update(NAME, bytes => {
      if (++calls === 1) {
        fs.unlinkSync(lock)
        fs.writeFileSync(lock, 'half of')
      }
      return incremented(bytes)
    })
    await expect(Promise.race([suspended.then(() => 'done'), pause(100)])).resolves.toBe('waiting')
    expect(string(await memory.read(NAME))).toBe('1')
    expect(string(fs.readFileSync(lock))).toBe('half of')
    // the other process ends
    fs.unlinkSync(lock)
    await suspended
    expect(string(await memory.read(NAME))).toBe('2')
  })
})

const pause = (ms: number): Promise<string> => new Promise(resolve => setTimeout(resolve, ms, 'waiting'))

describe("a lock of the clone's memory", () => {
  /** A process of this machine that has ended. */
  const dead = (): string => {
    const { pid } = spawnSync(process.execPath, ['-e', ''])
    return `${holderText({ ...holderOf(process.pid), pid, start: '1' })}.000000000000`
  }

  it('of a process that has ended is taken over at once, whatever the clock says', async () => {
    const { memory, file, lock } = openTwice()
    await memory.update(NAME, incremented)
    for (const hours of [-1, 0, 1]) {
      const time = Date.now() / 1000 + hours * 3600
      fs.symlinkSync(dead(), lock)
      fs.lutimesSync(lock, time, time)
      await memory.update(NAME, incremented)
    }
    expect(string(await memory.read(NAME))).toBe('4')
    expect(fs.readdirSync(dirname(file))).toEqual(['one'])
  })

  it('that this process could not remove does not lock it out', async () => {
    const { memory, lock } = openTwice()
    await memory.update(NAME, incremented)
    fs.symlinkSync(`${holderText(holderOf(process.pid))}.000000000000`, lock)
    await memory.update(NAME, incremented)
    expect(string(await memory.read(NAME))).toBe('2')
  })

  it('names its process, and the new file that a killed process has left is replaced', async () => {
    const { memory, file, lock } = openTwice()
    await memory.update(NAME, incremented)
    fs.writeFileSync(`${file}.new`, 'half of')
    let holder: string | undefined
    await memory.update(NAME, bytes => {
      holder = fs.readlinkSync(lock)
      return incremented(bytes)
    })
    expect(holder).toMatch(new RegExp(`^${process.pid}\\.`))
    expect(fs.readdirSync(dirname(file))).toEqual(['one'])
  })
})
