import { beforeEach, describe, expect, it } from 'vitest'
import type { NamedValue } from '../../src/core/exchange/entry.js'
import type { Change } from '../../src/core/ports.js'
import { importSecrets, type ImportOptions } from '../../src/operations/importSecrets.js'
import { withMemory } from '../../src/system/withMemory.js'
import { failure, makeVault, token, type TestVault } from '../vault/fixture.js'

let box: TestVault
beforeEach(async () => {
  box = await makeVault('import')
})

const values = (all: Record<string, string | Uint8Array>): NamedValue[] =>
  Object.entries(all).map(([name, value]) => ({ name, value }))
const importAll = async (all: Record<string, string | Uint8Array>, options: Partial<ImportOptions> = {}) =>
  importSecrets(await box.internal(), values(all), {
    existing: 'refuse',
    isDryRun: false,
    newToken: () => crypto.randomUUID(),
    ...options
  })
const text = async (SecretId: string) => (await box.api.getSecretValue({ SecretId })).SecretString

describe('an import', () => {
  it('makes one commit, and a repeated one none', async () => {
    const before = box.commits()
    const all = { 'dev/a': 'one', 'dev/b': 'two', bin: Uint8Array.of(0, 255) }
    expect(await importAll(all)).toEqual({ created: ['dev/a', 'dev/b', 'bin'], changed: [], same: [] })
    expect(box.commits()).toBe(before + 1)
    expect(box.git('log', '-1', '--format=%s').trim()).toBe('ImportSecrets 3 secrets')
    expect(await text('dev/b')).toBe('two')
    expect(await importAll(all)).toEqual({ created: [], changed: [], same: ['dev/a', 'dev/b', 'bin'] })
    expect(box.commits()).toBe(before + 1)
    box.expectClean()
  })

  it('refuses secrets with another value by name, and then writes nothing', async () => {
    await importAll({ a: 'one', b: 'two' })
    const before = box.commits()
    expect(await failure(importAll({ a: 'other', b: 'two', c: 'three' }))).toMatchObject({
      code: 'ResourceExistsException',
      message: 'a secret exists with another value: a'
    })
    expect(box.commits()).toBe(before)
    expect(await failure(text('c'))).toMatchObject({ code: 'ResourceNotFoundException' })
  })

  it('overwrites them with a new version, or keeps them', async () => {
    await importAll({ a: 'one' })
    await importAll({ a: 'other', b: 'two' }, { existing: 'keep' })
    expect([await text('a'), await text('b')]).toEqual(['one', 'two'])
    expect(box.git('log', '-1', '--format=%s').trim()).toBe('ImportSecrets b')
    await importAll({ a: 'other' }, { existing: 'overwrite' })
    expect(await text('a')).toBe('other')
    const previous = await box.api.getSecretValue({ SecretId: 'a', VersionStage: 'AWSPREVIOUS' })
    expect(previous.SecretString).toBe('one')
  })

  it('as a dry run only says what it would do', async () => {
    await importAll({ a: 'one', b: 'two' })
    const before = box.commits()
    expect(await importAll({ a: 'x', b: 'two', c: 'y' }, { isDryRun: true })).toEqual({
      created: ['c'],
      changed: ['a'],
      same: ['b']
    })
    expect(box.commits()).toBe(before)
  })

  it('refuses a name that occurs twice: one value would be lost', async () => {
    const before = box.commits()
    const twice = [...values({ a: 'one' }), ...values({ a: 'two' })]
    const options = { existing: 'refuse', isDryRun: false, newToken: () => crypto.randomUUID() } as const
    expect(await failure(importSecrets(await box.internal(), twice, options))).toMatchObject({
      message: 'cannot import the values: "a" occurs twice'
    })
    expect(box.commits()).toBe(before)
  })

  it.each<[Partial<NamedValue>, string]>([
    [{ description: 'd'.repeat(3000) }, 'ValidationException'],
    [{ tags: [{ key: 'k', value: 'v'.repeat(300) }] }, 'ValidationException'],
    [{ tags: [{ key: '', value: 'v' }] }, 'ValidationException'],
    [{ tags: [1, 2].map(() => ({ key: 'k', value: 'v' })) }, 'InvalidParameterException'],
    [{ tags: Array.from({ length: 51 }, (_, at) => ({ key: `${at}`, value: '' })) }, 'LimitExceededException']
  ])('names the secret whose description or tags the service would refuse: %#', async (more, code) => {
    const before = box.commits()
    const some = [...values({ a: 'one' }), { name: 'b', value: 'two', ...more }]
    const options = { existing: 'refuse', isDryRun: true, newToken: () => crypto.randomUUID() } as const
    expect(await failure(importSecrets(await box.internal(), some, options))).toMatchObject({
      code,
      message: expect.stringMatching(/^cannot import "b": /)
    })
    expect(box.commits()).toBe(before)
  })

  it('gives a value to a secret that has none', async () => {
    await box.api.createSecret({ Name: 'a', ClientRequestToken: token('a') })
    await importAll({ a: 'one' }, { existing: 'overwrite' })
    expect(await text('a')).toBe('one')
  })

  it('refuses a secret that is scheduled for deletion, with the command that brings it back', async () => {
    await importAll({ a: 'one' })
    await box.api.deleteSecret({ SecretId: 'a' })
    await expect(importAll({ a: 'one' })).rejects.toMatchObject({
      message: 'a is scheduled for deletion',
      hint: 'git-vault restore a'
    })
  })

  it('keeps no file of a large import in memory, and commits all of them', async () => {
    const all = Object.fromEntries(
      Array.from({ length: 150 }, (_, at) => [
        `many/${at}`,
        at % 7 === 0 ? Uint8Array.of(at, 0) : `value ${at}`
      ])
    )
    const vault = await box.internal()
    const { repository } = vault
    const decided: Change[] = []
    const watched: typeof repository = {
      ...withMemory(repository, repository.memory),
      commit: async decide =>
        repository.commit(async head => {
          const decision = await decide(head)
          if (decision.change) decided.push(decision.change)
          return decision
        }),
      openSpool: async () => {
        const spool = await repository.openSpool!()
        return {
          put: bytes => spool.put(bytes),
          read(at, length) {
            const bytes = spool.read(at, length)
            if (bytes[0] === 0x5b) states.push(...(JSON.parse(Buffer.from(bytes).toString()) as unknown[]))
            return bytes
          },
          close() {
            closed++
            spool.close()
          }
        }
      }
    }
    const states: unknown[] = []
    let closed = 0
    const before = box.commits()
    await importSecrets(vault.over(watched), values(all), {
      existing: 'refuse',
      isDryRun: false,
      newToken: () => crypto.randomUUID()
    })
    expect(box.commits()).toBe(before + 1)
    // the states to be remembered are not in memory either
    expect([states.length, closed]).toEqual([150, 1])
    const [change] = decided
    expect(change?.files.size).toBe(450)
    expect([...change!.files.keys()].filter(path => change!.isSpooled?.(path) !== true)).toEqual([])
    for (const [name, value] of Object.entries(all)) {
      const found = await box.api.getSecretValue({ SecretId: name })
      expect(found.SecretString ?? found.SecretBinary).toEqual(value)
    }
    box.expectClean()
    box.git('fsck', '--strict')
    expect(await importAll(all)).toMatchObject({ created: [], changed: [] })
    expect(box.commits()).toBe(before + 1)
  })

  it('remembers what it has written, so that an older state is refused', async () => {
    await importAll({ a: 'one', b: 'two' })
    const before = box.head()
    await importAll({ a: 'other', b: 'two' }, { existing: 'overwrite' })
    box.git('revert', '--no-edit', 'HEAD')
    expect(box.git('rev-parse', 'HEAD~2').trim()).toBe(before)
    expect(await failure(text('a'))).toMatchObject({ code: 'DocumentRefused' })
    expect(await text('b')).toBe('two')
  })
})
