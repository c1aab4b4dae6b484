import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { forget, prune, PRUNING, REMOVALS } from '../../../src/core/versions/pruning.js'
import { noVersions, labelsOf, type Stages } from '../../../src/core/versions/stages.js'
import { resealVersion } from '../../../src/core/versions/versions.js'
import { at, move, put, START } from './stagesKit.js'

const DAY = 24 * 60 * 60 * 1000

/** A number of puts, a millisecond apart. */
function puts(count: number, first = 0, from: Stages = noVersions): Stages {
  let stages = from
  for (let tick = first; tick < first + count; tick++) stages = put(stages, `v${tick}`, tick)
  return stages
}

function pruned(stages: Stages, tick: number, policy = PRUNING): { stages: Stages; pruned: string[] } {
  return prune(stages, { ...policy, now: START + tick })
}

describe('pruning', () => {
  it('prunes a hundred and one old versions and a new one to a hundred', () => {
    const next = pruned(put(puts(101), 'new', DAY + 200), DAY + 200)
    expect(next.pruned).toEqual(['v0', 'v1'])
    expect(next.stages.versions.size).toBe(100)
    expect(next.stages.pruned).toBe(at(1))
    expect(next.stages.labels).toEqual(put(puts(101), 'new', DAY + 200).labels)
  })

  it('keeps a hundred', () => {
    const stages = puts(100)
    const next = pruned(stages, 9 * DAY)
    expect(next.stages).toBe(stages)
    expect(next.pruned).toEqual([])
  })

  it('keeps versions younger than 24 hours', () => {
    const stages = puts(149)
    expect(pruned(stages, 500)).toEqual({ stages, pruned: [] })
    expect(pruned(stages, DAY - 1).pruned).toEqual([])
    expect(pruned(stages, DAY).pruned).toEqual(['v0'])
    expect(pruned(stages, DAY + 1).pruned).toEqual(['v0', 'v1'])
    expect(pruned(stages, -DAY).pruned).toEqual([])
  })

  it('takes a re-encrypted version as young as its new ciphertext', () => {
    const reseal = { versionId: 'v0', resealed: at(DAY), writer: 'alice', key: 'prod', digest: 'second' }
    const stages = resealVersion(puts(101), reseal)
    expect(pruned(stages, DAY + 200).pruned).toEqual(['v1'])
    expect(
      pruned(puts(150, 101, stages), 2 * DAY - 1, { ...PRUNING, quota: 300 }).stages.versions.has('v0')
    ).toBe(true)
  })

  it('keeps labelled versions, and the one AWSCURRENT was on before', () => {
    let stages = move(puts(110), 'blue', 'v0', 200)
    stages = move(stages, 'AWSPREVIOUS', undefined, 201)
    expect(labelsOf(stages, 'v108')).toEqual([])
    const next = pruned(stages, 9 * DAY, { keep: 1, minimumAgeMs: DAY, quota: 150 })
    expect([...next.stages.versions.keys()]).toEqual(['v0', 'v108', 'v109'])
    expect(next.stages.pruned).toBe(at(107))
    expect(next.pruned).toHaveLength(107)
    expect(next.pruned[0]).toBe('v1')
  })

  it('remembers the date of the latest pruned version', () => {
    const { stages } = pruned(put(puts(101), 'new', DAY + 200), DAY + 200)
    const again = pruned(put(stages, 'newer', DAY + 300), DAY + 300)
    expect(again.stages.pruned).toBe(at(2))
    expect(pruned({ ...stages, pruned: at(1) }, 9 * DAY).stages.pruned).toBe(at(1))
  })

  it('prunes versions of one millisecond together', () => {
    const twins = puts(3)
    const versions = new Map([...twins.versions, ['twin', { ...twins.versions.get('v0')!, digest: 'twin' }]])
    const next = pruned({ ...twins, versions }, DAY, { keep: 3, minimumAgeMs: DAY, quota: 5 })
    expect(next.pruned).toEqual(['twin', 'v0'])
  })

  it('refuses to exceed the quota', () => {
    expect(pruned(puts(150), 500).stages.versions.size).toBe(150)
    expect(() => pruned(puts(151), 500)).toThrow(
      expect.objectContaining({
        code: 'LimitExceededException',
        message:
          "You can't have more than 150 versions of a secret. " +
          'Versions without staging labels are removed once they are old enough; try again later.'
      })
    )
    expect(pruned(puts(151), DAY).stages.versions.size).toBe(150)
  })

  it('follows its rules for any versions', () => {
    const version = fc.record({
      tick: fc.integer({ min: 0, max: 60 }),
      label: fc.option(fc.constantFrom('a', 'b', 'c'))
    })
    const policy = fc.record({ keep: fc.integer({ min: 1, max: 8 }), minimumAgeMs: fc.nat({ max: 40 }) })
    fc.assert(
      fc.property(
        fc.array(version, { minLength: 1, maxLength: 14 }),
        policy,
        fc.nat({ max: 99 }),
        (all, { keep, minimumAgeMs }, now) => {
          let stages = noVersions
          for (const [index, { tick, label }] of all.entries()) {
            stages = put(stages, `v${index}`, tick, ['AWSCURRENT', ...(label === null ? [] : [label])])
          }
          const next = prune(stages, { now: START + now, keep, minimumAgeMs, quota: 99 })
          const gone = stages.versions.size - next.stages.versions.size
          expect(next.pruned).toHaveLength(gone)
          expect(next.stages.labels).toEqual(stages.labels)
          expect(next.stages.versions.size).toBeGreaterThanOrEqual(Math.min(keep, all.length))

          const isOld = (id: string): boolean =>
            START + now - Date.parse(stages.versions.get(id)?.created ?? '') >= minimumAgeMs
          const isFree = (id: string): boolean =>
            labelsOf(stages, id).length === 0 && stages.labels.get('AWSCURRENT')?.before?.version !== id
          for (const id of next.pruned)
            expect(isOld(id) && isFree(id) && !next.stages.versions.has(id)).toBe(true)
          for (const [id, { created }] of next.stages.versions) {
            // Oldest first: remaining candidates are younger than all pruned ones, and none is left beyond
            // the limit.
            if (!isFree(id)) continue
            if (next.stages.pruned !== undefined) expect(created > next.stages.pruned).toBe(true)
            if (isOld(id)) expect(next.stages.versions.size).toBeLessThanOrEqual(keep)
          }
          expect(prune(next.stages, { now: START + now, keep, minimumAgeMs, quota: 99 }).pruned).toEqual([])
        }
      ),
      { numRuns: 1000 }
    )
  })
})

