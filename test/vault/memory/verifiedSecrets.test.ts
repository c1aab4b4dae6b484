import * as fs from 'node:fs'
import { dirname } from 'node:path'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { VaultError } from '../../../src/core/errors.js'
import type { Memory } from '../../../src/core/ports.js'
import { sodiumReady } from '../../../src/core/sodium.js'
import { digest } from '../../../src/system/files/digest.js'
import { allListed } from '../../../src/vault/allListed.js'
import { VerifiedSecrets } from '../../../src/vault/memory/verifiedSecrets.js'
import { cloneOf, DAY, listStrictly, makeVault, token, type TestVault } from '../fixture.js'
import { otherSignature } from '../otherSignature.js'
import { admit } from '../people.js'

const FOLDER = '.git/git-vault/verified'
const COUNT = 20
const name = (at: number): string => `app/s${String(at).padStart(2, '0')}`
const SECRET = `vault/secrets/${name(7)}/secret.yaml`
const STAGES = `vault/secrets/${name(7)}/stages.yaml`

let box: TestVault

beforeEach(async () => {
  box = await makeVault()
  const internal = await box.internal()
  for (let at = 0; at < COUNT; at++)
    await box.api.createSecret({
      Name: name(at),
      SecretString: 'x',
      ClientRequestToken: token(at),
      ...(at === 3 ? { Description: 'a “description”', Tags: [{ Key: 'team', Value: 'shop' }] } : {}),
      ...(at === 4 ? { AddReplicaRegions: [{ Region: 'eu-west-1' }] } : {})
    })
  await internal.close()
})

/** The file of the home region. */
const file = (vault = box): string => {
  const found = fs.readdirSync(vault.path(FOLDER)).find(entry => !entry.includes('.'))
  return vault.path(`${FOLDER}/${found}`)
}

const list = async (vault = box) =>
  (await (await vault.reopen()).listSecrets({ MaxResults: 100 })).SecretList!

/** The list of a clone that has verified nothing before. */
const unaided = async (vault = box) => {
  fs.rmSync(vault.path(FOLDER), { recursive: true, force: true })
  return list(vault)
}

/** Gives facts of the home region's file other text, under a right seal. */
async function replaceFacts(from: string, to: string): Promise<void> {
  const text = fs.readFileSync(file(), 'utf8')
  const body = Buffer.from(text.slice(text.indexOf('\n') + 1).replaceAll(from, to))
  const { access } = await (await box.internal()).read()
  const { vaultId, entries } = access
  const under = JSON.stringify(['development', { region: 'local', vaultId, entry: entries.at(-1) }])
  fs.writeFileSync(file(), `${digest([Buffer.from(under), body])}\n${body.toString()}`)
}

