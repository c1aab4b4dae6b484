import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  join as joinUnder,
  knows,
  merge as mergeUnder,
  type Merged
} from '../../../src/core/versions/merge.js'
import { counted, type Side } from '../../../src/core/versions/signedState.js'
import {
  noVersions,
  labelsOf,
  normalize,
  writtenAt,
  type Label,
  type Stages
} from '../../../src/core/versions/stages.js'
import { resealVersion } from '../../../src/core/versions/versions.js'
import { latest } from '../../../src/core/time.js'
import { MINIMUM_AGE, plans, run, sideOf, stagesOf, type Commit, type Step } from './history.js'
import { checkCommit, ends, LONGER } from './historyChecks.js'
import { ALL_RIGHTS, at, byManager, entry, labelling, move, put, signed, START } from './stagesKit.js'

const DAY = 24 * 60 * 60 * 1000
const X = put(noVersions, 'x', 0)
const BLUE = move(put(X, 'y', 1), 'blue', 'x', 2)

/** A secret with more versions than the pruning policy keeps, and the policy. */
const RULES = { ...ALL_RIGHTS, pruning: { keep: 3, minimumAgeMs: 10, quota: 99 }, now: START + 100 }
const merge = (base: Stages, ours: Side, theirs: Side): Merged =>
  mergeUnder(byManager(base), ours, theirs, RULES)

