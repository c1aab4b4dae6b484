import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSameState, since } from '../../../src/core/versions/merge.js'
import { prune } from '../../../src/core/versions/pruning.js'
import {
  noVersions,
  labelsOf,
  normalize,
  type Label,
  type Stages
} from '../../../src/core/versions/stages.js'
import { MINIMUM_AGE, plans, run, stagesOf, type Commit } from './history.js'
import { checkCommit, ends, LONGER, ORDERS } from './historyChecks.js'
import { at, entry, join, knows, labelling, merge, move, put, resealVersion, START } from './stagesKit.js'

/** Merges three clones of `base` in every order, expects that they agree, and returns the result. */
function agree(base: Stages, ...clones: [Stages, Stages, Stages]): Stages {
  const results = ORDERS.map(([a, b, c]) => {
    const first = stagesOf(merge(base, clones[a], clones[b]))
    return stagesOf(merge(base, first, clones[c]))
  })
  for (const result of results) expect(result).toEqual(results[0])
  expect(results[0]).toEqual(stagesOf(join(stagesOf(join(clones[0], clones[1])), clones[2])))
  return results[0] as Stages
}

const X = put(noVersions, 'x', 0)

describe('clones that wrote independently', () => {
  it('agree on AWSPREVIOUS in any order', () => {
    const result = agree(X, put(X, 'v3', 12), put(X, 'v1', 11), put(X, 'v2', 12))
    expect(labelling(result)).toEqual({ AWSCURRENT: 'v3', AWSPREVIOUS: 'v2' })
  })

  it('have as AWSPREVIOUS the version that was current last, not the other side’s', () => {
    const theirs = put(X, 'c', 5)
    const ours = put(put(X, 'a', 9), 'b', 10)
    expect(labelling(agree(X, ours, theirs, X))).toEqual({ AWSCURRENT: 'b', AWSPREVIOUS: 'a' })
  })

  it('may both finish a rotation, or roll back', () => {
    const rotating = put(X, 'new', 5, ['AWSPENDING'])
    const [early, late] = [move(rotating, 'AWSCURRENT', 'new', 10), move(rotating, 'AWSCURRENT', 'new', 12)]
    const result = agree(rotating, early, late, rotating)
    expect(labelling(result)).toEqual({ AWSCURRENT: 'new', AWSPREVIOUS: 'x', AWSPENDING: 'new' })
    const y = put(X, 'y', 5)
    const back = agree(y, move(y, 'AWSCURRENT', 'x', 10), move(y, 'AWSCURRENT', 'x', 12), y)
    expect(labelling(back)).toEqual({ AWSCURRENT: 'x', AWSPREVIOUS: 'y' })
  })

  it('write after what they have seen, even with a slow clock', () => {
    const a = put(X, 'v2', 16)
    const b = put(a, 'v3', -13)
    const c = put(X, 'v1', 13)
    expect(b.labels.get('AWSCURRENT')?.moved).toBe(at(17))
    expect(labelling(agree(X, a, b, c))).toEqual({ AWSCURRENT: 'v3', AWSPREVIOUS: 'v2' })
  })

  it('keep the later of a removal and a move', () => {
    const base = move(put(X, 'y', 1), 'blue', 'x', 2)
    const gone = move(base, 'blue', undefined, 10)
    expect(agree(base, gone, move(base, 'blue', 'y', 9), base).labels.has('blue')).toBe(false)
    expect(agree(base, gone, move(base, 'blue', 'y', 11), base).labels.get('blue')?.version).toBe('y')
    expect(agree(base, gone, move(base, 'blue', 'y', 10), base).labels.get('blue')?.version).toBe('y')
  })

  it('keep a pruned version only while it has a label', () => {
    const base = put(put(X, 'y', 1), 'z', 2)
    const a = move(base, 'blue', 'x', 10)
    const b = prune(base, { now: START + 99, keep: 2, minimumAgeMs: 1, quota: 9 }).stages
    expect([...b.versions.keys()]).toEqual(['y', 'z'])
    expect([...agree(base, a, b, base).versions.keys()].sort()).toEqual(['x', 'y', 'z'])
    const c = move(stagesOf(merge(base, b, a)), 'blue', 'y', 11)
    const result = agree(base, a, b, c)
    expect([...result.versions.keys()].sort()).toEqual(['y', 'z'])
    expect(labelsOf(result, 'y')).toEqual(['AWSPREVIOUS', 'blue'])
  })

  it('may have more than twenty labels together, and none is dropped', () => {
    const nineteen = put(
      X,
      'y',
      1,
      Array.from({ length: 17 }, (_, index) => `label ${index}`)
    )
    const full = put(nineteen, 'z', 2)
    expect(full.labels.size).toBe(19)
    const result = agree(
      full,
      move(full, 'one', 'x', 3),
      move(full, 'two', 'x', 3),
      move(full, 'three', 'x', 3)
    )
    expect(result.labels.size).toBe(22)
    expect(() => move(result, 'four', 'x', 4)).toThrow(
      expect.objectContaining({ code: 'LimitExceededException' })
    )
    expect(move(result, 'one', undefined, 4).labels.size).toBe(21)
  })

  it('set AWSPREVIOUS by hand until AWSCURRENT moves', () => {
    const base = put(put(X, 'y', 1), 'z', 2)
    const set = move(base, 'AWSPREVIOUS', 'x', 10)
    expect(labelling(agree(base, set, base, base))).toEqual({ AWSCURRENT: 'z', AWSPREVIOUS: 'x' })
    expect(labelling(agree(base, set, put(base, 'w', 9), base))).toEqual({
      AWSCURRENT: 'w',
      AWSPREVIOUS: 'x'
    })
    expect(labelling(agree(base, set, put(base, 'w', 11), base))).toEqual({
      AWSCURRENT: 'w',
      AWSPREVIOUS: 'z'
    })
    const gone = move(base, 'AWSPREVIOUS', undefined, 12)
    expect(labelling(agree(base, set, gone, base))).toEqual({ AWSCURRENT: 'z' })
  })

  it('lose a forgotten label', () => {
    const blue = move(put(X, 'y', 1), 'blue', 'x', 2)
    const forgot: Stages = { ...move(blue, 'green', 'x', 3), labels: put(X, 'y', 1).labels, forgotten: at(5) }
    expect(stagesOf(join(blue, forgot)).labels.has('blue')).toBe(false)
    expect(stagesOf(join(move(blue, 'blue', 'y', 6), forgot)).labels.has('blue')).toBe(true)
  })

  it('keep a removal that is older than what another has forgotten', () => {
    const blue = move(put(X, 'y', 1), 'blue', 'x', 2)
    const gone = move(blue, 'blue', undefined, 3)
    const moved = move(blue, 'blue', 'y', 4)
    const forgot: Stages = { ...blue, forgotten: at(5) }
    const both = stagesOf(join(gone, forgot))
    expect(both.removed).toEqual(new Map([['blue', at(3)]]))
    expect(normalize(both)).toEqual(both)
    for (const [a, b, c] of ORDERS.map(order => order.map(index => [gone, moved, forgot][index] as Stages))) {
      const all = stagesOf(join(stagesOf(join(a!, b!)), c!))
      expect(all.labels.get('blue')?.version).toBe('y')
    }
  })
})