describe('a second list', () => {
  it('is the same as the first', async () => {
    const first = await list()
    expect(first).toHaveLength(COUNT)
    expect(fs.existsSync(file())).toBe(true)
    expect(await list()).toEqual(first)
    expect(await unaided()).toEqual(first)
  })

  it('takes what it shows from the file, so it verifies nothing again', async () => {
    await list()
    await replaceFacts('a “description”', 'from the file')
    expect((await list())[3]).toMatchObject({ Description: 'from the file' })
  })

  it('shows every change, one at a time, and of many at once', async () => {
    await list()
    const changes: (() => Promise<unknown>)[] = [
      () => box.api.putSecretValue({ SecretId: name(1), SecretString: 'y' }),
      () => box.api.updateSecret({ SecretId: name(2), Description: 'new' }),
      () => box.api.tagResource({ SecretId: name(3), Tags: [{ Key: 'a', Value: 'b' }] }),
      () => box.api.deleteSecret({ SecretId: name(5) }),
      () => box.api.deleteSecret({ SecretId: name(6), ForceDeleteWithoutRecovery: true }),
      () => box.api.createSecret({ Name: name(COUNT), SecretString: 'z' }),
      async () => {
        for (let at = 8; at < COUNT; at++)
          await box.api.updateSecret({ SecretId: name(at), Description: `${at}` })
      }
    ]
    for (const change of changes) {
      box.clock.advance(60_000)
      await change()
      const kept = fs.readFileSync(file())
      const found = await list()
      expect(await unaided()).toEqual(found)
      fs.mkdirSync(box.path(FOLDER), { recursive: true })
      fs.writeFileSync(file(), kept)
    }
  })

  it('lets other work run meanwhile', async () => {
    const view = await (await box.internal()).read()
    const problem = new VaultError('DocumentRefused', 'no secret')
    async function* places() {
      for (let at = 0; at < 500; at++) yield { path: `${at}`, problem, mend: '' }
    }
    let [turns, isOver] = [0, false]
    const tick = (): void => void (isOver || ((turns += 1), setImmediate(tick)))
    tick()
    let found = 0
    for await (const one of allListed(view, places(), undefined)) if ('problem' in one) found += 1
    isOver = true
    expect(found).toBe(500)
    expect(turns).toBeGreaterThanOrEqual(90)
  })

  it('drops a secret when its recovery window ends', async () => {
    await box.api.deleteSecret({ SecretId: name(5), RecoveryWindowInDays: 7 })
    const planned = { IncludePlannedDeletion: true, MaxResults: 100 }
    const count = async () => (await (await box.reopen()).listSecrets(planned)).SecretList!.length
    expect([await count(), await count()]).toEqual([COUNT, COUNT])
    box.clock.advance(8 * DAY)
    expect(await count()).toBe(COUNT - 1)
  })

  it('shows replicas in their region, and again', async () => {
    const regional = async () => {
      const internal = (await box.internal()).inRegion('eu-west-1')
      return (await internal.secrets()).map(secret => secret.name)
    }
    expect([await regional(), await regional()]).toEqual([[name(4)], [name(4)]])
  })
})

describe('documents that were verified before', () => {
  const change = (path: string, edit: (bytes: Buffer) => Buffer): void => {
    const { atime, mtime } = fs.statSync(box.path(path))
    const bytes = edit(fs.readFileSync(box.path(path)))
    fs.writeFileSync(box.path(path), bytes)
    fs.utimesSync(box.path(path), atime, mtime)
  }

  it.each([SECRET, STAGES])(
    'are verified again if a byte of %s differs, with the size and time it had',
    async path => {
      await list()
      change(path, otherSignature)
      await expect(listStrictly(await box.reopen(), box.notices)).rejects.toThrow(`${path}: `)
      // and not remembered as verified
      await expect(listStrictly(await box.reopen(), box.notices)).rejects.toThrow(`${path}: `)
    }
  )

  it('are refused in the folder of another secret', async () => {
    await list()
    for (const document of ['secret.yaml', 'stages.yaml'])
      fs.copyFileSync(
        box.path(`vault/secrets/${name(7)}/${document}`),
        box.path(`vault/secrets/${name(8)}/${document}`)
      )
    await expect(listStrictly(await box.reopen(), box.notices)).rejects.toThrow(`it belongs to the secret`)
  })

  it('are refused once this clone has seen newer ones, on the branch where it saw them', async () => {
    await list()
    const before = box.head()
    await box.api.putSecretValue({ SecretId: name(7), SecretString: 'newer' })
    await (await box.reopen()).getSecretValue({ SecretId: name(7) })
    box.git('reset', '-q', '--hard', before)
    await expect(listStrictly(await box.reopen(), box.notices)).rejects.toThrow(`${STAGES}: an older state`)
    box.git('checkout', '-q', '-b', 'other')
    expect(await list()).toHaveLength(COUNT)
  })

  it('are verified again after a change of members', async () => {
    await list()
    await replaceFacts('a “description”', 'from the file')
    await admit(box, 'bob', {})
    expect((await list())[3]).toMatchObject({ Description: 'a “description”' })
  })
})

