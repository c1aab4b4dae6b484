import { beforeEach, describe, expect, it } from 'vitest'
import type { NamedValue } from '../../src/core/exchange/entry.js'
import { importSecrets, type ImportOptions } from '../../src/operations/importSecrets.js'
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
})
