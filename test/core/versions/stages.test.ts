import { describe, expect, it } from 'vitest'
import {
  noVersions,
  latestStamp,
  hasNoValue,
  labelsOf,
  normalize,
  stagesByVersion,
  stamp,
  writtenAt,
  type Label,
  type Stages
} from '../../../src/core/versions/stages.js'
import { at, entry, START } from './stagesKit.js'

const current: Label = { version: 'v2', moved: at(20), before: { version: 'v1', moved: at(10) } }
const versions = new Map([
  ['v1', entry(at(10))],
  ['v2', entry(at(20))],
  ['v3', entry(at(15))]
])

function state(labels: Record<string, Label>, rest: Partial<Stages> = {}): Stages {
  return { ...noVersions, versions, labels: new Map(Object.entries(labels)), ...rest }
}

describe('the labels of a version', () => {
  const strange = state({
    b: { version: 'v1', moved: at(1) },
    a: { version: 'v1', moved: at(2) },
    AWSCURRENT: current
  })
  const stages: Stages = {
    ...strange,
    labels: new Map([...strange.labels, ['__proto__', { version: 'v2', moved: at(3) }]])
  }

  it('are sorted', () => {
    expect(labelsOf(stages, 'v1')).toEqual(['a', 'b'])
    expect(labelsOf(stages, 'v2')).toEqual(['AWSCURRENT', '__proto__'])
    expect(labelsOf(stages, 'v3')).toEqual([])
    expect(labelsOf(stages, 'constructor')).toEqual([])
  })

  it('are listed for versions that have any', () => {
    expect(stagesByVersion(stages)).toEqual(
      new Map([
        ['v1', ['a', 'b']],
        ['v2', ['AWSCURRENT', '__proto__']]
      ])
    )
  })
})

describe('a stamp', () => {
  it('is the clock’s, or the millisecond after the latest seen', () => {
    expect(stamp(START + 5)).toBe(at(5))
    expect(stamp(START + 5, undefined, at(4), at(1))).toBe(at(5))
    expect(stamp(START + 5, at(1), at(5))).toBe(at(6))
    expect(stamp(START + 5, at(900), at(1))).toBe(at(901))
  })

  it('comes after every move, removal and forgotten removal', () => {
    expect(latestStamp(noVersions)).toBeUndefined()
    const stages = state({ AWSCURRENT: current, a: { version: 'v1', moved: at(21) } })
    expect(latestStamp(stages)).toBe(at(21))
    expect(latestStamp({ ...stages, removed: new Map([['b', at(22)]]) })).toBe(at(22))
    expect(latestStamp({ ...stages, forgotten: at(23) })).toBe(at(23))
    expect(latestStamp({ ...stages, pruned: at(99) })).toBe(at(21))
  })
})

describe('a version', () => {
  it('was written when it was last encrypted', () => {
    expect(writtenAt(entry(at(1)))).toBe(at(1))
    expect(writtenAt({ ...entry(at(1)), resealed: at(2) })).toBe(at(2))
  })

  it('has no value without a digest', () => {
    expect(hasNoValue(entry(at(1)))).toBe(false)
    expect(hasNoValue(entry(at(1), ''))).toBe(true)
  })
})

describe('a normal state', () => {
  const previous = (stages: Stages): Label | undefined => normalize(stages).labels.get('AWSPREVIOUS')

  it('has AWSPREVIOUS on the version AWSCURRENT was on before', () => {
    const followed = { version: 'v1', moved: at(20) }
    expect(previous(state({ AWSCURRENT: current }))).toEqual(followed)
    expect(previous(state({ AWSCURRENT: current, AWSPREVIOUS: { version: 'v3', moved: at(20) } }))).toEqual(
      followed
    )
    const stale = normalize(state({ AWSCURRENT: current }, { removed: new Map([['AWSPREVIOUS', at(20)]]) }))
    expect(stale.labels.get('AWSPREVIOUS')).toEqual(followed)
    expect(stale.removed.size).toBe(0)
  })

  it('has no AWSPREVIOUS if AWSCURRENT never moved', () => {
    const first = { version: 'v1', moved: at(20) }
    expect(previous(state({ AWSCURRENT: first }))).toBeUndefined()
    expect(
      previous(state({ AWSCURRENT: first, AWSPREVIOUS: { version: 'v3', moved: at(19) } }))
    ).toBeUndefined()
  })

  it('keeps AWSPREVIOUS as set or removed by hand since', () => {
    const set = { version: 'v3', moved: at(21) }
    expect(previous(state({ AWSCURRENT: current, AWSPREVIOUS: set }))).toEqual(set)
    const taken = normalize(state({ AWSCURRENT: current }, { removed: new Map([['AWSPREVIOUS', at(21)]]) }))
    expect(taken.labels.has('AWSPREVIOUS')).toBe(false)
    expect(taken.removed.get('AWSPREVIOUS')).toBe(at(21))
    const alone = state({ AWSPREVIOUS: set })
    expect(normalize(alone)).toEqual(alone)
  })

  it('has each label once: on a version or removed, whichever came later', () => {
    const both = (moved: number, taken: number): Stages =>
      normalize(
        state({ blue: { version: 'v1', moved: at(moved) } }, { removed: new Map([['blue', at(taken)]]) })
      )
    expect(both(5, 5)).toEqual(state({ blue: { version: 'v1', moved: at(5) } }))
    expect(both(5, 6)).toEqual(state({}, { removed: new Map([['blue', at(6)]]) }))
  })

  it('has no forgotten removal, except of AWSPREVIOUS', () => {
    const removed = new Map([
      ['blue', at(30)],
      ['green', at(29)],
      ['AWSPREVIOUS', at(30)]
    ])
    const stages = normalize(state({ AWSCURRENT: current }, { removed, forgotten: at(30) }))
    expect([...stages.removed.keys()]).toEqual(['green', 'AWSPREVIOUS'])
    expect(stages.forgotten).toBe(at(30))
  })

  it('has no pruned version, unless it has a label or AWSCURRENT was on it before', () => {
    const kept = (labels: Record<string, Label>, pruned: number): string[] => [
      ...normalize(
        state(labels, { pruned: at(pruned), removed: new Map([['AWSPREVIOUS', at(50)]]) })
      ).versions.keys()
    ]
    expect(kept({ AWSCURRENT: current }, 14)).toEqual(['v1', 'v2', 'v3'])
    expect(kept({ AWSCURRENT: current }, 15)).toEqual(['v1', 'v2'])
    expect(kept({ AWSCURRENT: current, blue: { version: 'v3', moved: at(1) } }, 99)).toEqual([
      'v1',
      'v2',
      'v3'
    ])
  })

  it('does not change if normalised again', () => {
    const stages = state(
      { AWSCURRENT: current, blue: { version: 'v3', moved: at(40) } },
      { removed: new Map([['green', at(31)]]), pruned: at(16), forgotten: at(30) }
    )
    expect(normalize(normalize(stages))).toEqual(normalize(stages))
  })
})