describe('a file that is damaged or foreign', () => {
  it('is as good as none, whichever bytes it lacks or has', async () => {
    const expected = await list()
    const whole = fs.readFileSync(file())
    const damage = fc.oneof<fc.Arbitrary<(bytes: Buffer) => Uint8Array>[]>(
      fc.nat(whole.length - 1).map(at => bytes => bytes.subarray(0, at)),
      fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, flip]) => bytes => {
        const copy = Buffer.from(bytes)
        copy[at]! ^= flip
        return copy
      }),
      fc.uint8Array().map(garbage => () => garbage),
      fc.constant(bytes => Buffer.concat([bytes, bytes]))
    )
    await fc.assert(
      fc.asyncProperty(damage, async damaged => {
        fs.writeFileSync(file(), damaged(whole))
        expect(await list()).toEqual(expected)
      }),
      { numRuns: 40 }
    )
  })

  it('of another vault says nothing about this one', async () => {
    const other = await makeVault('other')
    for (let at = 0; at < COUNT; at++)
      await other.api.createSecret({ Name: name(at), SecretString: 'x', ClientRequestToken: token(at) })
    await list(other)
    const expected = await unaided()
    fs.mkdirSync(dirname(file()), { recursive: true })
    fs.copyFileSync(file(other), file())
    expect(await list()).toEqual(expected)
  })

  it('of another clone of the vault changes no answer, not even of a state that this clone refuses', async () => {
    const before = box.head()
    await box.api.putSecretValue({ SecretId: name(7), SecretString: 'newer' })
    await (await box.reopen()).getSecretValue({ SecretId: name(7) })
    await list()
    const clone = await cloneOf(box)
    clone.git('reset', '-q', '--hard', before)
    expect(await list(clone).catch(() => [])).toBeDefined()
    box.git('reset', '-q', '--hard', before)
    if (fs.existsSync(clone.path(FOLDER))) fs.copyFileSync(file(clone), file())
    await expect(listStrictly(await box.reopen(), box.notices)).rejects.toThrow(`${STAGES}: an older state`)
  })

  it('that cannot be written costs nothing but time', async () => {
    fs.writeFileSync(box.path(FOLDER), 'no folder')
    expect(await list()).toHaveLength(COUNT)
    expect(box.notices).toEqual([])
  })
})

describe('the file', () => {
  const memory = (): Memory & { files: Map<string, Uint8Array> } => {
    const files = new Map<string, Uint8Array>()
    return {
      files,
      read: async path => files.get(path),
      async update(path, next) {
        const bytes = next(files.get(path))
        if (bytes) files.set(path, bytes)
      }
    }
  }
  const of = { region: 'local', vaultId: 'v', entry: 'e' }
  const id = (at: number): string => digest([Buffer.from(String(at))])

  it('gives back what was added, under the same state only', async () => {
    await sodiumReady
    const facts = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }))
    await fc.assert(
      fc.asyncProperty(fc.array(facts, { minLength: 16, maxLength: 40 }), async all => {
        const kept = memory()
        const first = await VerifiedSecrets.open(kept, digest, of)
        for (const [at, one] of all.entries()) first.add(id(at), { seen: 's', facts: JSON.stringify(one) })
        await first.save(true)
        const second = await VerifiedSecrets.open(kept, digest, of)
        for (const [at, one] of all.entries())
          expect(second.find(id(at))).toEqual({ seen: 's', facts: JSON.stringify(one) })
        for (const other of [
          { ...of, entry: 'f' },
          { ...of, vaultId: 'w' }
        ])
          expect((await VerifiedSecrets.open(kept, digest, other)).find(id(0))).toBeUndefined()
      })
    )
  })

  it('forgets, after a whole list, what is gone, and keeps it after the list of a folder', async () => {
    await sodiumReady
    const kept = memory()
    const add = async (from: number, isWhole: boolean) => {
      const opened = await VerifiedSecrets.open(kept, digest, of)
      for (let at = from; at < from + 16; at++) opened.add(id(at), { seen: 's', facts: '1' })
      await opened.save(isWhole)
    }
    const has = async (at: number) =>
      (await VerifiedSecrets.open(kept, digest, of)).find(id(at)) !== undefined
    await add(0, true)
    await add(100, false)
    expect([await has(0), await has(100)]).toEqual([true, true])
    await add(200, true)
    expect([await has(0), await has(100), await has(200)]).toEqual([false, false, true])
  })
})
