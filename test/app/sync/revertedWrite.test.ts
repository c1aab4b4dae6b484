import { expect, it } from 'vitest'
import { failure } from '../../vault/fixture.js'
import { run } from '../../vault/resolving/resolveKit.js'
import { cloneHub, hubAndVault, problems, put, syncOf, value } from './kit.js'

it('pushes what resolve has put together from signed files of two branches', async () => {
  const { hub, ana } = await hubAndVault(Date.now())
  const bob = await cloneHub(hub, ana)
  const start = ana.head()
  bob.clock.advance(1000)
  await bob.api.tagResource({ SecretId: 'db', Tags: [{ Key: 'of', Value: 'bob' }] })
  bob.git('revert', '--no-edit', 'HEAD')
  await put(ana, 'db', 'two')
  await syncOf(ana)
  bob.git('fetch', '-q', 'origin')
  bob.git('merge', '-q', '--no-edit', 'origin/main')
  expect((await failure(syncOf(bob))).message).toContain('an older state of db than an earlier commit has')
  await run(bob, { answer: () => 'ours' })
  expect(await syncOf(bob)).toMatchObject({ isPushed: true })
  await syncOf(ana)
  for (const box of [ana, bob]) {
    await box.reopen()
    expect(await value(box, 'db')).toBe('two')
    expect((await box.api.describeSecret({ SecretId: 'db' })).Tags).toEqual([{ Key: 'of', Value: 'bob' }])
    expect(await problems(box, start)).toEqual([])
  }
})