describe('a side whose signer does not hold manage', () => {
  const writer = (stages: Stages, ...earlier: Stages[]) =>
    signed(
      stages,
      false,
      earlier.map(state => ({ stages: state, manages: true }))
    )
  const both = (base: Stages, ours: Side, theirs: Side) => {
    const there = merge(base, ours, theirs)
    expect(merge(base, theirs, ours)).toEqual(there)
    return stagesOf(there)
  }

  it('cannot remove a label', () => {
    const gone = move(BLUE, 'blue', undefined, 5)
    expect(both(BLUE, signed(BLUE), writer(gone))).toEqual(BLUE)
    expect(both(BLUE, signed(put(BLUE, 'z', 4)), writer(gone)).labels.has('blue')).toBe(true)
    expect(both(BLUE, signed(BLUE), signed(gone)).labels.has('blue')).toBe(false)
  })

  it('brings the removal of a member with manage, if the state with it is given', () => {
    const gone = move(BLUE, 'blue', undefined, 5)
    const later = put(gone, 'z', 6)
    const ours = signed(put(BLUE, 'w', 4))
    expect(labelling(both(BLUE, ours, writer(later)))).toMatchObject({ AWSCURRENT: 'z', blue: 'x' })
    expect(both(BLUE, ours, writer(later, gone)).labels.has('blue')).toBe(false)
  })

  it('cannot forget a label', () => {
    const forgot: Stages = { ...put(X, 'y', 1), forgotten: at(50) }
    expect(both(BLUE, signed(BLUE), writer(forgot)).labels.get('blue')?.version).toBe('x')
    expect(both(BLUE, signed(BLUE), writer(forgot)).forgotten).toBeUndefined()
    expect(both(BLUE, signed(BLUE), signed(forgot)).labels.has('blue')).toBe(false)
  })

  it('does not make a merge that kept its label go back', () => {
    const gone: Stages = { ...move(BLUE, 'blue', undefined, 5), forgotten: at(5), pruned: at(-1) }
    const kept = both(BLUE, signed(put(BLUE, 'w', 4)), writer(gone))
    expect(kept.labels.get('blue')?.version).toBe('x')
    expect([true, false].map(manages => knows(kept, { stages: gone, manages }))).toEqual([false, true])
    const onward = mergeUnder(
      { stages: gone, manages: false },
      writer(put(gone, 'v', 6)),
      signed(kept),
      RULES
    )
    expect(labelling(stagesOf(onward))).toEqual({ AWSCURRENT: 'v', AWSPREVIOUS: 'w', blue: 'x' })
    // what such a signer has put or moved is still asked for
    expect(knows(BLUE, { stages: put(gone, 'v', 6), manages: false })).toBe(false)
  })

  it('keeps the removals, and the memory of them, that both sides have', () => {
    const gone: Stages = { ...move(BLUE, 'blue', undefined, 5), pruned: at(-5), forgotten: at(-9) }
    const [a, b] = [put(gone, 'a', 20), put(gone, 'b', 21)]
    const result = both(gone, writer(a), writer(b))
    expect([result.removed, result.pruned, result.forgotten]).toEqual([gone.removed, at(-5), at(-9)])
    expect(both(gone, writer(a), writer(a))).toEqual(a)
    const again = move(gone, 'blue', 'x', 30)
    expect(both(gone, writer(a), writer(again)).labels.get('blue')?.version).toBe('x')
  })

  it('removes AWSPENDING by a put that moves AWSCURRENT, and not otherwise', () => {
    const pending = move(X, 'AWSPENDING', 'x', 2)
    const next = put(pending, 'y', 5)
    expect(next.removed.get('AWSPENDING')).toBe(at(5))
    expect(both(pending, signed(pending), writer(next)).labels.has('AWSPENDING')).toBe(false)
    const gone = move(pending, 'AWSPENDING', undefined, 5)
    expect(both(pending, signed(pending), writer(gone)).labels.has('AWSPENDING')).toBe(true)
  })

  it('cannot remove AWSPREVIOUS', () => {
    const two = put(X, 'y', 1)
    const gone = move(two, 'AWSPREVIOUS', undefined, 5)
    expect(labelling(both(two, signed(two), writer(gone)))).toEqual({ AWSCURRENT: 'y', AWSPREVIOUS: 'x' })
  })

  it('prunes only what a put would have pruned', () => {
    const five = ['b', 'c', 'd', 'e'].reduce((state, id, index) => put(state, id, index + 1), X)
    const pruned = (tick: number) => writer(normalize({ ...five, pruned: at(tick) }))
    // x and b have no label, and three versions remain
    expect([...both(five, signed(five), pruned(1)).versions.keys()]).toEqual(['c', 'd', 'e'])
  })

  it('cannot prune if too few versions remain, or those that are young', () => {
    const five = ['b', 'c', 'd', 'e'].reduce((state, id, index) => put(state, id, 86 + index), X)
    const all = [...five.versions.keys()]
    // two would remain
    const few = writer(normalize({ ...five, pruned: at(88) }))
    expect([...both(five, signed(five), few).versions.keys()].sort()).toEqual(all.toSorted())
    // ten ticks ago was 90
    const young = put(put(put(five, 'f', 95), 'g', 96), 'h', 97)
    const eager = writer(normalize({ ...young, pruned: at(95) }))
    expect([...eager.tip.stages.versions.keys()]).toEqual(['g', 'h'])
    const three = writer({
      ...eager.tip.stages,
      versions: new Map(eager.tip.stages.versions).set('i', entry(at(98)))
    })
    expect([...both(young, signed(young), three).versions.keys()].sort()).toEqual(['f', 'g', 'h', 'i'])
  })
})

describe('a re-encrypted version', () => {
  const reseal = (writer: string, digest: string, first?: string): Stages => ({
    ...X,
    versions: new Map([
      ['x', { ...entry(at(0), digest), resealed: at(9), writer, ...(first === undefined ? {} : { first }) }]
    ])
  })
  const { digest } = X.versions.get('x')!
  const couldRead = ({ writer }: { writer: string }) => writer !== 'mallory'

  it('is the same value only if its writer could read it', () => {
    const [honest, planted] = [reseal('alice', 'new', digest), reseal('mallory', 'planted', digest)]
    const rules = { ...RULES, couldRead }
    expect(stagesOf(joinUnder(X, honest, couldRead)).versions.get('x')?.digest).toBe('new')
    for (const [a, b] of [
      [X, planted],
      [planted, X],
      [honest, planted]
    ] as const) {
      expect(joinUnder(a, b, couldRead)).toEqual({ conflict: 'two values', version: 'x' })
      expect(mergeUnder(byManager(noVersions), signed(a), signed(b), rules)).toEqual({
        conflict: 'two values',
        version: 'x'
      })
    }
    expect(stagesOf(joinUnder(planted, planted, couldRead))).toEqual(planted)
  })

  it('does not become it when another member re-encrypts the wrong one', () => {
    const planted = reseal('mallory', 'planted', digest)
    const again = { versionId: 'x', resealed: at(20), writer: 'alice', key: 'default', digest: 'again' }
    const laundered = resealVersion(planted, again, couldRead)
    expect(laundered.versions.get('x')?.first).toBe('planted')
    expect(joinUnder(X, laundered, couldRead)).toEqual({ conflict: 'two values', version: 'x' })
    const honest = resealVersion(reseal('alice', 'new', digest), again, couldRead)
    expect(honest.versions.get('x')?.first).toBe(digest)
  })
})

