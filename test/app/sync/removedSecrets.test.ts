import { describe, expect, it } from 'vitest'
import { failure, type TestVault } from '../../vault/fixture.js'
import { run } from '../../vault/resolving/resolveKit.js'
import { checkRange } from '../../vault/verify/verifyKit.js'
import { cloneHub, hubAndVault, problems, put, syncOf, value } from './kit.js'

const BACK = 'vault/secrets/db/stages.yaml: db was removed by an earlier commit, and is back'

/** Removes the secret `db` in three clones: by git alone, or with DeleteSecret. */
async function removed(how: 'by git alone' | 'with DeleteSecret') {
  const { hub, ana } = await hubAndVault(Date.now())
  const [bob, carol] = [await cloneHub(hub, ana), await cloneHub(hub, ana)]
  const start = ana.head()
  if (how === 'by git alone') {
    ana.git('rm', '-rq', 'vault/secrets/db')
    ana.git('commit', '-qm', 'clean up')
  } else await ana.api.deleteSecret({ SecretId: 'db', ForceDeleteWithoutRecovery: true })
  return { hub, ana, bob, carol, start }
}

async function refusal(box: TestVault): Promise<{ message: string; hint: string }> {
  const { message } = await failure(syncOf(box))
  const error: unknown = await syncOf(box).catch((reason: unknown) => reason)
  return { message, hint: (error as { hint?: string }).hint ?? '' }
}

it('names a secret that a commit removes, whoever removed it', async () => {
  const { ana, bob, start } = await removed('by git alone')
  const gone = { secrets: 1, names: ['db'] }
  const dry = await syncOf(ana, { dryRun: true })
  expect(dry.outgoing).toMatchObject([{ operations: [], removed: 3, removedSecrets: gone }])
  await syncOf(ana)
  const { incoming } = await syncOf(bob)
  expect(incoming).toMatchObject([{ removedSecrets: gone, author: 'Test' }])
  expect((await checkRange(bob, `${start}..HEAD`)).reports).toMatchObject([{ removedSecrets: gone }])
})

it.each(['by git alone', 'with DeleteSecret'] as const)(
  'does not push the revert of a removal %s, which other clones would refuse',
  async how => {
    const { hub, ana, bob, carol, start } = await removed(how)
    await syncOf(ana)
    await syncOf(bob)
    // a clone that has never seen the secret
    const fresh = await cloneHub(hub, ana)
    for (const box of [ana, bob, fresh]) {
      box.git('revert', '--no-edit', 'HEAD')
      const { message, hint } = await refusal(box)
      expect(message).toMatch(/^this branch, commit [0-9a-f]{12}: /)
      expect(message).toContain(BACK)
      expect(hint).toBe('nothing was pushed; mend it with: git-vault resolve, then git-vault sync')
    }
    // kept: signed as newer than the removal
    await run(fresh, { answer: () => 'ours' })
    expect(await syncOf(fresh)).toMatchObject({ isPushed: true })
    // removed again
    await run(bob, { answer: () => 'theirs' })
    await syncOf(carol)
    expect(await value(carol, 'db')).toBe('db one')
    expect(await problems(carol, start)).toEqual([])
  }
)

it('receives the revert of a removal with the commands that mend it', async () => {
  const { ana, bob, carol, start } = await removed('by git alone')
  await syncOf(ana)
  await syncOf(bob)
  ana.git('revert', '--no-edit', 'HEAD')
  ana.git('push', '-q', 'origin', 'main')
  // both whether or not they have received the removal before
  for (const box of [bob, carol]) {
    const { message, hint } = await refusal(box)
    expect(message).toContain(BACK)
    expect(hint).toBe(
      'nothing was merged; mend it with: git merge origin/main, then git-vault resolve, then git-vault sync'
    )
  }
  bob.git('merge', '-q', 'origin/main')
  await run(bob, { answer: () => 'ours' })
  expect(await syncOf(bob)).toMatchObject({ isPushed: true })
  for (const box of [carol, ana]) {
    await syncOf(box)
    expect(await value(box, 'db')).toBe('db one')
    expect(await problems(box, start)).toEqual([])
  }
})