describe('a version on both sides', () => {
  const one = (digest: string, rest: object = {}): Stages =>
    normalize({
      ...noVersions,
      labels: new Map([['AWSCURRENT', { version: 'v', moved: at(1) }]]),
      versions: new Map([['v', { ...entry(at(1), digest), ...rest }]])
    })
  const joined = (a: Stages, b: Stages): unknown => {
    const [there, back] = [join(a, b), join(b, a)]
    expect(there).toEqual(back)
    return 'stages' in there ? there.stages.versions.get('v') : there
  }

  it('must have the same value', () => {
    expect(joined(one('a'), one('b'))).toEqual({ conflict: 'two values', version: 'v' })
    expect(merge(X, one('a'), one('b'))).toEqual({ conflict: 'goes back' })
    expect(merge(noVersions, one('a'), one('b'))).toEqual({ conflict: 'two values', version: 'v' })
  })

  it('may be noVersions on one', () => {
    expect(joined(one('a'), one('', { created: at(9) }))).toEqual(entry(at(1), 'a'))
    expect(joined(one(''), one('', { created: at(9) }))).toEqual(entry(at(9), ''))
  })

  it('has the later of two ciphertexts of the value', () => {
    const first = one('a')
    const second = one('b', { resealed: at(2), first: 'a', key: 'prod' })
    const third = one('c', { resealed: at(3), first: 'a' })
    expect(joined(first, second)).toMatchObject({ digest: 'b', key: 'prod' })
    expect(joined(third, second)).toMatchObject({ digest: 'c' })
    expect(joined(one('c', { resealed: at(2), first: 'a' }), second)).toMatchObject({ digest: 'c' })
    expect(joined(second, one('d', { resealed: at(3), first: 'other' }))).toMatchObject({
      conflict: 'two values'
    })
  })

  it.each([{ key: 'z' }, { writer: 'z' }, { resealed: at(1) }, { first: 'a' }])(
    'is the same in either order, even if only %j differs',
    difference => {
      expect(joined(one('a'), one('a', difference))).toEqual({ ...entry(at(1), 'a'), ...difference })
    }
  )

  it('is the same in either order if only the creation differs', () => {
    const resealed = { resealed: at(9), first: 'a' }
    expect(joined(one('b', resealed), one('b', { ...resealed, created: at(2) }))).toMatchObject({
      created: at(2)
    })
  })
})

