import { describe, expect, it } from 'vitest'
import { adoptable } from '../../../src/vault/team/adopt.js'
import { removeMember } from '../../../src/vault/team/team.js'
import { cloneHub, hubAndVault, problems, syncOf } from '../../app/sync/kit.js'
import { token, type TestVault } from '../fixture.js'
import { admit, type Person } from '../people.js'
import { checkRange } from '../verify/verifyKit.js'
import { run } from './resolveKit.js'

async function putAs(box: TestVault, person: Person, value: string): Promise<void> {
  box.clock.advance(1000)
  const request = { SecretId: 'db', SecretString: value, ClientRequestToken: token(value) }
  await person.call(box, 'PutSecretValue', request)
}

/**
 * Bob has put a value on each of two branches of a clone. Dave has merged them by hand, and nobody has pushed that. In another
 * clone, dave was removed meanwhile, which is pushed.
 */
async function mergedByFormer() {
  const { hub, ana } = await hubAndVault(Date.now())
  const dave = await admit(ana, 'dave', { default: 'decrypt encrypt manage' })
  const bob = await admit(ana, 'bob', { default: 'decrypt encrypt manage' })
  await syncOf(ana)
  const start = ana.head()
  const box = await cloneHub(hub, ana)
  box.git('branch', 'other')
  await putAs(box, bob, 'b')
  box.git('checkout', '-q', 'other')
  await putAs(box, bob, 'c')
  box.tryGit('config', '--remove-section', 'merge.git-vault')
  box.tryGit('merge', 'main')
  await run(box, { as: dave })
  box.git('commit', '-qm', 'merge by dave')
  await removeMember(await ana.internal(), 'dave', () => undefined)
  await syncOf(ana)
  ana.git('fetch', '-q', box.root, 'HEAD:refs/heads/side')
  return { hub, ana, dave, bob, start }
}

const versions = async (box: TestVault): Promise<(string | undefined)[]> =>
  ((await box.api.listSecretVersionIds({ SecretId: 'db', IncludeDeprecated: true })).Versions ?? [])
    .map(one => one.VersionId)
    .sort()

/** Nothing of bob's is lost, and all clones agree. */
async function expectKept(ana: TestVault, hub: string, start: string): Promise<void> {
  await ana.reopen()
  expect(await versions(ana)).toEqual(expect.arrayContaining([token('b'), token('c')]))
  expect((await ana.api.getSecretValue({ SecretId: 'db' })).SecretString).toBe('c')
  expect(await syncOf(ana)).toMatchObject({ isPushed: true })
  expect(await problems(ana, start)).toEqual([])
  const late = await cloneHub(hub, ana)
  expect((await late.api.getSecretValue({ SecretId: 'db' })).SecretString).toBe('c')
}

it('two values, one of them beside a document of a former member: both are shown, and either can be chosen', async () => {
  for (const answer of ['ours', 'theirs'] as const) {
    const { hub, ana } = await hubAndVault(Date.now())
    const dave = await admit(ana, 'dave', { default: 'decrypt encrypt manage' })
    const bob = await admit(ana, 'bob', { default: 'decrypt encrypt manage' })
    await dave.call(ana, 'TagResource', { SecretId: 'db', Tags: [{ Key: 'team', Value: 'x' }] })
    await syncOf(ana)
    const start = ana.head()
    const box = await cloneHub(hub, ana)
    const put = async (at: TestVault, SecretString: string): Promise<void> => {
      at.clock.advance(1000)
      const request = { SecretId: 'db', SecretString, ClientRequestToken: token('same') }
      await bob.call(at, 'PutSecretValue', request)
    }
    await put(box, 'theirs')
    await removeMember(await ana.internal(), 'dave', () => undefined)
    await put(ana, 'ours')
    await syncOf(ana)
    ana.git('fetch', '-q', box.root, 'HEAD:refs/heads/side')
    expect(ana.tryGit('merge', '--no-edit', 'side').status).not.toBe(0)
    const asked: unknown[] = []
    await run(ana, {
      answer: question => {
        asked.push(question)
        return answer
      }
    })
    expect(asked).toMatchObject([{ reason: 'two values', sides: [{ from: 'ours' }, { from: 'theirs' }] }])
    ana.git('commit', '-q', '--no-edit')
    await ana.reopen()
    expect((await ana.api.getSecretValue({ SecretId: 'db' })).SecretString).toBe(answer)
    expect(await syncOf(ana)).toMatchObject({ isPushed: true })
    expect(await problems(ana, start)).toEqual([])
  }
})

describe('a merge that a former member has made', () => {
  it('merged by git: resolve keeps what others have put, and it can be pushed', async () => {
    const { hub, ana, start } = await mergedByFormer()
    ana.tryGit('config', '--remove-section', 'merge.git-vault')
    ana.git('merge', '-q', '--no-edit', 'side')
    const refused: unknown = await syncOf(ana).catch((error: unknown) => error)
    expect(refused).toMatchObject({
      code: 'DocumentRefused',
      hint: 'nothing was pushed; mend it with: git-vault resolve, then git-vault sync'
    })
    // adopt does not say that nothing is missing
    const { skipped } = await adoptable(await ana.internal(), 'dave', 'side')
    expect(skipped).toEqual([
      {
        path: 'vault/secrets/db/secret.yaml',
        why:
          'this branch: vault/secrets/db/stages.yaml: signed by dave, who may not sign it; ' +
          'first mend it with: git-vault resolve'
      }
    ])
    expect((await run(ana)).resolved).toMatchObject([{ name: 'db' }])
    await expectKept(ana, hub, start)
  })

  it('in conflict with a put: resolve keeps what others have put', async () => {
    const { hub, ana, bob, start } = await mergedByFormer()
    await putAs(ana, bob, 'a')
    ana.tryGit('config', '--remove-section', 'merge.git-vault')
    expect(ana.tryGit('merge', '--no-edit', 'side').status).not.toBe(0)
    expect((await run(ana)).unresolved).toEqual([])
    ana.git('commit', '-q', '--no-edit')
    expect(await versions(ana)).toContain(token('a'))
    await expectKept(ana, hub, start)
  })

  it('of which a merge takes nothing is mended by a state that follows it', async () => {
    const { hub, ana } = await hubAndVault(Date.now())
    const dave = await admit(ana, 'dave', { default: 'decrypt encrypt manage' })
    await syncOf(ana)
    const start = ana.head()
    const box = await cloneHub(hub, ana)
    await putAs(box, dave, 'd')
    await removeMember(await ana.internal(), 'dave', () => undefined)
    await syncOf(ana)
    ana.git('fetch', '-q', box.root, 'HEAD:refs/heads/side')
    ana.git('merge', '-q', '--no-edit', '-s', 'ours', 'side')
    // whoever judges the range from before the removal has accepted dave's state
    const hint = 'nothing was pushed; mend it with: git-vault resolve, then git-vault sync'
    expect(await syncOf(ana).catch((error: unknown) => error)).toMatchObject({ hint })
    await ana.reopen()
    ana.clock.advance(1000)
    await ana.api.putSecretValue({ SecretId: 'db', SecretString: 'a', ClientRequestToken: token('a') })
    expect(await syncOf(ana).catch((error: unknown) => error)).toMatchObject({ hint })
    await run(ana)
    expect(await syncOf(ana)).toMatchObject({ isPushed: true })
    for (const range of [`${start}..HEAD`, 'HEAD~3..HEAD'])
      expect((await checkRange(ana, range)).found).toEqual([])
    expect((await ana.api.getSecretValue({ SecretId: 'db' })).SecretString).toBe('a')
  })
})
