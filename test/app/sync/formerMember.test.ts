import { describe, expect, it } from 'vitest'
import { setUpMerging } from '../../../src/app/mergeSetup.js'
import { removeMember } from '../../../src/vault/team/team.js'
import { admit, type Person } from '../../vault/people.js'
import { failure, token, type TestVault } from '../../vault/fixture.js'
import { cloneHub, hubAndVault, problems, put, syncOf, value } from './kit.js'

const ALL = { default: 'decrypt encrypt manage' }

interface Team {
  /** Has removed carol, and pushed that. */
  readonly ana: TestVault
  /** Has not heard of it. */
  readonly bob: TestVault
  readonly carol: Person
  readonly hub: string
  readonly start: string
}

/** Carol was the last to sign secret.yaml of `db`, and both documents of `web`. */
async function carolRemoved(): Promise<Team> {
  const { hub, ana } = await hubAndVault(Date.now())
  const carol = await admit(ana, 'carol', ALL)
  for (const [SecretId, Description] of [
    ['db', 'by carol'],
    ['web', 'hers']
  ])
    await carol.call(ana, 'TagResource', { SecretId, Tags: [{ Key: 'said', Value: Description }] })
  await carol.call(ana, 'PutSecretValue', {
    ...{ SecretId: 'web', SecretString: 'web by carol' },
    ClientRequestToken: token('carol')
  })
  await put(ana, 'db', 'db two')
  await syncOf(ana)
  const start = ana.head()
  const bob = await cloneHub(hub, ana)
  await removeMember(await ana.internal(), 'carol', () => undefined)
  await syncOf(ana)
  return { ana, bob, carol, hub, start }
}

const description = async (box: TestVault, SecretId: string) =>
  (await box.api.describeSecret({ SecretId })).Description

describe('what was written without knowing that a member is removed', () => {
  it.each(['db', 'web'])('a value of %s syncs, though the member signed its documents last', async name => {
    const { ana, bob, hub, start } = await carolRemoved()
    await put(bob, name, 'by bob')
    const synced = await syncOf(bob)
    expect([synced.conflicts, synced.isPushed]).toEqual([[], true])
    expect(await value(bob, name)).toBe('by bob')
    expect(await problems(bob, start)).toEqual([])
    expect(await problems(bob, ana.head())).toEqual([])
    await syncOf(ana)
    expect(await value(ana, name)).toBe('by bob')
    const dave = await cloneHub(hub, ana)
    expect(await problems(dave, start)).toEqual([])
  })
  it('a description syncs, though the member signed the other document last', async () => {
    const { ana, bob, start } = await carolRemoved()
    bob.clock.advance(1000)
    await bob.api.updateSecret({ SecretId: 'web', Description: 'by bob' })
    const synced = await syncOf(bob)
    expect([synced.conflicts, synced.isPushed]).toEqual([[], true])
    expect(await description(bob, 'web')).toBe('by bob')
    expect(await problems(bob, start)).toEqual([])
    expect(await problems(bob, ana.head())).toEqual([])
  })
  it.each(['db', 'web'])('a value of %s is merged by git merge', async name => {
    const { ana, bob, start } = await carolRemoved()
    await put(bob, name, 'by bob')
    expect(await setUpMerging(bob.root)).toBe(true)
    bob.git('fetch', '-q', 'origin')
    bob.git('merge', '-q', '--no-edit', 'origin/main')
    await bob.reopen()
    expect(await value(bob, name)).toBe('by bob')
    expect(await problems(bob, start)).toEqual([])
    expect(await problems(bob, ana.head())).toEqual([])
    expect((await syncOf(bob)).isPushed).toBe(true)
  })
  it('a value that was pushed first is merged by the admin who removes the member', async () => {
    const { hub, ana } = await hubAndVault(Date.now())
    const carol = await admit(ana, 'carol', ALL)
    const Tags = [{ Key: 'said', Value: 'by carol' }]
    await carol.call(ana, 'TagResource', { SecretId: 'db', Tags })
    await syncOf(ana)
    const start = ana.head()
    const bob = await cloneHub(hub, ana)
    await put(bob, 'db', 'by bob')
    await syncOf(bob)
    await removeMember(await ana.internal(), 'carol', () => undefined)
    const removal = ana.head()
    expect((await syncOf(ana)).isPushed).toBe(true)
    expect(await value(ana, 'db')).toBe('by bob')
    expect(await problems(ana, start)).toEqual([])
    expect(await problems(ana, removal)).toEqual([])
    await syncOf(bob)
    expect(bob.head()).toBe(ana.head())
  })
})

describe('a former member who can still push', () => {
  it.each([
    ['a merge takes what they signed', true],
    ['a merge leaves it out', false]
  ])('has their branch refused by sync: %s', async (_, isTaken) => {
    const { ana, bob: theirs, carol, hub } = await carolRemoved()
    const dave = await cloneHub(hub, ana)
    const Tags = [{ Key: 'said', Value: 'something else' }]
    await carol.call(theirs, 'TagResource', { SecretId: 'db', Tags })
    theirs.git('fetch', '-q', 'origin')
    theirs.git('merge', '-q', '--no-commit', '-s', 'ours', 'origin/main')
    theirs.git('checkout', '-q', 'MERGE_HEAD', '--', '.')
    if (isTaken) theirs.git('checkout', '-q', 'HEAD', '--', 'vault/secrets/db/secret.yaml')
    theirs.git('commit', '-q', '-m', 'merge')
    theirs.git('push', '-q', 'origin', 'HEAD:main')
    const before = dave.state()
    const { code, message } = await failure(syncOf(dave))
    expect(code).toBe('DocumentRefused')
    expect(message).toContain('db/secret.yaml: signed by carol, who may not sign it')
    expect(dave.state()).toBe(before)
  })
})
