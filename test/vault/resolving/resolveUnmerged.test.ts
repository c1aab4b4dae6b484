import { expect, describe, it } from 'vitest'
import { removeMember } from '../../../src/vault/team/team.js'
import { adoptVersions } from '../../../src/vault/team/adopt.js'
import { failure, token, type TestVault } from '../fixture.js'
import { admit } from '../people.js'
import {
  expectGreen,
  follower,
  NAME,
  pull,
  put,
  run,
  SECRET,
  STAGES,
  twoClones,
  value
} from './resolveKit.js'

const WITHOUT_DRIVER = ['-c', 'merge.git-vault.driver=false']

describe('two puts, merged without a driver', () => {
  it('are joined and staged, and the commit is verified', async () => {
    const [ours, theirs] = await twoClones()
    const start = ours.head()
    await put(theirs, 2)
    await put(ours, 3)
    expect(pull(ours, theirs)).toBe(true)
    const done = await run(ours)
    expect(done).toMatchObject({ next: 'git commit', remaining: [], unresolved: [], questions: [] })
    expect(done.resolved).toMatchObject([
      {
        name: NAME,
        labels: [
          { label: 'AWSCURRENT', version: token(3) },
          { label: 'AWSPREVIOUS', version: token(2) }
        ]
      }
    ])
    ours.git('commit', '-q', '--no-edit')
    await ours.reopen()
    const values = await Promise.all([1, 2, 3].map(async id => value(ours, { VersionId: token(id) })))
    expect(values).toEqual(['one', 'value 2', 'value 3'])
    await expectGreen(ours, start)
  })

  it('are both read by version id while the conflict lasts, and the other secrets as ever', async () => {
    const [ours, theirs] = await twoClones()
    await put(theirs, 2)
    await put(ours, 3)
    pull(ours, theirs)
    const before = ours.state()
    expect(await value(ours, { VersionId: token(2) })).toBe('value 2')
    expect(await value(ours, { VersionId: token(3) })).toBe('value 3')
    expect(await value(ours, { SecretId: 'other' })).toBe('other')
    expect((await failure(value(ours))).message).toContain('merge conflict markers')
    expect((await failure(value(ours, { VersionId: token('x') }))).message).toContain(
      'merge conflict markers'
    )
    expect((await failure(put(ours, 4))).code).toBe('RepositoryState')
    expect(ours.state()).toBe(before)
  })

  it('are both read and joined after a driver that could not merge them', async () => {
    const [ours, theirs] = await twoClones()
    await put(theirs, 2)
    await put(ours, 3)
    pull(ours, theirs)
    ours.git('merge', '--abort')
    ours.git('config', 'merge.git-vault.driver', 'false')
    expect(ours.tryGit('merge', 'refs/remotes/other/main').status).not.toBe(0)
    // the driver has left our side in the work tree
    expect(await value(ours)).toBe('value 3')
    expect(await value(ours, { VersionId: token(2) })).toBe('value 2')
    expect((await failure(value(ours, { VersionId: token('x') }))).code).toBe('ResourceNotFoundException')
    expect((await run(ours)).remaining).toEqual([])
  })

  it('are joined in a rebase and in a cherry-pick, too', async () => {
    const [ours, theirs] = await twoClones()
    const start = ours.head()
    await put(theirs, 2)
    await put(ours, 3)
    ours.git('fetch', '-q', theirs.root, 'HEAD:refs/remotes/other/main')
    expect(ours.tryGit(...WITHOUT_DRIVER, 'rebase', 'refs/remotes/other/main').status).not.toBe(0)
    expect((await run(ours)).next).toBe('git rebase --continue')
    ours.git('-c', 'core.editor=true', 'rebase', '--continue')
    await expectGreen(ours, start)
    expect(await value(ours, { VersionId: token(2) })).toBe('value 2')

    await put(theirs, 5)
    await put(ours, 6)
    ours.git('fetch', '-q', theirs.root, 'HEAD')
    expect(ours.tryGit(...WITHOUT_DRIVER, 'cherry-pick', 'FETCH_HEAD').status).not.toBe(0)
    expect((await run(ours)).next).toBe('git cherry-pick --continue')
    ours.git('-c', 'core.editor=true', 'cherry-pick', '--continue')
    await expectGreen(ours, start)
    expect(await value(ours, { VersionId: token(5) })).toBe('value 5')
  })

  it('only the named secret is settled', async () => {
    const [ours, theirs] = await twoClones()
    for (const name of [NAME, 'other']) {
      await put(theirs, `t${name}`, 'theirs', name)
      await put(ours, `o${name}`, 'ours', name)
    }
    pull(ours, theirs)
    expect((await run(ours, { names: ['other'] })).remaining).toEqual([STAGES])
    expect((await run(ours)).remaining).toEqual([])
  })
})

