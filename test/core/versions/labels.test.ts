import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addVersion, moveLabel, type LabelMove } from '../../../src/core/versions/labels.js'
import { noVersions, latestStamp, labelsOf, type Stages } from '../../../src/core/versions/stages.js'
import { at, entry, labelling, move, put } from './stagesKit.js'

const one = put(noVersions, 'v1', 1)
const two = put(one, 'v2', 2)
const three = put(two, 'v3', 3)

const labels = (count: number): string[] => Array.from({ length: count }, (_, index) => `label ${index}`)

describe('a new version', () => {
  it('gets AWSCURRENT, and the version before it AWSPREVIOUS', () => {
    expect(labelling(one)).toEqual({ AWSCURRENT: 'v1' })
    expect(labelling(two)).toEqual({ AWSCURRENT: 'v2', AWSPREVIOUS: 'v1' })
    expect(labelling(three)).toEqual({ AWSCURRENT: 'v3', AWSPREVIOUS: 'v2' })
    expect(three.labels.get('AWSCURRENT')).toEqual({
      version: 'v3',
      moved: at(3),
      before: { version: 'v2', moved: at(2) }
    })
    expect(three.labels.get('AWSPREVIOUS')).toEqual({ version: 'v2', moved: at(3) })
    expect([...three.versions.keys()]).toEqual(['v1', 'v2', 'v3'])
  })

  it('gets AWSCURRENT if it is the first, whichever labels are named', () => {
    expect(labelling(put(noVersions, 'v1', 1, ['blue']))).toEqual({ blue: 'v1', AWSCURRENT: 'v1' })
    expect(labelling(put(noVersions, 'v1', 1, ['AWSPREVIOUS']))).toEqual({ AWSCURRENT: 'v1' })
    expect(put(noVersions, 'v1', 1).removed.size).toBe(0)
  })

  it('gets the named labels from other versions; other labels stay', () => {
    const blue = put(two, 'v3', 3, ['blue', 'AWSPENDING', 'AWSMINE'])
    expect(labelling(blue)).toEqual({
      AWSCURRENT: 'v2',
      AWSPREVIOUS: 'v1',
      blue: 'v3',
      AWSPENDING: 'v3',
      AWSMINE: 'v3'
    })
    const moved = put(blue, 'v4', 4, ['blue'])
    expect(labelling(moved)).toEqual({ ...labelling(blue), blue: 'v4' })
    expect(moved.removed.size).toBe(0)
  })

  it('removes AWSPENDING from the version that AWSCURRENT leaves, unless it is named', () => {
    const pending = put(one, 'v2', 2, ['AWSCURRENT', 'AWSPENDING'])
    expect(labelsOf(pending, 'v2')).toEqual(['AWSCURRENT', 'AWSPENDING'])
    const next = put(pending, 'v3', 3)
    expect(labelsOf(next, 'v2')).toEqual(['AWSPREVIOUS'])
    expect(next.removed).toEqual(new Map([['AWSPENDING', at(3)]]))
    const both = put(pending, 'v3', 3, ['AWSCURRENT', 'AWSPENDING'])
    expect(labelsOf(both, 'v3')).toEqual(['AWSCURRENT', 'AWSPENDING'])
    expect(both.removed.size).toBe(0)
    expect(labelsOf(put(pending, 'v3', 3, ['blue']), 'v2')).toEqual(['AWSCURRENT', 'AWSPENDING'])
  })

  it('leaves AWSPENDING on any other version', () => {
    const pending = put(two, 'v3', 3, ['AWSPENDING'])
    expect(labelling(put(pending, 'v4', 4))).toEqual({
      AWSCURRENT: 'v4',
      AWSPREVIOUS: 'v2',
      AWSPENDING: 'v3'
    })
  })

  it('gets AWSPREVIOUS only while AWSCURRENT stays', () => {
    expect(labelling(put(two, 'v3', 3, ['AWSPREVIOUS']))).toEqual({ AWSCURRENT: 'v2', AWSPREVIOUS: 'v3' })
    const both = put(two, 'v3', 3, ['AWSPREVIOUS', 'AWSCURRENT'])
    expect(labelling(both)).toEqual({ AWSCURRENT: 'v3', AWSPREVIOUS: 'v2' })
  })

  it('deletes the record of a removal', () => {
    const removed = move(put(one, 'v2', 2, ['blue']), 'blue', undefined, 3)
    expect(removed.removed.get('blue')).toBe(at(3))
    expect(put(removed, 'v3', 4, ['blue']).removed.size).toBe(0)
  })

  it('may have labels of any kind', () => {
    const strange = put(one, 'constructor', 2, ['__proto__', 'AWSCURRENT', '😀 a/b'])
    expect(labelsOf(strange, 'constructor')).toEqual(['AWSCURRENT', '__proto__', '😀 a/b'])
  })

  it('has a label once, even if it is named twice', () => {
    expect(put(one, 'v2', 2, ['blue', 'blue'])).toEqual(put(one, 'v2', 2, ['blue']))
  })

  it('cannot be one that already has a value', () => {
    expect(() => put(two, 'v1', 3)).toThrow('the version already has a value')
  })

  it('may be empty, then filled', () => {
    const rotating = addVersion(two, {
      versionId: 'v3',
      entry: entry(at(3), ''),
      labels: ['AWSPENDING'],
      stamp: at(3)
    })
    expect(labelling(rotating)).toEqual({ AWSCURRENT: 'v2', AWSPREVIOUS: 'v1', AWSPENDING: 'v3' })
    const filled = put(rotating, 'v3', 4, ['AWSPENDING'])
    expect(filled.versions.get('v3')).toMatchObject({ created: at(4), digest: 'value of v3' })
    expect(filled.labels).toEqual(rotating.labels)
    expect(labelling(put(rotating, 'v3', 4))).toEqual({
      AWSCURRENT: 'v3',
      AWSPREVIOUS: 'v2',
      AWSPENDING: 'v3'
    })
  })

  it('gets no AWSCURRENT while empty, but with the first value', () => {
    const rotating = addVersion(noVersions, {
      versionId: 'v1',
      entry: entry(at(1), ''),
      labels: ['AWSPENDING'],
      stamp: at(1)
    })
    expect(labelling(rotating)).toEqual({ AWSPENDING: 'v1' })
    expect(labelling(put(rotating, 'v1', 2, ['AWSPENDING']))).toEqual({ AWSPENDING: 'v1', AWSCURRENT: 'v1' })
  })
})

