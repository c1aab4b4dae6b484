import { beforeEach, describe, expect, it } from 'vitest'
import { rollback } from '../../src/operations/rollback.js'
import { acceptOlder, trust } from '../../src/app/trust.js'
import { cloneOf, failure, makeVault, token, type TestVault } from './fixture.js'

/*
 * git goes back behind a put: by a revert, a reset, or the Revert button of a host, which makes the same commit. Nobody is
 * locked out of the other secrets, and the error for the one has the commands that mend it.
 */

const SecretId = 'prod/db'
const STAGES = 'vault/secrets/prod/db/stages.yaml'
const HINT =
  'keep the newer state with: git-vault resolve prod/db; or go back for everyone with: git-vault rollback prod/db'

/** Where the writes are made. */
let home: TestVault
/** A clone that has seen the newest state. */
let reader: TestVault

const put = (value: string) =>
  home.api.putSecretValue({ SecretId, SecretString: value, ClientRequestToken: token(value) })
const current = async (vault: TestVault): Promise<string | undefined> =>
  (await vault.api.getSecretValue({ SecretId })).SecretString

async function clone(): Promise<TestVault> {
  const made = await cloneOf(home)
  await trust(made.root, home.made.root)
  return made
}

const pull = (vault: TestVault): string => vault.git('pull', '-q', '--ff-only', 'origin', 'main')

beforeEach(async () => {
  home = await makeVault('going-back')
  for (const Name of [SecretId, 'other', 'prod/more'])
    await home.api.createSecret({ Name, SecretString: 'one', ClientRequestToken: token('one') })
  await put('two')
  await put('three')
  reader = await clone()
  expect(await current(reader)).toBe('three')
  await reader.api.getSecretValue({ SecretId: 'other' })
})

/** Expects that only the one secret is refused, and that its error names both ways. */
async function expectOnlyOneRefused(vault: TestVault): Promise<void> {
  const [outcome] = await Promise.allSettled([vault.api.getSecretValue({ SecretId })])
  expect(outcome).toMatchObject({
    reason: { code: 'DocumentRefused', message: expect.stringContaining(STAGES) as string, hint: HINT }
  })
  expect((await vault.api.listSecrets()).SecretList?.map(({ Name }) => Name)).toEqual(['other', 'prod/more'])
  for (const other of ['other', 'prod/more'])
    expect((await vault.api.getSecretValue({ SecretId: other })).SecretString).toBe('one')
  await vault.api.putSecretValue({ SecretId: 'other', SecretString: 'written meanwhile' })
  await vault.api.putSecretValue({ SecretId: 'other', SecretString: 'one' })
}

async function expectNoneRefused(vault: TestVault, value: string): Promise<void> {
  vault.notices.length = 0
  expect(await current(vault)).toBe(value)
  expect((await vault.api.listSecrets()).SecretList).toHaveLength(3)
  expect(vault.notices).toEqual([])
}

const last = (value: string) => home.git('log', '-1', '--format=%H', `--grep=${token(value)}`).trim()

describe('a git revert of a put', () => {
  beforeEach(() => {
    home.git('revert', '--no-edit', last('three'))
  })

  it('refuses that secret alone, to those who have seen the put; a fresh clone reads the older value', async () => {
    await expectOnlyOneRefused(home)
    pull(reader)
    await expectOnlyOneRefused(reader)
    // from the commit of the revert itself
    await expectNoneRefused(await clone(), 'two')
  })

  it('and a revert of the revert: everybody reads the newer value', async () => {
    const fresh = await clone()
    await expectNoneRefused(fresh, 'two')
    home.git('revert', '--no-edit', 'HEAD')
    await expectNoneRefused(home, 'three')
    for (const vault of [reader, fresh]) {
      pull(vault)
      await expectNoneRefused(vault, 'three')
    }
    await expectNoneRefused(await clone(), 'three')
  })

  it('rollback signs it: every clone reads the older value, and nothing is lost', async () => {
    const fresh = await clone()
    expect(await current(fresh)).toBe('two')
    pull(reader)
    const done = await rollback(await home.internal(), { secretId: SecretId })
    expect(done).toMatchObject({
      name: SecretId,
      versionId: token('two'),
      writer: 'alice',
      previous: token('three')
    })
    home.expectClean()
    await expectNoneRefused(home, 'two')
    for (const vault of [reader, fresh]) {
      pull(vault)
      await expectNoneRefused(vault, 'two')
    }
    await expectNoneRefused(await clone(), 'two')
    const three = { SecretId, VersionId: token('three') }
    for (const vault of [home, reader, fresh])
      expect((await vault.api.getSecretValue(three)).SecretString).toBe('three')
    // and it can be undone
    await rollback(await home.internal(), { secretId: SecretId, to: 'previous' })
    await expectNoneRefused(home, 'three')
  })

  it('rollback --as-new stores the older value again', async () => {
    const done = await rollback(await home.internal(), { secretId: SecretId, asNew: token('again') })
    expect(done).toMatchObject({ versionId: token('two'), previous: token('three') })
    await expectNoneRefused(home, 'two')
    pull(reader)
    await expectNoneRefused(reader, 'two')
    expect((await home.api.getSecretValue({ SecretId })).VersionId).toBe(token('again'))
    home.expectClean()
  })

  it('rollback to another version than the revert left', async () => {
    await rollback(await home.internal(), { secretId: SecretId, to: { versionId: token('one') } })
    await expectNoneRefused(home, 'one')
    pull(reader)
    await expectNoneRefused(reader, 'one')
  })

  it('a write to that secret is refused in the clone that has seen the put', async () => {
    const before = home.head()
    expect(await failure(put('four'))).toMatchObject({ code: 'DocumentRefused' })
    expect(home.head()).toBe(before)
  })
})