it('pushes a removal that was reverted and made again, and the range stays green', async () => {
  const { ana, bob, carol, start } = await removed('with DeleteSecret')
  await syncOf(ana)
  await syncOf(bob)
  for (const box of [bob, ana]) {
    box.git('revert', '--no-edit', 'HEAD')
    await run(box, { answer: () => 'theirs' })
    expect((await run(box)).questions).toEqual([])
    expect(await syncOf(box)).toMatchObject({ isPushed: true })
    for (const other of [ana, bob, carol]) {
      await syncOf(other)
      expect(await problems(other, start)).toEqual([])
      expect((await failure(value(other, 'db'))).code).toBe('ResourceNotFoundException')
    }
  }
  // also in a range that begins after the first removal
  const removal = ana.git('rev-list', '--reverse', `${start}..HEAD`).split('\n')[0]!
  expect(await problems(carol, removal)).toEqual([])
})

it('takes a secret that was created again, however old the removal is', async () => {
  const { ana, bob, carol, start } = await removed('with DeleteSecret')
  await syncOf(ana)
  await syncOf(bob)
  bob.clock.advance(1000)
  await bob.api.createSecret({ Name: 'db', SecretString: 'again' })
  await syncOf(bob)
  for (const box of [ana, carol]) {
    await syncOf(box)
    expect(await value(box, 'db')).toBe('again')
  }
  expect(await problems(ana, start)).toEqual([])
})

it('removes on both sides, and puts on neither: nothing to decide', async () => {
  const { ana, bob, start } = await removed('by git alone')
  await syncOf(ana)
  await bob.api.deleteSecret({ SecretId: 'db', ForceDeleteWithoutRecovery: true })
  await syncOf(bob)
  await syncOf(ana)
  expect(ana.head()).toBe(bob.head())
  expect(await problems(ana, start)).toEqual([])
})

describe('a removal after puts that the other clone does not have', () => {
  /** Bob tags the secret, and keeps it in the conflict with the removal. */
  async function kept(rebase: boolean) {
    const { hub, ana } = await hubAndVault(Date.now())
    const [bob, carol] = [await cloneHub(hub, ana), await cloneHub(hub, ana)]
    const start = ana.head()
    for (const each of ['two', 'three']) await put(ana, 'db', each)
    await ana.api.updateSecret({ SecretId: 'db', Description: 'the database' })
    await ana.api.deleteSecret({ SecretId: 'db', ForceDeleteWithoutRecovery: true })
    await syncOf(ana)
    bob.clock.advance(1000)
    await bob.api.tagResource({ SecretId: 'db', Tags: [{ Key: 'team', Value: 'red' }] })
    expect((await syncOf(bob)).conflicts).toHaveLength(1)
    expect(bob.tryGit(rebase ? 'rebase' : 'merge', 'origin/main').status).not.toBe(0)
    return { bob, others: [ana, carol], start }
  }

  it.each(['merge', 'rebase'] as const)(
    'kept in a %s, the other clones accept it, and nothing is lost',
    async how => {
      const { bob, others, start } = await kept(how === 'rebase')
      expect((await run(bob, { answer: () => 'ours' })).remaining).toEqual([])
      bob.git('-c', 'core.editor=true', how, '--continue')
      expect(await syncOf(bob)).toMatchObject({ isPushed: true })
      for (const box of others) {
        await syncOf(box)
        expect(await value(box, 'db')).toBe('three')
        expect(await problems(box, start)).toEqual([])
      }
    }
  )

  it('kept by hand, and mended afterwards, the other clones accept it', async () => {
    const { bob, others, start } = await kept(false)
    bob.git('checkout', 'HEAD', '--', 'vault/secrets/db')
    bob.git('commit', '-q', '--no-edit')
    await run(bob, { answer: () => 'ours' })
    expect(await syncOf(bob)).toMatchObject({ isPushed: true })
    for (const box of others) {
      await syncOf(box)
      expect(await value(box, 'db')).toBe('three')
      expect(await problems(box, start)).toEqual([])
    }
  })
})
