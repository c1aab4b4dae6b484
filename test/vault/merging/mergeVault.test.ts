import { describe, expect, it } from 'vitest'
import { parseDocument } from '../../../src/core/format/documents.js'
import { utf8 } from '../../../src/core/format/canonical.js'
import { DAY, putMany, token, type TestVault } from '../fixture.js'
import { removeMember } from '../../../src/vault/team/team.js'
import { addGeneration } from '../accessLog.js'
import { admit } from '../people.js'
import { check } from '../verify/verifyKit.js'
import {
  FOLDER,
  NAME,
  labels,
  meet,
  merge,
  mergeOf,
  move,
  put,
  twoClones,
  unlabel,
  values
} from './mergeKit.js'

const conflictsOf = async (...args: Parameters<typeof mergeOf>) =>
  (await mergeOf(...args)).conflicts.map(({ name, reason }) => `${name}: ${reason}`)

const stagesFile = async (box: TestVault) =>
  parseDocument('stages', utf8(box.read(`${FOLDER}/stages.yaml`)), 'x')

/** The merge is green for every check, and both clones read the same. */
async function expectJoined(a: TestVault, b: TestVault): Promise<void> {
  expect((await check(a)).found).toEqual([])
  expect((await check(b)).found).toEqual([])
  expect(await labels(a)).toEqual(await labels(b))
  a.expectClean()
}

describe('two clones change one secret', () => {
  it('two puts: both versions stay, the later is current, and the earlier is previous', async () => {
    const [a, b] = await twoClones()
    a.clock.advance(1000)
    await put(a, 'a')
    b.clock.advance(2000)
    await put(b, 'b')
    const { decisions } = await merge(a, b)
    expect(decisions).toMatchObject([
      {
        name: NAME,
        path: FOLDER,
        result: 'joined',
        labels: [
          { label: 'AWSCURRENT', version: token('b'), from: 'theirs' },
          { label: 'AWSPREVIOUS', version: token('a') }
        ],
        versions: [
          { version: token('a'), from: 'ours', writer: 'alice', isKept: true },
          { version: token('b'), from: 'theirs', writer: 'alice', isKept: true }
        ]
      }
    ])
    await meet(b, a)
    expect(await labels(a)).toEqual({ AWSCURRENT: 'b', AWSPREVIOUS: 'a' })
    expect(await values(b)).toEqual({ 1: 'one', a: 'value a', b: 'value b' })
    await expectJoined(a, b)
  })

  it('signs a document that is newer than both, so that clones that have seen either accept it', async () => {
    const [a, b] = await twoClones()
    await put(a, 'a')
    await put(b, 'b')
    await put(b, 'c')
    expect((await stagesFile(b)).signed.serial).toBe('3')
    await merge(a, b)
    const { signed } = await stagesFile(a)
    expect(signed).toMatchObject({ serial: '4', change: { operation: 'Merge' } })
    await meet(b, a)
    await expectJoined(a, b)
    // a write on top works in both
    await put(a, 'd')
    await meet(b, a)
    expect(await labels(b)).toMatchObject({ AWSCURRENT: 'd' })
  })

  it('label moves in both clones: each label is at its later place, whichever clone merges', async () => {
    const [a, b] = await twoClones()
    await put(a, 2)
    await meet(b, a)
    a.clock.advance(10)
    await move(a, 'blue', 1)
    a.clock.advance(20)
    await move(a, 'green', 2)
    b.clock.advance(20)
    await move(b, 'blue', 2)
    await move(b, 'red', 1)
    await merge(a, b)
    const expected = { AWSCURRENT: '2', AWSPREVIOUS: '1', blue: '2', green: '2', red: '1' }
    expect(await labels(a)).toEqual(expected)
    await merge(b, a)
    expect(await labels(b)).toEqual(expected)
    await expectJoined(a, b)
  })

  it('a label removed here and moved earlier there stays removed', async () => {
    const [a, b] = await twoClones()
    await put(a, 2)
    await move(a, 'blue', 1)
    await meet(b, a)
    b.clock.advance(10)
    await move(b, 'blue', 2, 1)
    a.clock.advance(20)
    await unlabel(a, 'blue', 1)
    await merge(b, a)
    expect(await labels(b)).toEqual({ AWSCURRENT: '2', AWSPREVIOUS: '1' })
    await expectJoined(b, b)
  })

  it('tags and description: each by itself', async () => {
    const [a, b] = await twoClones()
    await a.api.tagResource({ SecretId: NAME, Tags: [{ Key: 'team', Value: 'a' }] })
    b.clock.advance(10)
    await b.api.tagResource({ SecretId: NAME, Tags: [{ Key: 'tier', Value: 'b' }] })
    await b.api.updateSecret({ SecretId: NAME, Description: 'of b' })
    await merge(a, b)
    const { Tags, Description } = await a.api.describeSecret({ SecretId: NAME })
    expect(Tags).toEqual([
      { Key: 'team', Value: 'a' },
      { Key: 'tier', Value: 'b' }
    ])
    expect(Description).toBe('of b')
    await meet(b, a)
    await expectJoined(a, b)
  })

  it('a put here and tags there: a document that one clone changed is taken, and nothing is signed', async () => {
    const [a, b] = await twoClones()
    await put(a, 2)
    await b.api.tagResource({ SecretId: NAME, Tags: [{ Key: 'tier', Value: 'b' }] })
    const merged = await mergeOf(a, b, { as: null })
    expect(merged.conflicts).toEqual([])
    expect([...merged.files.keys()]).toEqual([`${FOLDER}/secret.yaml`])
    await merge(a, b, { as: null })
    expect((await check(a)).found).toEqual([])
    expect(await labels(a)).toEqual({ AWSCURRENT: '2', AWSPREVIOUS: '1' })
  })

  it('a scheduled deletion and a put: as the put, then deleted', async () => {
    const [a, b] = await twoClones()
    await a.api.deleteSecret({ SecretId: NAME })
    await put(b, 2)
    await merge(a, b)
    await a.api.restoreSecret({ SecretId: NAME })
    expect(await labels(a)).toEqual({ AWSCURRENT: '2', AWSPREVIOUS: '1' })
  })

  it('other secrets of the two clones stay apart', async () => {
    const [a, b] = await twoClones()
    await a.api.createSecret({ Name: 'of/a', SecretString: 'a', ClientRequestToken: token('x') })
    await b.api.createSecret({ Name: 'of/b', SecretString: 'b', ClientRequestToken: token('y') })
    const { decisions } = await merge(a, b, { as: null })
    expect(decisions.map(({ name, result }) => [name, result])).toEqual([['of/b', 'theirs']])
    expect(await values(a, 'of/b')).toEqual({ y: 'b' })
    await meet(b, a)
    await expectJoined(a, b)
  })
})