describe('twenty labels', () => {
  const limit = expect.objectContaining({ code: 'LimitExceededException' })
  const full = put(two, 'v3', 3, labels(18))

  it('are the most that a secret can have', () => {
    expect(full.labels.size).toBe(20)
    expect(() => put(two, 'v3', 3, labels(19))).toThrow(limit)
    expect(() => put(full, 'v4', 4, ['blue'])).toThrow(limit)
    expect(() => move(full, 'blue', 'v1', 4)).toThrow(limit)
    expect(() => put(full, 'v4', 4, ['blue'])).toThrow(
      "You can't attach more than 20 staging labels to the versions of a secret."
    )
  })

  it('include AWSPREVIOUS', () => {
    const nineteen = put(noVersions, 'v1', 1, labels(19))
    expect(nineteen.labels.size).toBe(20)
    expect(() => put(nineteen, 'v2', 2)).toThrow(limit)
    expect(put(nineteen, 'v2', 2, ['label 3']).labels.size).toBe(20)
  })

  it('can move, and be removed if a merge left more', () => {
    const over: Stages = {
      ...full,
      labels: new Map([...full.labels, ['more', { version: 'v1', moved: at(3) }]])
    }
    expect(over.labels.size).toBe(21)
    expect(put(over, 'v4', 4, ['AWSCURRENT', 'more']).labels.size).toBe(21)
    expect(move(over, 'more', 'v2', 4).labels.size).toBe(21)
    expect(move(over, 'label 0', undefined, 4).labels.size).toBe(20)
    expect(() => put(over, 'v4', 4, ['blue'])).toThrow(limit)
  })
})

