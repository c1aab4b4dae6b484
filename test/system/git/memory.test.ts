import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { discover } from '../../../src/system/git/discover.js'
import { openMemory } from '../../../src/system/git/memory.js'
import { memoryFolder } from '../../../src/system/git/place.js'
import { sandbox, string, text } from '../sandbox.js'

const NAME = 'seen/main/one'

function remembering() {
  const place = discover(sandbox().root)
  const file = join(memoryFolder(place), ...NAME.split('/'))
  return { memory: openMemory(place), file, lock: `${file}.lock`, other: openMemory(place) }
}

const raised = (bytes: Uint8Array | undefined): Uint8Array => text(`${Number(string(bytes) ?? 0) + 1}`)

describe('what a clone remembers', () => {
  it('is there for the next, and nothing else is', async () => {
    const { memory, other, file } = remembering()
    expect(await memory.read(NAME)).toBeUndefined()
    await memory.update(NAME, () => text('a longer text'))
    await memory.update(NAME, () => text('x'))
    await memory.update(NAME, () => undefined)
    expect(string(await other.read(NAME))).toBe('x')
    expect(fs.readdirSync(dirname(file))).toEqual(['one'])
    expect(fs.statSync(file).mode & 0o777).toBe(0o600)
  })

  it('is changed by one at a time', async () => {
    const { memory, other } = remembering()
    await Promise.all(Array.from({ length: 40 }, (_, at) => (at % 2 ? memory : other).update(NAME, raised)))
    expect(string(await memory.read(NAME))).toBe('40')
  })

  it('stays as it was where the change fails, and is not locked after', async () => {
    const { memory, file } = remembering()
    await memory.update(NAME, raised)
    const failing = memory.update(NAME, () => {
      throw new Error('refused')
    })
    await expect(failing).rejects.toThrow('refused')
    expect(fs.readdirSync(dirname(file))).toEqual(['one'])
    await memory.update(NAME, raised)
    expect(string(await memory.read(NAME))).toBe('2')
  })

  it('can be changed again after somebody died with the lock', async () => {
    const { memory, file, lock } = remembering()
    await memory.update(NAME, raised)
    fs.writeFileSync(lock, 'half of')
    const longAgo = new Date(Date.now() - 11_000)
    fs.utimesSync(lock, longAgo, longAgo)
    await memory.update(NAME, raised)
    expect(string(await memory.read(NAME))).toBe('2')
    expect(fs.readdirSync(dirname(file))).toEqual(['one'])
  })

  it('is not half of what another writes who took the lock for stale', async () => {
    const { memory, lock } = remembering()
    await memory.update(NAME, raised)
    let calls = 0
    const suspended = memory.update(NAME, bytes => {
      if (++calls === 1) {
        fs.unlinkSync(lock)
        fs.writeFileSync(lock, 'half of')
      }
      return raised(bytes)
    })
    await expect(Promise.race([suspended.then(() => 'done'), pause(100)])).resolves.toBe('waiting')
    expect(string(await memory.read(NAME))).toBe('1')
    expect(string(fs.readFileSync(lock))).toBe('half of')
    // the other ends
    fs.unlinkSync(lock)
    await suspended
    expect(string(await memory.read(NAME))).toBe('2')
  })
})

const pause = (ms: number): Promise<string> => new Promise(resolve => setTimeout(resolve, ms, 'waiting'))