describe('a date ahead of the clock', () => {
  const ahead = (ms: number) => START + 100 + DAY + ms - START

  it.each([
    ['a move', (tick: number) => put(X, 'y', tick)],
    ['a removal', (tick: number) => move(BLUE, 'blue', undefined, tick)],
    ['pruned', (tick: number): Stages => ({ ...X, pruned: at(tick) })],
    ['forgotten', (tick: number): Stages => ({ ...X, forgotten: at(tick) })]
  ])('is a conflict on either side if it is over 24 hours: %s', (_, make) => {
    const [most, over] = [make(ahead(0)), make(ahead(1))]
    const conflict = { conflict: 'dated ahead', time: at(ahead(1)) }
    expect(merge(noVersions, signed(X), signed(over))).toEqual(conflict)
    expect(merge(noVersions, signed(over), signed(X))).toEqual(conflict)
    expect(merge(noVersions, signed(X), signed(most))).toHaveProperty('stages')
  })

  it('does not count in an earlier state, which has been repaired since', () => {
    const side = signed(BLUE, false, [{ stages: move(BLUE, 'blue', undefined, ahead(1)), manages: true }])
    expect(stagesOf(merge(BLUE, signed(BLUE), side)).labels.has('blue')).toBe(true)
  })
})

/** What a member without `manage` could sign with a program of their own, to delete. */
function forged(stages: Stages, what: number, tick: number): Stages {
  const [labels, removed] = [new Map<string, Label>(stages.labels), new Map(stages.removed)]
  for (const label of [...labels.keys()].filter(name => name !== 'AWSCURRENT')) {
    if (what & 1) labels.delete(label)
    if (what & 2) removed.set(label, at(tick))
  }
  const versions = new Map(
    [...stages.versions].filter(([id]) => !(what & 4) || labelsOf(stages, id).length > 0)
  )
  return normalize({
    labels,
    removed,
    versions,
    ...(what & 8 ? { pruned: at(tick) } : {}),
    ...(what & 16 ? { forgotten: at(tick) } : {})
  })
}

