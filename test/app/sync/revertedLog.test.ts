import { expect, it } from 'vitest'
import { failure, type TestVault } from '../../vault/fixture.js'
import { admit, type Person } from '../../vault/people.js'
import { run } from '../../vault/resolving/resolveKit.js'
import { checkRange } from '../../vault/verify/verifyKit.js'
import { removeMember } from '../../../src/vault/team/team.js'
import { cloneHub, hubAndVault, problems, put, syncOf, value } from './kit.js'

const LACKS = 'vault/access.yaml: lacks entries that an earlier commit has'
const OUT = 'nothing was pushed; mend it with: git-vault resolve, then git-vault sync'
const IN =
  'nothing was merged; mend it with: git merge origin/main, then git-vault resolve, then git-vault sync'

async function refusal(box: TestVault): Promise<{ message: string; hint: string }> {
  const { message } = await failure(syncOf(box))
  const error: unknown = await syncOf(box).catch((reason: unknown) => reason)
  return { message, hint: (error as { hint?: string }).hint ?? '' }
}

/** Three clones. In the first one, the addition of a member was reverted; all of them have it. */
async function reverted() {
  const { hub, ana } = await hubAndVault(Date.now())
  const [bob, carol] = [await cloneHub(hub, ana), await cloneHub(hub, ana)]
  const start = ana.head()
  const dave = await admit(ana, 'dave', { default: 'decrypt' })
  await syncOf(ana)
  await syncOf(bob)
  ana.git('revert', '--no-edit', 'HEAD')
  return { hub, ana, bob, carol, dave, start }
}

const seenBy = async (box: TestVault, person: Person) =>
  (await person.call(box, 'GetSecretValue', { SecretId: 'db' })) as { SecretString?: string }

it('a log that goes back is not pushed, and resolve brings it back', async () => {
  const { ana, bob, carol, dave, start } = await reverted()
  const { message, hint } = await refusal(ana)
  expect(message).toContain(LACKS)
  expect(hint).toBe(OUT)
  // a write names the same command
  const write = await put(ana, 'db', 'two').catch((error: unknown) => error)
  expect(write).toMatchObject({ hint: 'git-vault resolve' })
  const { restored } = await run(ana)
  expect(restored).toEqual(['vault/access.yaml', 'vault/keys/default/1.yaml'])
  ana.expectClean()
  await put(ana, 'db', 'two')
  expect(await syncOf(ana)).toMatchObject({ isPushed: true })
  for (const box of [bob, carol]) {
    await syncOf(box)
    expect(await problems(box, start)).toEqual([])
    expect(await seenBy(box, dave)).toMatchObject({ SecretString: 'two' })
  }
  const { mended } = await checkRange(carol, `${start}..HEAD`)
  expect(mended).toBe(2)
  expect(await run(carol)).toMatchObject({ restored: [], resolved: [] })
})

it.each(['that has seen the entry', 'that has not', 'with a commit of its own', 'that remembers nothing'])(
  'a clone %s mends one that was pushed by git alone',
  async which => {
    const { hub, ana, bob, carol, dave, start } = await reverted()
    ana.git('push', '-q', 'origin', 'main')
    const box =
      which === 'that has not' ? carol : which === 'that remembers nothing' ? await cloneHub(hub, ana) : bob
    if (which === 'with a commit of its own') await put(box, 'web', 'two')
    if (which !== 'that remembers nothing') {
      const { message, hint } = await refusal(box)
      expect(message).toContain(LACKS)
      expect(hint).toBe(IN)
      box.tryGit('merge', '--no-edit', 'origin/main')
    }
    await run(box)
    expect(await syncOf(box)).toMatchObject({ isPushed: true })
    for (const other of [ana, bob, carol]) {
      await syncOf(other)
      expect(await problems(other, start)).toEqual([])
      expect(await seenBy(other, dave)).toMatchObject({ SecretString: 'db one' })
      expect(other.head()).toBe(box.head())
    }
  }
)

it('the revert of a removal of a member brings back no right, and no older secret', async () => {
  const { hub, ana } = await hubAndVault(Date.now())
  const dave = await admit(ana, 'dave', { default: 'decrypt encrypt manage' })
  await syncOf(ana)
  const bob = await cloneHub(hub, ana)
  const start = ana.head()
  await removeMember(await ana.internal(), 'dave', () => undefined)
  ana.git('revert', '--no-edit', 'HEAD')
  const { message } = await refusal(ana)
  expect(message).toContain(LACKS)
  await run(ana)
  await put(ana, 'db', 'after')
  await syncOf(ana)
  await syncOf(bob)
  expect(await problems(bob, start)).toEqual([])
  expect(await value(bob, 'db')).toBe('after')
  await expect(seenBy(bob, dave)).rejects.toThrow()
})

it('an entry that follows the shorter log is a fork, which nothing mends', async () => {
  const { ana, bob, start } = await reverted()
  // a clone that remembers nothing writes after the shorter log
  ana.git('push', '-q', 'origin', 'main')
  const fresh = await cloneHub(ana.git('remote', 'get-url', 'origin').trim(), ana)
  await admit(fresh, 'eve', { default: 'decrypt' })
  fresh.git('push', '-q', 'origin', 'main')
  const { message, hint } = await refusal(bob)
  expect(message).toContain('vault/access.yaml: ')
  expect(hint).toContain('verify --range')
  expect((await checkRange(fresh, `${start}..HEAD`).catch(() => undefined))?.problems ?? 1).toBeGreaterThan(0)
})