describe('one version id with two values', () => {
  it.each(['ours', 'theirs'] as const)('is a question; %s is kept', async side => {
    const [ours, theirs] = await twoClones()
    const start = ours.head()
    await put(theirs, 2, 'theirs')
    await put(ours, 2, 'ours')
    pull(ours, theirs)
    const open = await run(ours)
    expect(open.remaining).not.toEqual([])
    const [question] = open.questions
    expect(question).toMatchObject({ reason: 'two values', name: NAME })
    const values = await Promise.all(question!.sides.map(async one => one.value()))
    expect(values).toEqual([
      { type: 'string', text: 'ours' },
      { type: 'string', text: 'theirs' }
    ])
    expect((await run(ours, { answer: () => side })).remaining).toEqual([])
    ours.git('commit', '-q', '--no-edit')
    await ours.reopen()
    expect(await value(ours)).toBe(side)
    await expectGreen(ours, start)
  })
})

it.each(['ours', 'theirs'] as const)(
  'a name created twice is a question; the value of %s is current',
  async side => {
    const [ours, theirs] = await twoClones()
    const start = ours.head()
    const create = async (box: TestVault, SecretString: string, id: string) => {
      box.clock.advance(1000)
      await box.api.createSecret({ Name: 'new', SecretString, ClientRequestToken: token(id) })
    }
    await create(theirs, 'theirs', 't')
    ours.clock.advance(5000)
    await create(ours, 'ours', 'o')
    pull(ours, theirs)
    expect((await run(ours)).questions).toMatchObject([{ reason: 'created twice', name: 'new' }])
    expect((await run(ours, { answer: () => side })).remaining).toEqual([])
    ours.git('commit', '-q', '--no-edit')
    await ours.reopen()
    const other = side === 'ours' ? 'theirs' : 'ours'
    expect(await value(ours, { SecretId: 'new' })).toBe(side)
    expect(await value(ours, { SecretId: 'new', VersionStage: 'AWSPREVIOUS' })).toBe(other)
    await expectGreen(ours, start)
  }
)

describe('a force-delete on one side and a put on the other', () => {
  const conflict = async (): Promise<[TestVault, TestVault, string]> => {
    const [ours, theirs] = await twoClones()
    const start = ours.head()
    await put(theirs, 2)
    await ours.api.deleteSecret({ SecretId: NAME, ForceDeleteWithoutRecovery: true })
    expect(pull(ours, theirs)).toBe(true)
    return [ours, theirs, start]
  }

  it('is a question; kept, both clones accept it', async () => {
    const [ours, theirs, start] = await conflict()
    expect((await run(ours)).questions).toMatchObject([{ reason: 'removed and changed' }])
    expect((await run(ours, { answer: () => 'ours' })).remaining).toEqual([])
    ours.git('commit', '-q', '--no-edit')
    await ours.reopen()
    expect(await value(ours)).toBe('value 2')
    await expectGreen(ours, start)
    expect(pull(theirs, ours)).toBe(false)
    expect(await value(theirs)).toBe('value 2')
    await put(theirs, 3)
  })

  it('is a question; removed, nothing is left of it', async () => {
    const [ours, , start] = await conflict()
    expect((await run(ours, { answer: () => 'theirs' })).remaining).toEqual([])
    ours.git('commit', '-q', '--no-edit')
    expect(ours.files('vault/secrets')).toEqual(
      ours.files('vault/secrets').filter(path => !path.includes('prod'))
    )
    await expectGreen(ours, start)
  })
})

