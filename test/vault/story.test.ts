import { beforeAll, describe, expect, it } from 'vitest'
import { failure, makeVault, token, type TestVault } from './fixture.js'

/** The normal use of a vault, from the first command to the third value. */
let box: TestVault
const SecretId = 'prod/db'
const tokens = ['one', 'two', 'three'].map(token) as [string, string, string]
const [one, two, three] = tokens
let before: string

beforeAll(async () => {
  box = await makeVault()
  before = box.head()
  await box.api.createSecret({ Name: SecretId, SecretString: 'one', ClientRequestToken: one })
  box.clock.advance(60_000)
  await box.api.putSecretValue({ SecretId, SecretString: 'two', ClientRequestToken: two })
  box.clock.advance(60_000)
  await box.api.putSecretValue({ SecretId, SecretString: 'three', ClientRequestToken: three })
})

describe('after a create and two puts', () => {
  it('there are three version files, each named after its version', () => {
    expect(box.versionFiles(SecretId)).toEqual(
      [...tokens].sort().map(id => `vault/secrets/prod/db/versions/${id}.yaml`)
    )
  })

  it('stages.yaml lists the current and the previous version', () => {
    const text = box.read('vault/secrets/prod/db/stages.yaml')
    expect(text).toContain(`\n  AWSCURRENT:\n    version: ${three}\n`)
    expect(text).toContain(`\n  AWSPREVIOUS:\n    version: ${two}\n`)
  })

  it('each label reads its value, and the oldest version can still be read by its id', async () => {
    const read = async (request: object) =>
      (await box.api.getSecretValue({ SecretId, ...request })).SecretString
    expect(await read({})).toBe('three')
    expect(await read({ VersionStage: 'AWSPREVIOUS' })).toBe('two')
    expect(await read({ VersionId: one })).toBe('one')
  })

  it('there are three commits after the one by init, each with its token', () => {
    expect(box.git('rev-list', '--count', `${before}..HEAD`).trim()).toBe('3')
    const trailers = box.git(
      'log',
      '--format=%(trailers:key=Client-Request-Token,valueonly)',
      `${before}..HEAD`
    )
    expect(trailers.split('\n').filter(line => line !== '')).toEqual([three, two, one])
  })

  it('the commits record the operation, the secret, the time and the member', () => {
    expect(box.git('log', '--format=%s', `${before}..HEAD`).trim().split('\n')).toEqual([
      'PutSecretValue prod/db',
      'PutSecretValue prod/db',
      'CreateSecret prod/db'
    ])
    const trailer = (key: string) => box.git('log', '-1', `--format=%(trailers:key=${key},valueonly)`).trim()
    expect(trailer('Version-Id')).toBe(three)
    expect(trailer('Version-Stages')).toBe('AWSCURRENT')
    expect(trailer('Secret-Arn')).toMatch(/:secret:prod\/db-\w{6}$/)
    expect(trailer('Member')).toBe('alice')
    expect(box.git('log', '-1', '--format=%ct %at').trim()).toBe(
      `${box.clock.time / 1000} ${box.clock.time / 1000}`
    )
  })

  it('each commit adds one ciphertext, written once', () => {
    for (const id of tokens) {
      const path = `vault/secrets/prod/db/versions/${id}.yaml`
      expect(box.git('log', '--format=%H', '--', path).trim().split('\n')).toHaveLength(1)
    }
  })

  it('git finds no fault and no leftover file', () => box.expectClean())
})

describe('the same put again', () => {
  it('with the same token and value makes no commit', async () => {
    const state = box.state()
    const again = await box.api.putSecretValue({
      SecretId,
      SecretString: 'three',
      ClientRequestToken: three
    })
    expect(again).toMatchObject({ VersionId: three, VersionStages: ['AWSCURRENT'] })
    expect(box.state()).toBe(state)
  })

  it('with another value is ResourceExistsException, and nothing changes', async () => {
    const state = box.state()
    for (const id of tokens) {
      const put = { SecretId, SecretString: 'another', ClientRequestToken: id }
      expect((await failure(box.api.putSecretValue(put))).code).toBe('ResourceExistsException')
    }
    expect(box.state()).toBe(state)
    expect((await box.api.getSecretValue({ SecretId })).SecretString).toBe('three')
  })
})

describe('the user’s own work', () => {
  it('staged, changed and untracked files stay as they were', async () => {
    box.write('code.txt', 'one\n')
    box.git('add', 'code.txt')
    box.git('commit', '-qm', 'code')
    box.write('code.txt', 'two\n')
    box.write('staged.txt', 'staged\n')
    box.git('add', 'staged.txt')
    box.write('untracked.txt', 'untracked\n')
    const status = box.status()
    await box.api.putSecretValue({ SecretId, SecretString: 'four' })
    expect(box.status()).toBe(status)
    expect(box.git('show', '--format=', '--name-only', 'HEAD')).not.toMatch(/code|staged|untracked/)
    box.git('reset', '-q', '--hard')
    box.git('clean', '-qf')
  })

  it('a write over a hand edit of the secret’s file is refused, and the edit is kept', async () => {
    const path = 'vault/secrets/prod/db/stages.yaml'
    const text = `${box.read(path)}# a note\n`
    box.write(path, text)
    const state = box.state()
    expect(await failure(box.api.putSecretValue({ SecretId, SecretString: 'five' }))).toEqual({
      code: 'RepositoryState',
      message: `${path} has been edited by hand`
    })
    expect(box.state()).toBe(state)
    // A comment is not part of the signed content.
    expect((await box.api.getSecretValue({ SecretId })).SecretString).toBe('four')
    box.git('restore', '.')
  })

  it('a merge in progress is refused', async () => {
    box.git('switch', '-qc', 'side', 'HEAD~1')
    box.write('code.txt', 'side\n')
    box.git('add', 'code.txt')
    box.git('commit', '-qm', 'side')
    box.git('switch', '-q', 'main')
    box.write('code.txt', 'main\n')
    box.git('commit', '-qam', 'main')
    expect(box.tryGit('merge', 'side').status).toBe(1)
    const state = box.state()
    expect((await failure(box.api.putSecretValue({ SecretId, SecretString: 'five' }))).code).toBe(
      'RepositoryState'
    )
    expect(box.state()).toBe(state)
    expect((await box.api.getSecretValue({ SecretId })).SecretString).toBe('four')
    box.git('merge', '--abort')
    await box.api.putSecretValue({ SecretId, SecretString: 'five' })
    box.expectClean()
  })
})