describe('forgetting removals', () => {
  const removals = (count: number): Stages => ({
    ...puts(3),
    removed: new Map(Array.from({ length: count }, (_, index) => [`label ${index}`, at(100 + index)]))
  })

  it('starts after ninety days', () => {
    const stages = removals(3)
    expect(forget(stages, START + 100 + 90 * DAY)).toBe(stages)
    const next = forget(stages, START + 101 + 90 * DAY)
    expect([...next.removed.keys()]).toEqual(['label 1', 'label 2'])
    expect(next.forgotten).toBe(at(100))
    expect(forget(next, START + 999 * DAY)).toMatchObject({ removed: new Map(), forgotten: at(102) })
  })

  it('keeps a hundred', () => {
    const stages = removals(100)
    expect(forget(stages, START)).toBe(stages)
    const next = forget(removals(103), START)
    expect(next.removed.size).toBe(100)
    expect(next.removed.has('label 2')).toBe(false)
    expect(next.removed.has('label 3')).toBe(true)
    expect(next.forgotten).toBe(at(102))
  })

  it('forgets removals of one moment together, and never moves its mark back', () => {
    const removed = new Map([
      ['a', at(5)],
      ['b', at(5)],
      ['c', at(6)]
    ])
    const limits = { ...REMOVALS, maximumCount: 2 }
    const next = forget({ ...puts(2), removed, forgotten: at(3) }, START, limits)
    expect(next).toMatchObject({ removed: new Map([['c', at(6)]]), forgotten: at(5) })
    expect(forget({ ...puts(2), removed, forgotten: at(7) }, START, limits).forgotten).toBe(at(7))
  })

  it('never forgets the removal of AWSPREVIOUS, which would return', () => {
    const stages = move(puts(3), 'AWSPREVIOUS', undefined, 10)
    expect(forget(stages, START + 999 * DAY)).toBe(stages)
    const more = move(move(stages, 'blue', 'v0', 11), 'blue', undefined, 12)
    const next = forget(more, START + 999 * DAY)
    expect([...next.removed.keys()]).toEqual(['AWSPREVIOUS'])
    expect(forget(more, START, { ...REMOVALS, maximumCount: 1 })).toBe(more)
  })
})