it('a revert that git cannot apply keeps the newer state, or rolls back', async () => {
  const [ours] = await twoClones()
  const start = ours.head()
  await put(ours, 2)
  const reverted = ours.head()
  await put(ours, 3)
  expect(ours.tryGit(...WITHOUT_DRIVER, 'revert', '--no-edit', reverted).status).not.toBe(0)
  const kept = await run(ours, { answer: () => 'ours' })
  expect(kept).toMatchObject({ next: 'git revert --skip', remaining: [] })
  ours.git('revert', '--skip')
  expect(await value(ours)).toBe('value 3')

  expect(ours.tryGit(...WITHOUT_DRIVER, 'revert', '--no-edit', reverted).status).not.toBe(0)
  expect(await run(ours, { answer: () => 'theirs' })).toMatchObject({ next: 'git revert --continue' })
  ours.git('-c', 'core.editor=true', 'revert', '--continue')
  await ours.reopen()
  expect(await value(ours)).toBe('one')
  expect(await value(ours, { VersionId: token(3) })).toBe('value 3')
  await expectGreen(ours, start)
})

it('a put of a member whom the other branch has removed gives way, and can be adopted', async () => {
  const [ours] = await twoClones()
  const bob = await admit(ours, 'bob', { default: 'decrypt encrypt' })
  const his = await follower(ours)
  const start = ours.head()
  await bob.call(his, 'PutSecretValue', { SecretId: NAME, SecretString: 'his', ClientRequestToken: token(2) })
  await removeMember(await ours.internal(), 'bob', () => undefined)
  await put(ours, 3)
  expect(pull(ours, his)).toBe(true)
  const done = await run(ours)
  expect(done).toMatchObject({ unresolved: [], questions: [], remaining: [] })
  expect(done.resolved[0]?.notes.join()).toContain('signed by bob, who may not sign it')
  ours.git('commit', '-q', '--no-edit')
  await ours.reopen()
  expect(await value(ours)).toBe('value 3')
  await expectGreen(ours, start)
  expect(await adoptVersions(await ours.internal(), 'bob', 'refs/remotes/other/main')).toBe(1)
  expect(await value(ours, { VersionId: token(2) })).toBe('his')
})

it('an access log with two ends is named, with what to do', async () => {
  const [ours, theirs] = await twoClones()
  await admit(ours, 'bob', { default: 'decrypt' })
  await admit(theirs, 'eve', { default: 'decrypt' })
  expect(pull(ours, theirs)).toBe(true)
  const before = ours.state()
  expect((await failure(run(ours))).message).toContain('both branches have added to the access log')
  expect(ours.state()).toBe(before)
})

it('a member with decrypt alone is told who can settle it', async () => {
  const [ours, theirs] = await twoClones()
  const bob = await admit(ours, 'bob', { default: 'decrypt' })
  theirs.git('pull', '-q', ours.root, 'main')
  await put(theirs, 2)
  await put(ours, 3)
  pull(ours, theirs)
  const done = await run(ours, { as: bob })
  expect(done.unresolved).toMatchObject([{ name: NAME, why: expect.stringContaining('no right') as string }])
  expect(done.remaining).toEqual([STAGES])
})

it('settings of both sides are joined', async () => {
  const [ours, theirs] = await twoClones()
  const start = ours.head()
  await theirs.api.tagResource({ SecretId: NAME, Tags: [{ Key: 'a', Value: '1' }] })
  await ours.api.tagResource({ SecretId: NAME, Tags: [{ Key: 'b', Value: '2' }] })
  expect(pull(ours, theirs)).toBe(true)
  expect(ours.git('diff', '--name-only', '--diff-filter=U').trim()).toBe(SECRET)
  await run(ours)
  ours.git('commit', '-q', '--no-edit')
  await ours.reopen()
  const { Tags } = await ours.api.describeSecret({ SecretId: NAME })
  expect(Tags?.map(({ Key }) => Key).sort()).toEqual(['a', 'b'])
  await expectGreen(ours, start)
})