describe('a revert of several writes', () => {
  it('of two puts, and of a change of the details: rollback restores the details', async () => {
    await home.api.updateSecret({ SecretId, Description: 'described' })
    await put('four')
    pull(reader)
    expect(await current(reader)).toBe('four')
    home.git('revert', '--no-edit', '--no-commit', 'HEAD~3..HEAD')
    home.git('commit', '-qm', 'Revert the last three')
    await expectOnlyOneRefused(home)
    await rollback(await home.internal(), { secretId: SecretId })
    home.expectClean()
    pull(reader)
    await expectNoneRefused(reader, 'two')
    expect((await reader.api.describeSecret({ SecretId })).Description).toBe('described')
    for (const value of ['three', 'four'])
      expect((await reader.api.getSecretValue({ SecretId, VersionId: token(value) })).SecretString).toBe(
        value
      )
  })

  it('of a creation removes the secret, and a revert of that brings it back', async () => {
    await home.api.createSecret({ Name: 'new', SecretString: 'x' })
    pull(reader)
    await reader.api.getSecretValue({ SecretId: 'new' })
    home.git('revert', '--no-edit', 'HEAD')
    pull(reader)
    for (const vault of [home, reader])
      expect((await failure(vault.api.getSecretValue({ SecretId: 'new' }))).code).toBe(
        'ResourceNotFoundException'
      )
    await expectNoneRefused(reader, 'three')
    home.git('revert', '--no-edit', 'HEAD')
    pull(reader)
    for (const vault of [home, reader])
      expect((await vault.api.getSecretValue({ SecretId: 'new' })).SecretString).toBe('x')
  })

  it('of a deletion of another secret does not refuse any other', async () => {
    await home.api.deleteSecret({ SecretId: 'prod/more', ForceDeleteWithoutRecovery: true })
    home.git('revert', '--no-edit', 'HEAD')
    home.notices.length = 0
    expect((await home.api.listSecrets()).SecretList?.map(({ Name }) => Name)).toEqual(['other', SecretId])
    expect(home.notices).toEqual([expect.stringContaining('vault/secrets/prod/more')])
    expect(await current(home)).toBe('three')
  })
})

describe('git reset --hard', () => {
  it('to before a put refuses that secret alone, and back again nothing', async () => {
    const newest = home.head()
    home.git('reset', '-q', '--hard', 'HEAD~1')
    await expect(home.api.getSecretValue({ SecretId })).rejects.toMatchObject({
      code: 'DocumentRefused',
      hint: HINT
    })
    expect((await home.api.listSecrets()).SecretList?.map(({ Name }) => Name)).toEqual(['other', 'prod/more'])
    await expectNoneRefused(await clone(), 'two')
    home.git('reset', '-q', '--hard', newest)
    await expectNoneRefused(home, 'three')
  })

  it('to before a put: rollback says that the history lacks the newer state, and trust accepts the older', async () => {
    home.git('reset', '-q', '--hard', 'HEAD~1')
    const head = home.head()
    const refused = await rollback(await home.internal(), { secretId: SecretId }).catch(
      (error: unknown) => error
    )
    expect(refused).toMatchObject({
      code: 'RepositoryState',
      message: expect.stringContaining('not in the history of this branch') as string,
      hint: expect.stringContaining('git-vault trust prod/db') as string
    })
    expect(home.head()).toBe(head)
    await acceptOlder(home.root, SecretId)
    await expectNoneRefused(home, 'two')
  })

  it('of a branch that others pull by force: a reader who has seen the put reads the rest', async () => {
    home.git('reset', '-q', '--hard', 'HEAD~1')
    reader.git('fetch', '-q', 'origin')
    reader.git('reset', '-q', '--hard', 'origin/main')
    await expectOnlyOneRefused(reader)
  })
})