describe('a side that goes back', () => {
  const old = move(put(put(X, 'y', 5), 'z', 6), 'green', 'x', 7)
  const ancestor = prune(put(old, 'w', 20), { now: START + 99, keep: 4, minimumAgeMs: 1, quota: 9 }).stages

  it('is a conflict, so that nobody signs a pushed rollback', () => {
    const ours = move(ancestor, 'blue', 'w', 30)
    expect(merge(ancestor, ours, old)).toEqual({ conflict: 'goes back' })
  })

  it('lacks something that the base has', () => {
    expect(knows(noVersions, noVersions)).toBe(true)
    expect(knows(ancestor, ancestor)).toBe(true)
    expect(knows(ancestor, old)).toBe(true)
    expect(knows(ancestor, noVersions)).toBe(true)
    expect(knows(noVersions, ancestor)).toBe(false)
    const undone: Record<string, Stages> = {
      'a move of AWSCURRENT': { ...ancestor, labels: old.labels },
      'a move before it': {
        ...ancestor,
        labels: new Map<string, Label>([...ancestor.labels, ['AWSCURRENT', { version: 'w', moved: at(20) }]])
      },
      'a label': {
        ...ancestor,
        labels: new Map([...ancestor.labels].filter(([label]) => label !== 'green'))
      },
      'a move of a label': {
        ...ancestor,
        labels: new Map<string, Label>([...ancestor.labels, ['green', { version: 'x', moved: at(6) }]])
      },
      'a version': { ...ancestor, versions: new Map([...ancestor.versions].filter(([id]) => id !== 'y')) }
    }
    for (const [what, state] of Object.entries(undone))
      expect([what, knows(state, ancestor)]).toEqual([what, false])
  })

  it('lacks a removal, or the memory of pruning or forgetting', () => {
    const gone = move(ancestor, 'green', undefined, 40)
    expect(knows(ancestor, gone)).toBe(false)
    expect(knows({ ...gone, removed: new Map([['green', at(39)]]) }, gone)).toBe(false)
    expect(knows({ ...gone, removed: new Map(), forgotten: at(40) }, gone)).toBe(true)
    expect(knows(move(gone, 'green', 'y', 41), gone)).toBe(true)
    for (const mark of ['pruned', 'forgotten'] as const) {
      const marked: Stages = { ...ancestor, [mark]: at(3) }
      expect(knows(ancestor, marked)).toBe(false)
      expect(knows({ ...marked, [mark]: at(2) }, marked)).toBe(false)
      expect(knows({ ...marked, [mark]: at(4) }, marked)).toBe(true)
    }
  })

  it('has pruned what it lacks', () => {
    const without = { ...ancestor, versions: new Map([...ancestor.versions].filter(([id]) => id !== 'y')) }
    expect(knows({ ...without, pruned: at(5) }, ancestor)).toBe(true)
    expect(knows({ ...without, pruned: at(4) }, ancestor)).toBe(false)
  })

  it('may have moved AWSCURRENT over a hand-set AWSPREVIOUS', () => {
    const set = move(ancestor, 'AWSPREVIOUS', 'x', 30)
    expect(knows(ancestor, set)).toBe(false)
    expect(knows(put(ancestor, 'v', 29), set)).toBe(false)
    expect(knows(put(ancestor, 'v', 30), set)).toBe(true)
    expect(knows(move(set, 'AWSPREVIOUS', undefined, 31), set)).toBe(true)
  })
})