describe('histories of members with and without manage', () => {
  const commit = (commits: readonly Commit[], pick: number) => commits[pick % commits.length] as Commit
  const put = (clone: number, after = 0, ...labels: string[]): Step => ({
    ...{ kind: 'put', clone, after },
    labels: labels.length > 0 ? labels : undefined
  })
  const fetch = (clone: number, from: number): Step => ({ kind: 'fetch', clone, from, base: 0, after: 0 })

  it('join what counts of their states in any order', () => {
    const states = fc.tuple(plans(3, { roles: true }), fc.tuple(fc.nat(), fc.nat(), fc.nat()))
    fc.assert(
      fc.property(states, ([plan, picks]) => {
        const { commits } = run(plan)
        const [a, b, c] = picks.map(pick => counted(sideOf(commit(commits, pick), commits[0]!).tip, RULES))
        const join = (left: Stages, right: Stages) => stagesOf(joinUnder(left, right, RULES.couldRead))
        expect(join(a!, a!)).toEqual(a)
        expect(join(a!, b!)).toEqual(join(b!, a!))
        expect(join(join(a!, b!), c!)).toEqual(join(a!, join(b!, c!)))
      }),
      { numRuns: 1000 * LONGER }
    )
  })

  it('show the writes that each commit builds on', () => {
    fc.assert(
      fc.property(plans(3, { roles: true }), plan => {
        for (const one of run(plan).commits) checkCommit(one, MINIMUM_AGE)
      }),
      { numRuns: 1000 * LONGER }
    )
  })

  it('end with the same labels in every order, for any clocks and merge base', () => {
    fc.assert(
      fc.property(plans(3, { roles: true }), fc.nat({ max: 20 }), (plan, bases) => {
        const [end, ...others] = ends(run(plan).clones, bases)
        for (const other of others) expect(labelling(other)).toEqual(labelling(end!))
      }),
      { numRuns: 1000 * LONGER }
    )
  })

  it('do not go back by a merge that prunes less than a fast clock had', () => {
    const steps = [put(2), put(2, 0, 'AWSPENDING'), put(2, 0, 'AWSPREVIOUS'), put(2, 25, 'green')]
    steps.push(put(2, 2, 'AWSPREVIOUS'), fetch(0, 2), put(1), fetch(0, 1), put(0))
    const { clones, commits } = run({ manages: [false, false, false], skews: [0, 0, 500], steps })
    const [pruned, merged] = [commits.at(-4)!, commits.at(-2)!]
    expect([pruned.stages.pruned, merged.stages.pruned]).toEqual([at(502), at(2)])
    expect(knows(merged.stages, pruned)).toBe(true)
    const [end, ...others] = ends(clones, 0)
    for (const other of others) expect(labelling(other)).toEqual(labelling(end!))
  })

  it('release an old version if another one was current last', () => {
    const steps = [put(2, 0, 'green'), put(2, 0, 'green'), put(0), put(2), put(2, 0, 'AWSPREVIOUS')]
    const { commits } = run({
      manages: [false, false, false],
      skews: [0, 0, 0],
      steps: [...steps, put(2, 26, 'blue')]
    })
    const [theirs, ours] = [commits[3]!, commits.at(-1)!]
    expect(ours.stages.pruned).toBe(at(1))
    expect(ours.stages.labels.get('AWSCURRENT')?.before?.version).toBe('v0')
    const merged = merge(commits[0]!.stages, signed(ours.stages), signed(theirs.stages, false))
    expect([...stagesOf(merged).versions.keys()].sort()).toEqual(['v2', 'v3', 'v4', 'v5', 'v6'])
  })

  it('lose no label and no young version to a forged deletion', () => {
    const numbers = fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat({ max: 31 }), fc.nat({ max: 600 }))
    let merged = 0
    fc.assert(
      fc.property(plans(3, { roles: true }), numbers, (plan, [x, y, z, what, tick]) => {
        const { commits } = run(plan)
        const [base, mine, source] = [commit(commits, x), commit(commits, y), commit(commits, z)]
        const ours = signed(mine.stages)
        const rules = { ...RULES, now: START + 600 }
        const theirs = signed(forged(source.stages, what, tick), false)
        const result = mergeUnder(base, ours, theirs, rules)
        if ('conflict' in result) return
        merged++
        const { labels, versions } = result.stages
        // A put removes AWSPENDING by itself, and AWSPREVIOUS follows AWSCURRENT.
        for (const label of mine.stages.labels.keys())
          if (!['AWSPENDING', 'AWSPREVIOUS'].includes(label))
            expect([label, labels.has(label)]).toEqual([label, true])
        const isEnough = theirs.tip.stages.versions.size >= rules.pruning.keep
        const youngest = isEnough ? at(600 - rules.pruning.minimumAgeMs) : ''
        // Ours may have pruned up to a date before, and held an older version only by a label that theirs moved on.
        const oldest = latest(mine.stages.pruned, youngest) ?? ''
        for (const [id, one] of mine.stages.versions)
          if (writtenAt(one) > oldest) expect([id, versions.has(id)]).toEqual([id, true])
      }),
      { numRuns: 2000 * LONGER }
    )
    expect(merged).toBeGreaterThan(200)
  })
})
