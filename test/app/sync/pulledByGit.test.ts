import { expect, it } from 'vitest'
import { repairDates } from '../../../src/vault/repairDates.js'
import { diff } from '../../../src/vault/diff/diff.js'
import type { TestVault } from '../../vault/fixture.js'
import { admit } from '../../vault/people.js'
import { run } from '../../vault/resolving/resolveKit.js'
import { cloneHub, hubAndVault, openAs, problems, put, syncOf, value } from './kit.js'

const HOUR = 60 * 60 * 1000
const MEND = 'nothing was pushed; mend it with: git-vault resolve, then git-vault sync'

const refusal = (box: TestVault): Promise<unknown> => syncOf(box).catch((error: unknown) => error)

it('a sync without a change is refused if git alone has pushed or pulled a problem since the last one', async () => {
  const { hub, ana } = await hubAndVault(Date.now())
  const bob = await cloneHub(hub, ana)
  await syncOf(bob)
  const start = ana.head()
  await put(ana, 'db', 'two')
  await syncOf(ana)
  ana.git('revert', '--no-edit', 'HEAD')
  ana.git('push', '-q', 'origin', 'main')
  bob.git('pull', '-q', 'origin', 'main')
  for (const box of [ana, bob]) {
    const error = await refusal(box)
    expect(error).toMatchObject({ code: 'DocumentRefused', hint: MEND })
    expect((error as Error).message).toMatch(/: an older state of db than an earlier commit has$/)
  }
  // nothing is pushed on top of it
  await put(bob, 'web', 'two')
  expect(await refusal(bob)).toMatchObject({ hint: MEND })
  await run(bob, { answer: () => 'ours' })
  expect(await syncOf(bob)).toMatchObject({ isPushed: true })
  expect(await syncOf(ana)).toMatchObject({ received: 2 })
  expect(await syncOf(ana)).toMatchObject({ received: 0, sent: 0 })
  expect(await value(ana, 'db')).toBe('two')
  for (const box of [ana, bob]) expect(await problems(box, start)).toEqual([])
})

it('a problem that nothing mends is told once, and stops nothing', async () => {
  const { hub, ana } = await hubAndVault(Date.now())
  const bob = await cloneHub(hub, ana)
  await syncOf(bob)
  ana.write('vault/notes.txt', 'x')
  ana.git('add', '.')
  ana.git('commit', '-qm', 'notes')
  ana.git('push', '-q', 'origin', 'main')
  bob.git('pull', '-q', 'origin', 'main')
  await put(bob, 'web', 'two')
  expect(await syncOf(bob)).toMatchObject({ isPushed: true })
  expect(bob.notices).toEqual([
    expect.stringMatching(
      /^this branch, commit [0-9a-f]{12}: vault\/notes.txt: not a file of a vault; for details: git-vault verify --range /
    )
  ])
  await syncOf(bob)
  expect(bob.notices).toHaveLength(1)
})

it('a clone that saw a date far ahead follows the repaired state, also after later puts', async () => {
  const { hub, ana } = await hubAndVault(Date.now())
  const [bob, carol] = [await cloneHub(hub, ana), await cloneHub(hub, ana)]
  for (const box of [bob, carol]) await syncOf(box)
  const start = ana.head()
  const now = ana.clock.time
  ana.clock.time = now + 1000 * HOUR
  await put(ana, 'db', 'far')
  await syncOf(ana)
  for (const box of [bob, carol]) {
    await syncOf(box, { acceptClock: true })
    expect(await value(box, 'db')).toBe('far')
  }
  ana.clock.time = now + HOUR
  await repairDates(await ana.internal(), 'db')
  await ana.reopen()
  await put(ana, 'db', 'right')
  await syncOf(ana)
  // by sync, of itself
  expect(await syncOf(bob)).toMatchObject({ received: 2 })
  expect(bob.notices.filter(line => line.includes('git-vault trust'))).toEqual([])
  expect(await value(bob, 'db')).toBe('right')
  // by git, with the command that the error names
  carol.git('pull', '-q', 'origin', 'main')
  const error = await value(carol, 'db').catch((reason: unknown) => reason)
  expect(error).toMatchObject({ hint: 'keep the newer move with: git-vault resolve db' })
  expect(await run(carol, { names: ['db'] })).toMatchObject({ caughtUp: ['db'], resolved: [] })
  expect(await value(carol, 'db')).toBe('right')
  for (const box of [bob, carol]) expect(await problems(box, start)).toEqual([])
})

it('diff shows what a sync made of two access logs', async () => {
  const { hub, ana } = await hubAndVault(Date.now())
  const bob = await admit(ana, 'bob', { default: 'decrypt encrypt manage' }, true)
  await syncOf(ana)
  const box = await cloneHub(hub, ana)
  await admit(ana, 'carol', { default: 'decrypt' })
  await syncOf(ana)
  process.env['GIT_VAULT_IDENTITY'] = bob.secret
  try {
    await admit(box, 'dave', { default: 'decrypt' })
  } finally {
    delete process.env['GIT_VAULT_IDENTITY']
  }
  expect(await syncOf(box, {}, bob)).toMatchObject({ isPushed: true })
  const shown = []
  for await (const difference of diff(await openAs(box, bob), { words: [] })) shown.push(difference)
  const [access] = shown
  expect(access).toMatchObject({ kind: 'access', change: 'changed' })
  expect(JSON.stringify(access?.facts)).toContain('dave')
  expect(JSON.stringify(access?.facts)).not.toContain('carol')
})