describe('the part that a side added', () => {
  it('has nothing of the base', () => {
    const base = move(put(X, 'y', 1), 'blue', 'x', 2)
    const theirs = move(put(base, 'z', 10, ['green']), 'red', 'x', 11)
    const added = since(base, theirs)
    expect(labelling(added)).toEqual({ green: 'z', red: 'x' })
    expect([...added.versions.keys()]).toEqual(['x', 'z'])
    expect(since(base, base)).toEqual(noVersions)
  })

  it('has the versions that AWSCURRENT came from', () => {
    const base = put(put(X, 'y', 1), 'z', 2, ['green'])
    const theirs = move(base, 'AWSCURRENT', 'z', 10)
    expect(since(base, theirs).labels.get('AWSCURRENT')).toEqual({ version: 'z', moved: at(10) })
    expect([...since(X, theirs).versions.keys()]).toEqual(['y', 'z'])
    expect([...since(base, theirs).versions.keys()]).toEqual(['z'])
  })

  it('has labels that forgetting would otherwise remove', () => {
    const base = move(put(X, 'y', 1), 'blue', 'x', 2)
    const theirs: Stages = { ...base, forgotten: at(3) }
    expect(labelling(since(base, theirs))).toEqual({ blue: 'x' })
    expect(stagesOf(merge(base, base, theirs)).labels.get('blue')?.version).toBe('x')
    expect(labelling(since(base, { ...base, forgotten: at(1) }))).toEqual({})
    const gone = move(base, 'blue', undefined, 5)
    expect(since(base, gone).removed).toEqual(new Map([['blue', at(5)]]))
    expect(since(gone, gone).removed).toEqual(new Map())
  })

  it('is everything if ours has nothing', () => {
    const base = put(X, 'y', 1)
    expect(stagesOf(merge(base, noVersions, base))).toEqual(base)
    expect([...stagesOf(join(noVersions, noVersions)).labels.keys()]).toEqual([])
  })
})

describe('equality', () => {
  const full: Stages = {
    ...move(put(X, 'y', 1), 'blue', 'x', 2),
    removed: new Map([['red', at(1)]]),
    pruned: at(-1)
  }

  it('compares all parts', () => {
    expect(isSameState(full, { ...full, labels: new Map([...full.labels].toReversed()) })).toBe(true)
    const others: Stages[] = [
      { ...full, pruned: at(-2) },
      { ...full, forgotten: at(-2) },
      { ...full, removed: new Map() },
      { ...full, removed: new Map([['red', at(2)]]) },
      { ...full, removed: new Map([['green', at(1)]]) },
      move(full, 'blue', 'y', 9),
      { ...full, versions: X.versions },
      resealVersion(full, { versionId: 'x', resealed: at(9), writer: 'b', key: 'k', digest: 'd' }),
      {
        ...full,
        labels: new Map<string, Label>([...full.labels, ['AWSCURRENT', { version: 'y', moved: at(1) }]])
      },
      {
        ...full,
        labels: new Map<string, Label>([
          ...full.labels,
          ['AWSCURRENT', { version: 'y', moved: at(1), before: { version: 'x', moved: at(9) } }]
        ])
      },
      { ...full, labels: new Map<string, Label>([...full.labels, ['blue', { version: 'x', moved: at(9) }]]) }
    ]
    for (const other of others) expect(isSameState(full, other)).toBe(false)
  })
})