describe('versions', () => {
  const old = (count: number, time: number) =>
    Array.from({ length: count }, (_, index) => ({ token: token(`old${index}`), time: time + index }))

  it('pruned here and labelled there: the version and its file stay', async () => {
    const [a, b] = await twoClones()
    await putMany(a, NAME, old(101, a.clock.time))
    await meet(b, a)
    a.clock.advance(2 * DAY)
    b.clock.advance(2 * DAY + 5)
    // prunes the oldest
    await put(a, 'a')
    expect(a.versionFiles(NAME)).not.toContain(`${FOLDER}/versions/${token('old0')}.yaml`)
    await move(b, 'keep', 'old0')
    await merge(a, b)
    expect(await labels(a)).toMatchObject({ keep: 'old0', AWSCURRENT: 'a' })
    expect((await a.api.getSecretValue({ SecretId: NAME, VersionStage: 'keep' })).SecretString).toBe(
      `value of ${token('old0')}`
    )
    expect((await check(a)).found).toEqual([])
    await merge(b, a)
    expect((await check(b)).found).toEqual([])
    expect(b.versionFiles(NAME)).toEqual(a.versionFiles(NAME))
  })

  it('re-encrypted here and put there: the newer ciphertext of the same value, whichever clone merges', async () => {
    const [a, b] = await twoClones()
    await addGeneration(a, '2')
    await meet(b, a)
    a.clock.advance(10)
    await a.api.updateSecret({ SecretId: NAME, KmsKeyId: 'default' })
    const resealed = a.read(`${FOLDER}/versions/${token(1)}.yaml`)
    expect(resealed).not.toBe(b.read(`${FOLDER}/versions/${token(1)}.yaml`))
    await put(b, 2)
    await merge(b, a)
    expect(b.read(`${FOLDER}/versions/${token(1)}.yaml`)).toBe(resealed)
    expect(await values(b)).toEqual({ 1: 'one', 2: 'value 2' })
    await merge(a, b)
    expect(a.read(`${FOLDER}/versions/${token(1)}.yaml`)).toBe(resealed)
    await expectJoined(a, b)
  })

  it('re-encrypted in both clones: one ciphertext stays, and both clones choose the same', async () => {
    const [a, b] = await twoClones()
    await addGeneration(a, '2')
    await meet(b, a)
    a.clock.advance(10)
    await a.api.updateSecret({ SecretId: NAME, KmsKeyId: 'default' })
    b.clock.advance(5)
    await b.api.updateSecret({ SecretId: NAME, KmsKeyId: 'default' })
    const later = a.read(`${FOLDER}/versions/${token(1)}.yaml`)
    await merge(b, a)
    expect(b.read(`${FOLDER}/versions/${token(1)}.yaml`)).toBe(later)
    expect(await values(b)).toEqual({ 1: 'one' })
    await expectJoined(b, b)
  })

  it('a file that a side has removed by hand comes back from the other', async () => {
    const [a, b] = await twoClones()
    const path = `${FOLDER}/versions/${token(1)}.yaml`
    await put(b, 2)
    b.git('rm', '-q', path)
    b.git('commit', '-qm', 'a file less')
    await a.api.tagResource({ SecretId: NAME, Tags: [{ Key: 'x', Value: '1' }] })
    await merge(b, a)
    expect(await values(b)).toEqual({ 1: 'one', 2: 'value 2' })
  })

  it('a file that neither side has comes from the place that the caller knows, by its digest', async () => {
    const [a, b] = await twoClones()
    const path = `${FOLDER}/versions/${token(2)}.yaml`
    await put(b, 2)
    const bytes = utf8(b.read(path))
    b.git('rm', '-q', path)
    b.git('commit', '-qm', 'a file less')
    await put(a, 3)
    const { digest } = (await stagesFile(b)).versions[token(2)]!
    const asked: string[][] = []
    const restore = async (...args: [string, string]) => {
      asked.push(args)
      return bytes
    }
    await merge(a, b, { restore })
    expect(asked).toEqual([[path, digest]])
    expect(await values(a)).toEqual({ 1: 'one', 2: 'value 2', 3: 'value 3' })
  })

  it('one token with two values is a conflict that names it, and changes nothing', async () => {
    const [a, b] = await twoClones()
    await put(a, 2)
    await b.api.putSecretValue({ SecretId: NAME, SecretString: 'another', ClientRequestToken: token(2) })
    const merged = await mergeOf(a, b)
    expect(merged.conflicts).toEqual([
      { name: NAME, path: `${FOLDER}/stages.yaml`, reason: 'two values', version: token(2) }
    ])
    expect(merged.files.size).toBe(0)
  })
})

