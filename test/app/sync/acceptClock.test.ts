import { expect, it } from 'vitest'
import { admit } from '../../vault/people.js'
import { cloneHub, hubAndVault, problems, put, syncOf, value } from './kit.js'

const HOUR = 60 * 60 * 1000

it('sync --accept-clock also joins a secret that is dated far ahead on the other side', async () => {
  const { hub, ana } = await hubAndVault()
  const start = ana.head()
  const bob = await cloneHub(hub, ana)
  ana.clock.advance(25 * HOUR)
  const ahead = await put(ana, 'db', 'ahead')
  await ana.api.tagResource({ SecretId: 'db', Tags: [{ Key: 'by', Value: 'ana' }] })
  await syncOf(ana)
  const own = await put(bob, 'db', 'own')
  await bob.api.updateSecret({ SecretId: 'db', Description: 'of bob' })
  await expect(syncOf(bob)).rejects.toMatchObject({ code: 'RepositoryState' })
  expect(await syncOf(bob, { acceptClock: true })).toMatchObject({
    conflicts: [],
    isPushed: true,
    joined: [{ name: 'db' }]
  })
  await syncOf(ana)
  expect(ana.head()).toBe(bob.head())
  expect(await value(ana, 'db', ahead)).toBe('ahead')
  expect(await value(ana, 'db', own)).toBe('own')
  expect(await ana.api.describeSecret({ SecretId: 'db' })).toMatchObject({
    Description: 'of bob',
    Tags: [{ Key: 'by', Value: 'ana' }]
  })
  expect(await problems(ana, start)).toEqual([])
})

it('and one in a merge that makes entries of the access log again', async () => {
  const { hub, ana } = await hubAndVault()
  const start = ana.head()
  const bob = await cloneHub(hub, ana)
  await admit(ana, 'carol', { default: 'decrypt' })
  ana.clock.advance(25 * HOUR)
  const ahead = await put(ana, 'db', 'ahead')
  await syncOf(ana)
  await admit(bob, 'dave', { default: 'decrypt' })
  const own = await put(bob, 'db', 'own')
  const synced = await syncOf(bob, { acceptClock: true })
  expect(synced).toMatchObject({ conflicts: [], isPushed: true, joined: [{ name: 'db' }] })
  expect(synced.reapplied).toHaveLength(1)
  await syncOf(ana)
  for (const version of [ahead, own]) expect(await value(ana, 'db', version)).toBeDefined()
  expect(await problems(ana, start)).toEqual([])
})
