import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MINIMUM_AGE } from './history.js'
import { checkCommit, LONGER } from './historyChecks.js'
import { labelling } from './stagesKit.js'
import { SyncModel, syncPlans, type SyncPlan } from './syncModel.js'

/** Clocks are up to 3 ticks off, in either direction. */
const SLACK = 6

const has = ({ steps }: SyncPlan, ...kinds: string[]): boolean =>
  steps.some(({ kind }) => kinds.includes(kind))

describe('two to five clones that sync, merge, rebase, revert and remove', () => {
  it('end with one state, lose nothing that is protected, and ask a person only what no rule decides', () => {
    const seen = new Set<string>()
    const holds = fc.property(syncPlans, plan => {
      const { hub, clones, asked, acknowledged, tick: now } = new SyncModel(plan).run(order => order)
      for (const clone of clones) expect(clone).toBe(hub)
      for (const what of asked) seen.add(what)
      // later merges may go back behind a side that a person has dropped
      if (!has(plan, 'revert')) expect(asked[0]).not.toBe('goes back')
      if (!has(plan, 'delete')) expect(asked.filter(what => what !== 'goes back')).toEqual([])
      // Without the commits of other secrets of the name, and those that go back until they are resolved.
      const isCounted = ({ arn, reverted }: (typeof clones)[0]) => arn === hub.arn && reverted === undefined
      if (hub.arn === undefined) return
      // A person may have kept one of two sides.
      const isWhole = asked.every(what => what === 'goes back')
      if (isWhole) checkCommit({ ...hub, ancestors: new Set([...hub.ancestors].filter(isCounted)) }, SLACK)
      for (const { wrote, tick, arn } of isWhole ? acknowledged : [])
        if (wrote !== undefined && arn === hub.arn && tick > now - MINIMUM_AGE + SLACK)
          expect([wrote, hub.stages.versions.has(wrote)]).toEqual([wrote, true])
      for (const { version } of hub.stages.labels.values())
        expect(hub.stages.versions.has(version)).toBe(true)
      expect(hub.stages.labels.has('AWSCURRENT')).toBe(true)
      if (asked.length > 0) return
      const back = new SyncModel(plan).run(order => order.toReversed())
      expect(labelling(back.hub.stages)).toEqual(labelling(hub.stages))
      // what a member without manage may prune depends on when it is merged
      if (!plan.manages.includes(false)) expect(back.hub.stages).toEqual(hub.stages)
    })
    fc.assert(holds, { numRuns: 3000 * LONGER })
    // a name that is created twice is rare
    for (let more = 0; seen.size < 3 && more < 10; more++) fc.assert(holds, { numRuns: 2000 })
    expect([...seen].sort()).toEqual(['created twice', 'goes back', 'removed and changed'])
  })
})