describe('a label', () => {
  const attempt = (stages: Stages, request: Omit<LabelMove, 'stamp'>): Stages =>
    moveLabel(stages, { ...request, stamp: at(9) })
  const refused = (request: Omit<LabelMove, 'stamp'>, code: string, message: string): void => {
    const stages = put(two, 'v3', 3, ['blue'])
    expect(() => attempt(stages, request)).toThrow(expect.objectContaining({ code, message }))
  }
  const parameter = 'InvalidParameterException'
  const wrongHolder = (label: string): string =>
    `When you move staging label ${label}, if you specify RemoveFromVersionId, it must be set to the version ` +
    `that currently has the staging label ${label}.`

  it('moves to a version, is removed from one, or both', () => {
    const blue = attempt(two, { label: 'blue', moveTo: 'v1' })
    expect(blue.labels.get('blue')).toEqual({ version: 'v1', moved: at(9) })
    expect(labelling(attempt(blue, { label: 'blue', removeFrom: 'v1', moveTo: 'v2' }))).toMatchObject({
      blue: 'v2'
    })
    const gone = attempt(blue, { label: 'blue', removeFrom: 'v1' })
    expect(labelling(gone)).toEqual(labelling(two))
    expect(gone.removed).toEqual(new Map([['blue', at(9)]]))
    expect(attempt(gone, { label: 'blue', moveTo: 'v1' }).removed.size).toBe(0)
  })

  it('that is already in place changes nothing', () => {
    const blue = attempt(two, { label: 'blue', moveTo: 'v1' })
    expect(attempt(blue, { label: 'blue', moveTo: 'v1' })).toBe(blue)
    expect(attempt(blue, { label: 'blue', removeFrom: 'v1', moveTo: 'v1' })).toBe(blue)
    expect(attempt(two, { label: 'AWSCURRENT', moveTo: 'v2' })).toBe(two)
    expect(attempt(two, { label: 'AWSPREVIOUS', moveTo: 'v1' })).toBe(two)
  })

  it('needs the version that it moves to or from', () => {
    refused(
      { label: 'blue' },
      parameter,
      'You must provide either RemoveFromVersionId or MoveToVersionId, or both.'
    )
  })

  it('moves to a known version with a value', () => {
    const message = "Secrets Manager can't find the specified secret value for VersionId: nowhere"
    refused({ label: 'green', moveTo: 'nowhere' }, 'ResourceNotFoundException', message)
    refused({ label: 'blue', moveTo: 'nowhere', removeFrom: 'wrong' }, 'ResourceNotFoundException', message)
    const rotating = addVersion(two, { versionId: 'nil', entry: entry(at(3), ''), labels: [], stamp: at(3) })
    expect(() => attempt(rotating, { label: 'blue', moveTo: 'nil' })).toThrow(
      "Secrets Manager can't find the specified secret value for VersionId: nil"
    )
  })

  it('leaves a version only if that version is named', () => {
    const message = (label: string, holder: string): string =>
      `The parameter RemoveFromVersionId can't be empty. Staging label ${label} is currently attached to version ` +
      `${holder}, so you must explicitly reference that version in RemoveFromVersionId.`
    refused({ label: 'AWSCURRENT', moveTo: 'v1' }, parameter, message('AWSCURRENT', 'v2'))
    refused({ label: 'blue', moveTo: 'v1' }, parameter, message('blue', 'v3'))
  })

  it('leaves only the version it is on', () => {
    refused({ label: 'AWSCURRENT', moveTo: 'v1', removeFrom: 'v3' }, parameter, wrongHolder('AWSCURRENT'))
    refused({ label: 'AWSCURRENT', moveTo: 'v2', removeFrom: 'v1' }, parameter, wrongHolder('AWSCURRENT'))
    refused({ label: 'blue', removeFrom: 'v1' }, parameter, wrongHolder('blue'))
    refused({ label: 'green', removeFrom: 'v1' }, parameter, wrongHolder('green'))
    refused({ label: 'green', removeFrom: 'v1', moveTo: 'v2' }, parameter, wrongHolder('green'))
  })

  it('named AWSCURRENT is never removed', () => {
    const message =
      "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed."
    refused({ label: 'AWSCURRENT', removeFrom: 'v2' }, parameter, message)
    refused({ label: 'AWSCURRENT', removeFrom: 'v1' }, parameter, message)
  })

  it('named AWSCURRENT moves AWSPREVIOUS to the version it leaves, and no other label', () => {
    const pending = put(put(two, 'v3', 3, ['AWSPENDING', 'x']), 'v4', 4, ['AWSCURRENT', 'y'])
    const rotated = attempt(pending, { label: 'AWSCURRENT', removeFrom: 'v4', moveTo: 'v3' })
    expect(labelling(rotated)).toEqual({
      AWSCURRENT: 'v3',
      AWSPENDING: 'v3',
      x: 'v3',
      AWSPREVIOUS: 'v4',
      y: 'v4'
    })
    const both = put(two, 'v3', 3, ['AWSCURRENT', 'AWSPENDING'])
    const rolledBack = attempt(both, { label: 'AWSCURRENT', removeFrom: 'v3', moveTo: 'v2' })
    expect(labelling(rolledBack)).toEqual({ AWSCURRENT: 'v2', AWSPREVIOUS: 'v3', AWSPENDING: 'v3' })
  })

  it('named AWSPREVIOUS may be set or removed by hand, until AWSCURRENT moves', () => {
    const gone = attempt(three, { label: 'AWSPREVIOUS', removeFrom: 'v2' })
    expect(labelling(gone)).toEqual({ AWSCURRENT: 'v3' })
    const set = attempt(three, { label: 'AWSPREVIOUS', removeFrom: 'v2', moveTo: 'v1' })
    expect(labelling(set)).toEqual({ AWSCURRENT: 'v3', AWSPREVIOUS: 'v1' })
    for (const stages of [gone, set]) {
      const next = put(stages, 'v4', 10)
      expect(labelling(next)).toEqual({ AWSCURRENT: 'v4', AWSPREVIOUS: 'v3' })
      expect(next.removed.size).toBe(0)
    }
    expect(labelling(move(gone, 'blue', 'v1', 10))).toEqual({ AWSCURRENT: 'v3', blue: 'v1' })
  })

  it('that is removed drops a version older than pruned ones', () => {
    const blue = { ...attempt(three, { label: 'blue', moveTo: 'v1' }), pruned: at(1) }
    expect([...attempt(blue, { label: 'blue', removeFrom: 'v1' }).versions.keys()]).toEqual(['v2', 'v3'])
    expect([...attempt(blue, { label: 'blue', removeFrom: 'v1', moveTo: 'v2' }).versions.keys()]).toEqual([
      'v2',
      'v3'
    ])
  })
})