describe('join', () => {
  const outcome = plans(4).map(plan => run(plan).clones.map(({ stages }) => stages))

  it('is commutative, associative and idempotent', () => {
    fc.assert(
      fc.property(outcome, ([a, b, c]) => {
        if (a === undefined || b === undefined || c === undefined) return
        expect(stagesOf(join(a, a))).toEqual(a)
        expect(stagesOf(join(a, b))).toEqual(stagesOf(join(b, a)))
        const [left, right] = [join(stagesOf(join(a, b)), c), join(a, stagesOf(join(b, c)))]
        expect(stagesOf(left)).toEqual(stagesOf(right))
      }),
      { numRuns: 2000 * LONGER }
    )
  })

  // Not with re-encryption: if one clone prunes a version while others label and re-encrypt it, the older
  // ciphertext of the same value may be the one that stays (FORMAT.md, "Merging"). The values agree; that is
  // tested below.
  it('knows every write', () => {
    fc.assert(
      fc.property(plans(2), plan => {
        for (const { stages, ancestors } of run(plan).commits) {
          for (const { stages: earlier } of ancestors) {
            expect(stagesOf(join(earlier, stages))).toEqual(stages)
            expect(knows(stages, earlier)).toBe(true)
          }
        }
      }),
      { numRuns: 300 * LONGER }
    )
  })

  it('is an upper bound for a merge over any base', () => {
    const pick = fc.tuple(fc.nat(), fc.nat(), fc.nat())
    fc.assert(
      fc.property(plans(3), fc.array(pick, { minLength: 5, maxLength: 5 }), (plan, picks) => {
        const { commits } = run(plan)
        for (const [x, y, z] of picks) {
          const [base, ours, theirs] = [x, y, z].map(
            index => (commits[index % commits.length] as Commit).stages
          )
          if (base === undefined || ours === undefined || theirs === undefined) return
          const merged = merge(base, ours, theirs)
          if ('conflict' in merged) continue
          const all = stagesOf(join(ours, theirs))
          expect(stagesOf(join(ours, merged.stages))).toEqual(merged.stages)
          expect(stagesOf(join(merged.stages, all))).toEqual(all)
        }
      }),
      { numRuns: 1000 * LONGER }
    )
  })
})

describe('histories of several clones', () => {
  it('end the same in every order, for any clocks and merge base', () => {
    fc.assert(
      fc.property(plans(3), fc.nat({ max: 20 }), (plan, bases) => {
        const { clones } = run(plan)
        const [end, ...others] = ends(clones, bases)
        for (const other of others) expect(other).toEqual(end)
        const joined = clones.map(({ stages }) => stages).reduce((a, b) => stagesOf(join(a, b)))
        expect(end).toEqual(joined)
      }),
      { numRuns: 3000 * LONGER }
    )
  })

  it('show the writes that each commit builds on', () => {
    fc.assert(
      fc.property(plans(3), plan => {
        for (const commit of run(plan).commits) checkCommit(commit, MINIMUM_AGE)
      }),
      { numRuns: 2000 * LONGER }
    )
  })

  it('never lose a young version if the clocks agree', () => {
    fc.assert(
      fc.property(plans(3, { skew: 3 }), plan => {
        for (const commit of run(plan).commits) checkCommit(commit, 6)
      }),
      { numRuns: 1000 * LONGER }
    )
  })

  it('end with one value for each version, even if versions were re-encrypted', () => {
    fc.assert(
      fc.property(plans(3, { reseals: true }), fc.nat({ max: 20 }), (plan, bases) => {
        const { clones } = run(plan)
        // If one clone prunes a version, one labels it and one re-encrypts it, the remaining ciphertext may
        // depend on the order. Its value is the same.
        const values = ends(clones, bases).map(end => ({
          ...end,
          versions: new Map([...end.versions].map(([id, { first, digest }]) => [id, first ?? digest]))
        }))
        for (const other of values) expect(other).toEqual(values[0])
      }),
      { numRuns: 1000 * LONGER }
    )
  })
})
