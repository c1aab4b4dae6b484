import * as fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { newRecovery, signDrill, useShares, type HolderShare } from '../../../src/app/recovery.js'
import { parseSecret } from '../../../src/core/crypto/identity.js'
import { exposure } from '../../../src/vault/team/exposure.js'
import { presentRecovery, recordDrill } from '../../../src/vault/team/recovery.js'
import { removeMember } from '../../../src/vault/team/team.js'
import { waive } from '../../../src/vault/team/waiver.js'
import { scratch, type TestVault } from '../../vault/fixture.js'
import { admit, Person } from '../../vault/people.js'
import { cloneHub, hubAndVault, openAs, problems, syncOf } from './kit.js'

const quiet = (): void => undefined
const DAY = 24 * 60 * 60 * 1000

/** alice's clone, and that of a second admin, bob. Both know carol. */
async function twoAdmins() {
  const { hub, ana } = await hubAndVault()
  const bob = await admit(ana, 'bob', { default: 'decrypt encrypt manage' }, true)
  await admit(ana, 'carol', { default: 'decrypt' })
  await syncOf(ana)
  const box = await cloneHub(hub, ana)
  box.clock.advance(10_000)
  return { ana, bob, box, start: ana.head() }
}

/** Syncs both clones, bob's entries being made again. Expects that all is well. */
async function together(ana: TestVault, box: TestVault, bob: Person, start: string): Promise<string[]> {
  await syncOf(ana)
  const { reapplied, conflicts, isPushed } = await syncOf(box, {}, bob)
  expect({ conflicts, isPushed }).toEqual({ conflicts: [], isPushed: true })
  await syncOf(ana)
  expect(ana.head()).toBe(box.head())
  expect(await problems(ana, start)).toEqual([])
  return [...reapplied]
}

/** Syncs alice's clone, and then bob's. Returns why bob's entries are not made again. */
async function refusal(ana: TestVault, box: TestVault, bob: Person): Promise<string> {
  await syncOf(ana)
  const head = box.head()
  const { conflicts } = await syncOf(box, {}, bob)
  expect(box.head()).toBe(head)
  box.expectClean()
  return conflicts.map(({ reason }) => reason).join('; ')
}

async function recover(box: TestVault, by?: Person): Promise<HolderShare[]> {
  const shares: HolderShare[] = []
  const handOut = async (share: HolderShare) => void shares.push(share)
  const options = { name: 'recovery', holders: ['eva', 'joe'], threshold: 2, handOut }
  await newRecovery(await openAs(box, by), options, quiet)
  return shares
}

const setPruning = async (box: TestVault, keep: string, by?: Person) =>
  (await openAs(box, by)).write('SetPruning', async draft => {
    await draft.amend([{ change: 'pruning', keep, minimumAgeHours: '24', quota: '100' }])
    draft.describe('pruning', [])
  })

const keptVersions = async (box: TestVault) => (await (await box.internal()).read()).access.pruning.keep

describe('made again after an entry that came is', () => {
  it('a waiver of an exposure', async () => {
    const { ana, bob, box } = await twoAdmins()
    await removeMember(await ana.internal(), 'carol', quiet)
    await syncOf(ana)
    await syncOf(box, {}, bob)
    const start = ana.head()
    await admit(ana, 'dave', {})
    const until = new Date(box.clock.time + 30 * DAY)
    await waive(await openAs(box, bob), 'db', { until, reason: 'rebuilt next week' })
    expect(await together(ana, box, bob, start)).toEqual([expect.stringMatching(/waive/)])
    const { exposed } = await exposure(await ana.internal(), quiet)
    expect(exposed.find(({ secret }) => secret === 'db')).toMatchObject({
      waiver: { by: 'bob', reason: 'rebuilt next week', until }
    })
  })

  it('a recovery identity, whose shares still open everything', async () => {
    const { ana, bob, box, start } = await twoAdmins()
    await admit(ana, 'dave', {})
    const shares = await recover(box, bob)
    expect(await together(ana, box, bob, start)).toHaveLength(1)
    expect((await presentRecovery(await ana.internal())).name).toBe('recovery')
    const path = join(scratch('identity'), 'recovered.yaml')
    await useShares(
      await ana.internal(),
      shares.map(({ words }) => words),
      path
    )
    const secret = /gvsec1_[\w-]+/.exec(fs.readFileSync(path, 'utf8'))?.[0] ?? ''
    const recovered = new Person('recovery', parseSecret(secret)!)
    expect(await recovered.call(ana, 'GetSecretValue', { SecretId: 'db' })).toMatchObject({
      SecretString: 'db one'
    })
  })

  it('a drill', async () => {
    const { ana, bob, box, start } = await twoAdmins()
    const shares = await recover(ana)
    await syncOf(ana)
    await syncOf(box, {}, bob)
    await admit(ana, 'dave', {})
    const vault = await openAs(box, bob)
    const answers = await Promise.all(shares.map(async ({ words }) => (await signDrill(vault, words)).answer))
    expect(await recordDrill(vault, answers)).toEqual(['eva', 'joe'])
    expect(await together(ana, box, bob, start)).toEqual([expect.stringMatching(/drill/)])
    expect((await presentRecovery(await ana.internal())).lastDrill).toBeInstanceOf(Date)
  })

  it('a pruning policy', async () => {
    const { ana, bob, box, start } = await twoAdmins()
    await admit(ana, 'dave', {})
    await setPruning(box, '40', bob)
    expect(await together(ana, box, bob, start)).toEqual([expect.stringMatching(/pruning policy/)])
    expect(await keptVersions(ana)).toBe(40)
  })

  it('nothing of a pruning policy that is the same there', async () => {
    const { ana, bob, box, start } = await twoAdmins()
    await setPruning(ana, '40')
    await setPruning(box, '40', bob)
    await together(ana, box, bob, start)
    expect(await keptVersions(ana)).toBe(40)
  })
})

describe('refused, and named, is', () => {
  it('a waiver, if somebody has lost a right there', async () => {
    const { ana, bob, box } = await twoAdmins()
    await removeMember(await ana.internal(), 'carol', quiet)
    const until = new Date(box.clock.time + 30 * DAY)
    await waive(await openAs(box, bob), 'db', { until, reason: 'not exposed yet' })
    expect(await refusal(ana, box, bob)).toContain('somebody has lost a right there since')
  })

  it('a recovery identity, if another was created there', async () => {
    const { ana, bob, box } = await twoAdmins()
    await recover(ana)
    await recover(box, bob)
    expect(await refusal(ana, box, bob)).toMatch(
      /another recovery identity was created there|the name "recovery" was given to another identity there/
    )
  })

  it('a pruning policy, if another was set there', async () => {
    const { ana, bob, box } = await twoAdmins()
    await setPruning(ana, '50')
    await setPruning(box, '40', bob)
    expect(await refusal(ana, box, bob)).toContain('the pruning policy was changed there')
    expect(await keptVersions(box)).toBe(40)
  })
})
