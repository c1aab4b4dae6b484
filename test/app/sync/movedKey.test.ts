import { describe, expect, it } from 'vitest'
import { addKey, grant, removeMember, revoke } from '../../../src/vault/team/team.js'
import { token, type TestVault } from '../../vault/fixture.js'
import { admit, rights, type Person } from '../../vault/people.js'
import { run } from '../../vault/resolving/resolveKit.js'
import { cloneHub, hubAndVault, openAs, problems, syncOf, value } from './kit.js'

const quiet = (): void => undefined
const ALL = 'decrypt encrypt manage'

type Change = (ana: TestVault) => Promise<unknown>

/** Binds the name `db` to a new key, on which bob has rights. */
const movesKey =
  (on: string): Change =>
  async ana => {
    await addKey(await ana.internal(), 'k', ['db'], quiet)
    ana.clock.advance(1000)
    if (on !== '') await grant(await ana.internal(), 'bob', rights({ k: on }))
  }

/** Bob writes to `db` in his clone while ana changes the access log in hers, and pushes it. */
async function apart(change: Change, on = ALL) {
  const { hub, ana } = await hubAndVault(Date.now())
  const { VersionId = '' } = await ana.api.getSecretValue({ SecretId: 'db' })
  await ana.api.updateSecretVersionStage({ SecretId: 'db', VersionStage: 'blue', MoveToVersionId: VersionId })
  const bob = await admit(ana, 'bob', { default: on })
  await syncOf(ana)
  const start = ana.head()
  const [box, carol] = [await cloneHub(hub, ana), await cloneHub(hub, ana)]
  const put = async (text: string): Promise<void> => {
    box.clock.advance(1000)
    const request = { SecretId: 'db', SecretString: text, ClientRequestToken: token(text) }
    await bob.call(box, 'PutSecretValue', request)
  }
  await put('two')
  await put('three')
  if (on === ALL) {
    box.clock.advance(1000)
    await bob.call(box, 'TagResource', { SecretId: 'db', Tags: [{ Key: 'of', Value: 'bob' }] })
    box.clock.advance(1000)
    const unlabel = { SecretId: 'db', VersionStage: 'blue', RemoveFromVersionId: VersionId }
    await bob.call(box, 'UpdateSecretVersionStage', unlabel)
  }
  ana.clock.time = box.clock.time - 500
  await change(ana)
  await syncOf(ana)
  box.clock.time = ana.clock.time + 1000
  const others = [ana, carol]
  return { hub, bob, box, ana, others, start }
}

/** Merges without a driver, and runs `resolve`: git does not always see that there is a conflict. */
async function merge(box: TestVault, as: Person | undefined): Promise<void> {
  box.git('fetch', '-q', 'origin')
  box.tryGit('config', '--remove-section', 'merge.git-vault')
  const isConflict = box.tryGit('merge', 'origin/main').status !== 0
  const done = await run(box, { ...(as ? { as } : {}), answer: () => 'ours' })
  expect(done).toMatchObject({ remaining: [], unresolved: [] })
  if (isConflict) box.git('commit', '-q', '--no-edit')
}

const labels = async (box: TestVault) =>
  Object.values((await box.api.describeSecret({ SecretId: 'db' })).VersionIdsToStages ?? {}).flat()

const tags = async (box: TestVault) => (await box.api.describeSecret({ SecretId: 'db' })).Tags ?? []

describe('a branch that did not know that its name has another key', () => {
  const regrants: Change = async ana => {
    await revoke(await openAs(ana), 'bob', rights({ default: ALL }), quiet)
    ana.clock.advance(1000)
    await grant(await openAs(ana), 'bob', rights({ default: ALL }))
  }

  it.each([
    ['bob himself, who has the rights on the new key', movesKey(ALL), true],
    ['an admin', movesKey(ALL), false],
    ['bob, whose rights were revoked and granted again', regrants, true]
  ] as const)('keeps its writes if it is merged by %s', async (_who, change, isBob) => {
    const { bob, box, others, start } = await apart(change)
    await merge(box, isBob ? bob : undefined)
    expect(await syncOf(box, {}, isBob ? bob : undefined)).toMatchObject({ isPushed: true })
    for (const each of [box, ...others]) {
      await syncOf(each)
      await each.reopen()
      expect(await value(each, 'db')).toBe('three')
      expect(await value(each, 'db', token('two'))).toBe('two')
      expect(await tags(each)).toEqual([{ Key: 'of', Value: 'bob' }])
      expect(await labels(each)).not.toContain('blue')
      expect(await problems(each, start)).toEqual([])
    }
  })

  it('keeps the puts of a member who may only encrypt', async () => {
    const { bob, box, others, start } = await apart(movesKey('encrypt'), 'encrypt')
    await merge(box, undefined)
    await syncOf(box)
    for (const each of [box, ...others]) {
      await syncOf(each)
      await each.reopen()
      expect(await value(each, 'db')).toBe('three')
      expect(await problems(each, start)).toEqual([])
    }
    expect(bob.name).toBe('bob')
  })

  it.each([
    ['who has no right on the new key', movesKey('')],
    ['who has only decrypt on the new key', movesKey('decrypt')],
    ['who was removed', async (ana: TestVault) => removeMember(await ana.internal(), 'bob', quiet)]
  ] as const)('has nothing of a member %s', async (_who, change) => {
    const { box, others, start } = await apart(change)
    await merge(box, undefined)
    await syncOf(box)
    for (const each of others) {
      await syncOf(each)
      await each.reopen()
      expect(await value(each, 'db')).toBe('db one')
      expect(await tags(each)).toEqual([])
      expect(await problems(each, start)).toEqual([])
    }
  })

  it('has only the puts, and no deletion, of a member who may no longer manage', async () => {
    const { box, others, start } = await apart(movesKey('decrypt encrypt'))
    await merge(box, undefined)
    await syncOf(box)
    for (const each of others) {
      await syncOf(each)
      await each.reopen()
      expect(await value(each, 'db')).toBe('three')
      expect(await tags(each)).toEqual([])
      expect(await labels(each)).toContain('blue')
      expect(await problems(each, start)).toEqual([])
    }
  })
})