describe('any sequence of writes', () => {
  const label = fc.constantFrom('AWSCURRENT', 'AWSPREVIOUS', 'AWSPENDING', 'blue', '__proto__')
  const step = fc.record({
    now: fc.integer({ min: 0, max: 50 }),
    labels: fc.option(fc.array(label, { minLength: 1, maxLength: 3 }), { nil: undefined }),
    label,
    target: fc.option(fc.nat({ max: 9 }), { nil: undefined }),
    isPut: fc.boolean()
  })

  it('keeps the labels in order', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), steps => {
        let stages = noVersions
        for (const [index, { now, labels, label, target, isPut }] of steps.entries()) {
          const before = stages
          const ids = [...stages.versions.keys()]
          const moveTo = target === undefined ? undefined : ids[target % Math.max(1, ids.length)]
          if (isPut || ids.length === 0) {
            stages = put(stages, `v${index}`, now, labels)
            expect(stages.versions.size).toBe(before.versions.size + 1)
          } else if (moveTo !== undefined || (label !== 'AWSCURRENT' && stages.labels.has(label))) {
            stages = move(stages, label, moveTo, now)
            expect(stages.versions).toEqual(before.versions)
          }
          if (stages === before) continue

          const current = stages.labels.get('AWSCURRENT')
          const previous = stages.labels.get('AWSPREVIOUS')
          expect(current).toBeDefined()
          for (const { version } of stages.labels.values()) expect(stages.versions.has(version)).toBe(true)
          for (const name of stages.removed.keys()) expect(stages.labels.has(name)).toBe(false)
          expect(current?.before?.version).not.toBe(current?.version)
          const byHand = previous !== undefined && previous.moved > String(current?.moved)
          if (previous !== undefined && !byHand) {
            expect(previous).toEqual({ version: current?.before?.version, moved: current?.moved })
            expect(previous.version).not.toBe(current?.version)
          }
          const [last, next] = [latestStamp(before), latestStamp(stages)]
          expect(next !== undefined && (last === undefined || next > last)).toBe(true)
        }
      }),
      { numRuns: 1000 }
    )
  })
})
