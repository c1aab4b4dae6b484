import * as fs from 'node:fs'
import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { formatAccess } from '../../../src/core/access/accessText.js'
import { encode } from '../../../src/core/encoding.js'
import { hash } from '../../../src/core/sodium.js'
import { extendLog } from '../accessLog.js'
import { cloneOf, makeVault, type TestVault } from '../fixture.js'
import { admit, newPerson } from '../people.js'

const FOLDED = '.git/git-vault/folded'
const LOG = 'vault/access.yaml'

/** A vault whose log is long enough to be kept. */
async function longLog(): Promise<TestVault> {
  const box = await makeVault()
  await box.api.createSecret({ Name: 'db', SecretString: 'one' })
  const names = Array.from({ length: 600 }, (_, at) => `team/number-${at}/of/many/**`)
  await extendLog(box, [{ change: 'names', key: 'default', names: names as [string, ...string[]] }])
  await access(box)
  return box
}

const view = async (box: TestVault) => (await box.internal()).read()
const access = async (box: TestVault) => formatAccess((await view(box)).access)

let [box, other]: TestVault[] = []

beforeAll(async () => {
  other = await longLog()
})

beforeEach(async () => {
  box = await longLog()
})

/** What a new process says: this one remembers the last log. */
async function afresh(vault = box!) {
  await access(other!)
  return access(vault)
}

/** Gives the file other text, under a right seal. */
function replace(from: string, to: string): void {
  const text = box!.read(FOLDED)
  const body = Buffer.from(text.slice(text.indexOf('\n') + 1).replaceAll(from, to))
  const parts = [Buffer.from('development'), fs.readFileSync(box!.path(LOG)), body].map(one => hash(one))
  fs.writeFileSync(box!.path(FOLDED), `${encode(hash(Buffer.concat(parts)))}\n${body.toString()}`)
}

describe('what the pinned log says', () => {
  it('is taken from the file, so that nothing is folded again', async () => {
    const expected = await afresh()
    replace('"alice"', '"from the file"')
    expect(await afresh()).toBe(expected.replaceAll('"alice"', '"from the file"'))
  })

  it('is not that of a longer log, though the pin gets shorter meanwhile', async () => {
    const short = box!.head()
    const log = fs.readFileSync(box!.path(LOG))
    await admit(box!, 'bob', {})
    box!.git('reset', '-q', '--hard', short)
    const vault = await box!.internal()
    const { memory } = vault.repository
    const read = memory.read.bind(memory)
    let reads = 0
    // as by `git-vault trust --accept-log` in another process, after the longer log was read
    memory.read = async name => {
      if (name === 'pin' && (reads += 1) === 3) await memory.update('pin', () => log)
      return read(name)
    }
    expect(formatAccess((await vault.read()).access)).toContain('"bob"')
    memory.read = read
    await memory.update('pin', () => log)
    expect(await access(box!)).not.toContain('"bob"')
    expect(await afresh()).not.toContain('"bob"')
  })

  it('is kept after each write that adds an entry', async () => {
    await admit(box!, 'bob', {})
    const kept = box!.read(FOLDED)
    expect(kept.slice(kept.indexOf('\n') + 1)).toBe(await afresh())
    replace('"bob"', '"from the file"')
    expect(await afresh()).toContain('"from the file"')
  })

  it('is what other clones find, after writes that did not fold the log', async () => {
    await afresh()
    await admit(box!, 'bob', { default: 'decrypt' })
    await afresh()
    await box!.api.putSecretValue({ SecretId: 'db', SecretString: 'two' })
    const clone = await cloneOf(box!)
    fs.mkdirSync(clone.path('.git/git-vault'), { recursive: true })
    fs.copyFileSync(box!.path('.git/git-vault/pin'), clone.path('.git/git-vault/pin'))
    expect(await afresh(clone)).toBe(await afresh())
    expect((await clone.api.getSecretValue({ SecretId: 'db' })).SecretString).toBe('two')
  })

  it('is that of the pin, and not that of an older log that is checked out', async () => {
    const [older, before] = [box!.read(LOG), await afresh()]
    await admit(box!, 'bob', {})
    const newest = await afresh()
    box!.write(LOG, older)
    expect(await afresh()).toBe(newest)
    expect(newest).not.toBe(before)
    await expect(box!.api.putSecretValue({ SecretId: 'db', SecretString: 'x' })).resolves.toBeDefined()
  })

  it('is not that of a log that somebody has changed', async () => {
    await afresh()
    box!.write(LOG, box!.read(LOG).replace('number-7/', 'number-x/'))
    await expect(afresh()).rejects.toMatchObject({ code: 'DocumentRefused' })
  })
})

describe('a file that is damaged or foreign', () => {
  it('is as good as none, whichever bytes it lacks or has', async () => {
    const expected = await afresh()
    const whole = fs.readFileSync(box!.path(FOLDED))
    const damage = fc.oneof<fc.Arbitrary<(bytes: Buffer) => Uint8Array>[]>(
      fc.nat(whole.length - 1).map(at => bytes => bytes.subarray(0, at)),
      fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, flip]) => bytes => {
        const copy = Buffer.from(bytes)
        copy[at]! ^= flip
        return copy
      }),
      fc.constant(bytes => Buffer.concat([bytes, bytes]))
    )
    await fc.assert(
      fc.asyncProperty(damage, async damaged => {
        fs.writeFileSync(box!.path(FOLDED), damaged(whole))
        expect(await afresh()).toBe(expected)
        // and it is mended
        expect(fs.readFileSync(box!.path(FOLDED))).toEqual(whole)
      }),
      { numRuns: 15 }
    )
  })

  it('of another vault, or of this one before a member was removed, says nothing', async () => {
    const bob = await newPerson('bob')
    await admit(box!, bob.name, { default: 'decrypt' })
    await afresh()
    const before = fs.readFileSync(box!.path(FOLDED))
    const { removeMember } = await import('../../../src/vault/team/team.js')
    await removeMember(await box!.internal(), 'bob', () => undefined)
    const expected = await afresh()
    for (const bytes of [before, fs.readFileSync(other!.path(FOLDED))]) {
      fs.writeFileSync(box!.path(FOLDED), bytes)
      expect(await afresh()).toBe(expected)
    }
  })

  it('that cannot be written costs nothing but time', async () => {
    const expected = await afresh()
    fs.rmSync(box!.path(FOLDED))
    fs.mkdirSync(box!.path(FOLDED))
    expect(await afresh()).toBe(expected)
    expect(box!.notices).toEqual([])
  })
})

it('is not kept of a short log', async () => {
  const small = await makeVault()
  await access(small)
  expect(fs.existsSync(small.path(FOLDED))).toBe(false)
})