describe('a secret that one clone removes', () => {
  it('and the other leaves alone is removed, whichever clone merges', async () => {
    const [a, b] = await twoClones()
    await a.api.deleteSecret({ SecretId: NAME, ForceDeleteWithoutRecovery: true })
    await b.api.createSecret({ Name: 'other', SecretString: 'x' })
    await merge(b, a)
    expect(b.files('vault/secrets').filter(path => path.startsWith('vault/secrets/prod'))).toEqual([])
    await merge(a, b)
    expect((await check(a)).found).toEqual([])
    expect(a.files().filter(path => path.startsWith(FOLDER))).toEqual([])
  })

  it('and the other puts to is a conflict', async () => {
    const [a, b] = await twoClones()
    await a.api.deleteSecret({ SecretId: NAME, ForceDeleteWithoutRecovery: true })
    await put(b, 2)
    expect(await conflictsOf(a, b)).toEqual([`${NAME}: removed and changed`])
    expect(await conflictsOf(b, a)).toEqual([`${NAME}: removed and changed`])
  })

  it('and creates again is the later one, whichever clone merges', async () => {
    const [a, b] = await twoClones()
    a.clock.advance(10)
    await a.api.deleteSecret({ SecretId: NAME, ForceDeleteWithoutRecovery: true })
    await a.api.createSecret({ Name: NAME, SecretString: 'again', ClientRequestToken: token('again') })
    b.clock.advance(20)
    await put(b, 2)
    await merge(b, a)
    expect(await values(b)).toEqual({ again: 'again' })
    expect((await check(b)).found).toEqual([])
    await merge(a, b)
    expect(await values(a)).toEqual({ again: 'again' })
  })

  it('created twice under one name is a conflict', async () => {
    const [a, b] = await twoClones()
    await a.api.createSecret({ Name: 'new', SecretString: 'a' })
    await b.api.createSecret({ Name: 'new', SecretString: 'b' })
    expect(await conflictsOf(a, b)).toEqual(['new: created twice'])
  })
})

describe('a side that goes back', () => {
  it('an old document pushed again is a conflict, and is not signed', async () => {
    const [a, b] = await twoClones()
    const before = b.read(`${FOLDER}/stages.yaml`)
    await put(a, 2)
    await meet(b, a)
    await put(a, 3)
    b.write(`${FOLDER}/stages.yaml`, before)
    b.git('commit', '-qam', 'an old state')
    expect(await conflictsOf(a, b)).toEqual([`${NAME}: goes back`])
  })

  it('so is a revert that the other clone has nothing against', async () => {
    const [a, b] = await twoClones()
    await put(a, 2)
    await meet(b, a)
    b.git('revert', '--no-edit', 'HEAD')
    await a.api.createSecret({ Name: 'other', SecretString: 'x' })
    expect(await conflictsOf(a, b)).toEqual([`${NAME}: goes back`])
  })

  it('a removed secret whose old files are pushed again is one too', async () => {
    const [a, b] = await twoClones()
    const files = b.files(FOLDER).map(path => [path, b.read(path)] as const)
    await a.api.deleteSecret({ SecretId: NAME, ForceDeleteWithoutRecovery: true })
    await meet(b, a)
    for (const [path, text] of files) b.write(path, text)
    b.git('add', '-A')
    b.git('commit', '-qm', 'the old files')
    await a.api.createSecret({ Name: 'other', SecretString: 'x' })
    expect(await conflictsOf(a, b)).toEqual([`${NAME}: goes back`])
  })
})

describe('what is not verified is not signed', () => {
  it.each<[string, (text: string) => string]>([
    ['forged', text => text.replace(/^signature: .{4}/m, 'signature: AAAA')],
    ['changed', text => text.replace(/(moved: ")20\d\d/, '$12031').replace(/(moved: )20\d\d/, '$12031')],
    ['malformed', text => `${text}more: true\n`]
  ])('a side whose stages.yaml is %s is a conflict', async (_what, edit) => {
    const [a, b] = await twoClones()
    await put(b, 2)
    b.write(`${FOLDER}/stages.yaml`, edit(b.read(`${FOLDER}/stages.yaml`)))
    b.git('commit', '-qam', 'forged')
    await put(a, 3)
    const { conflicts } = await mergeOf(a, b)
    expect(conflicts).toMatchObject([{ name: NAME, path: `${FOLDER}/stages.yaml`, reason: 'refused' }])
    expect(await conflictsOf(b, a)).toEqual([`${NAME}: refused`])
  })

  it('also if our clone has not changed the secret', async () => {
    const [a, b] = await twoClones()
    await put(b, 2)
    b.write(
      `${FOLDER}/stages.yaml`,
      b.read(`${FOLDER}/stages.yaml`).replace(/^signature: .{4}/m, 'signature: AAAA')
    )
    b.git('commit', '-qam', 'forged')
    await a.api.createSecret({ Name: 'other', SecretString: 'x' })
    expect(await conflictsOf(a, b)).toEqual([`${NAME}: refused`])
  })

  it('a new secret that is dated far ahead is a conflict too', async () => {
    const [a, b] = await twoClones()
    b.clock.advance(3 * DAY)
    await b.api.createSecret({ Name: 'new', SecretString: 'x' })
    await put(b, 2)
    expect(await conflictsOf(a, b)).toEqual(['new: dated ahead', `${NAME}: dated ahead`])
    await put(a, 3)
    expect(await conflictsOf(a, b)).toEqual(['new: dated ahead', `${NAME}: dated ahead`])
  })

  it('a document without an identity to sign the result is a conflict', async () => {
    const [a, b] = await twoClones()
    await put(a, 2)
    await put(b, 3)
    expect(await conflictsOf(a, b, { as: null })).toEqual([`${NAME}: no signer`])
  })

  it('a member without the right to write is told so', async () => {
    const [a, b] = await twoClones()
    const reader = await admit(a, 'reader', { default: 'decrypt' })
    await meet(b, a)
    await put(a, 2)
    await put(b, 3)
    const { conflicts } = await mergeOf(a, b, { as: reader })
    expect(conflicts).toMatchObject([
      { name: NAME, reason: 'no right', detail: 'reader may not write to it' }
    ])
  })

  it('a member with encrypt alone merges puts, and every move keeps its proof', async () => {
    const [a, b] = await twoClones()
    const writer = await admit(a, 'writer', { default: 'encrypt' })
    await meet(b, a)
    await put(a, 2)
    a.clock.advance(10)
    await writer.call(b, 'PutSecretValue', {
      SecretId: NAME,
      SecretString: 'w',
      ClientRequestToken: token(3)
    })
    await merge(b, a, { as: writer })
    expect((await stagesFile(b)).signed.by).toBe(writer.identity.public.keyId)
    expect((await check(b)).found).toEqual([])
    expect(await values(b)).toEqual({ 1: 'one', 2: 'value 2', 3: 'w' })
  })

  it('a member with encrypt alone cannot merge tags', async () => {
    const [a, b] = await twoClones()
    const writer = await admit(a, 'writer', { default: 'encrypt' })
    await meet(b, a)
    await a.api.tagResource({ SecretId: NAME, Tags: [{ Key: 'x', Value: '1' }] })
    await b.api.tagResource({ SecretId: NAME, Tags: [{ Key: 'y', Value: '2' }] })
    expect(await conflictsOf(b, a, { as: writer })).toEqual([`${NAME}: no right`])
  })

  it('a put by a member who was removed meanwhile is refused, on either side', async () => {
    const [a, b] = await twoClones()
    const bob = await admit(a, 'bob', { default: 'decrypt encrypt' })
    await meet(b, a)
    await bob.call(b, 'PutSecretValue', { SecretId: NAME, SecretString: 'bob', ClientRequestToken: token(2) })
    await removeMember(await a.internal(), 'bob', () => undefined)
    await a.reopen()
    expect(await conflictsOf(a, b)).toEqual([`${NAME}: refused`])
    expect(await conflictsOf(b, a)).toEqual([`${NAME}: refused`])
  })
})

describe('the access log', () => {
  it('the longer one is taken if it continues the other, and is pinned', async () => {
    const [a, b] = await twoClones()
    await admit(a, 'bob', { default: 'decrypt' })
    await put(b, 2)
    await merge(b, a)
    expect(b.read('vault/access.yaml')).toBe(a.read('vault/access.yaml'))
    expect((await check(b)).found).toEqual([])
    await merge(a, b)
    expect((await check(a)).found).toEqual([])
  })

  it('two that were extended are a conflict', async () => {
    const [a, b] = await twoClones()
    await admit(a, 'bob', { default: 'decrypt' })
    await admit(b, 'carol', { default: 'decrypt' })
    const { conflicts } = await mergeOf(a, b)
    expect(conflicts).toMatchObject([{ reason: 'log forked', path: 'vault/access.yaml' }])
  })
})

describe('other files', () => {
  it('in the vault’s folder are merged as git merges them', async () => {
    const [a, b] = await twoClones()
    b.write('vault/note.txt', 'hello')
    b.git('add', '-A')
    b.git('commit', '-qm', 'note')
    await put(a, 2)
    const { files } = await mergeOf(a, b)
    expect([...files].map(([path, bytes]) => [path, String(bytes)])).toEqual([['vault/note.txt', 'hello']])
  })
})

it('an unreadable base stops nothing that both sides have', async () => {
  const [a, b] = await twoClones()
  await put(a, 2)
  await put(b, 3)
  const root = a.git('rev-list', '--max-parents=0', 'HEAD').trim()
  expect((await mergeOf(a, b, { base: root })).conflicts).toEqual([])
})
