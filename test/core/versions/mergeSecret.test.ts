import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  joinSecret,
  laterIncarnation,
  mergeSecret,
  type MergedSecret
} from '../../../src/core/versions/mergeSecret.js'
import { forgetCleared, withValues } from '../../../src/core/versions/register.js'
import { LONGER } from './historyChecks.js'
import { at, START } from './stagesKit.js'

type Fields = Parameters<typeof joinSecret>[0]

const ARN = 'arn:aws:secretsmanager:local:000000000000:secret:a-AbC123'
const NOW = START + 1000
const made: Fields = {
  name: 'a',
  arn: ARN,
  created: at(0),
  token: 't',
  key: { value: 'default', changed: at(0) }
}
const tagged = (fields: Fields, tag: string, value: string | undefined, tick: number): Fields => ({
  ...fields,
  tags: withValues(fields.tags, [[tag, value]], at(tick))
})
const described = (value: string | undefined, tick: number): Fields => ({
  ...made,
  description: value === undefined ? { changed: at(tick) } : { value, changed: at(tick) }
})
const fieldsOf = (merged: MergedSecret): Fields =>
  'fields' in merged ? merged.fields : expect.fail(merged.conflict)
const merge = (base: Fields | undefined, ours: Fields, theirs: Fields) => mergeSecret(base, ours, theirs, NOW)

describe('merging secret.yaml', () => {
  it('takes the later of each register, and of each tag alone', () => {
    const a = tagged(tagged(described('a', 5), 'one', 'a', 2), 'two', 'a', 9)
    const b = tagged(tagged(described('b', 4), 'one', 'b', 3), 'two', undefined, 8)
    const result = fieldsOf(merge(made, a, b))
    expect(result.description).toEqual({ value: 'a', changed: at(5) })
    expect(result.tags).toEqual({ one: { value: 'b', changed: at(3) }, two: { value: 'a', changed: at(9) } })
    expect(fieldsOf(merge(made, b, a))).toEqual(result)
  })

  it('takes the value if a register was cleared at the same time', () => {
    expect(joinSecret(described('a', 5), described(undefined, 5)).description?.value).toBe('a')
    expect(joinSecret(described('a', 5), described(undefined, 6)).description).toEqual({ changed: at(6) })
  })

  it('takes deletion and its cancellation as one register, and the later rotation', () => {
    const due: Fields = { ...made, deletion: { date: at(99), changed: at(5) }, rotated: at(3) }
    const restored: Fields = { ...made, deletion: { changed: at(6) }, rotated: at(4) }
    const result = joinSecret(due, restored)
    expect([result.deletion, result.rotated]).toEqual([{ changed: at(6) }, at(4)])
    expect(joinSecret(due, described('x', 7)).deletion?.date).toBe(at(99))
  })

  it('treats an absent tag as cleared when it was forgotten', () => {
    const old = tagged(made, 'one', 'a', 2)
    const forgot: Fields = { ...made, forgotten: at(5) }
    expect(joinSecret(old, forgot).tags).toBeUndefined()
    expect(joinSecret(tagged(made, 'one', 'a', 6), forgot).tags).toHaveProperty('one')
  })

  it('stops if a side goes back', () => {
    const base = tagged(described('new', 5), 'one', 'a', 5)
    for (const theirs of [
      described('old', 4),
      { ...base, description: { value: 'old', changed: at(4) } },
      described('new', 5),
      made
    ])
      expect(merge(base, base, theirs)).toEqual({ conflict: 'goes back' })
    expect(fieldsOf(merge(base, base, tagged(base, 'one', undefined, 6))).tags?.['one']).toEqual({
      changed: at(6)
    })
    expect(merge({ ...base, rotated: at(5) }, base, base)).toEqual({ conflict: 'goes back' })
    expect(merge({ ...base, forgotten: at(1) }, base, base)).toEqual({ conflict: 'goes back' })
  })

  describe('a policy', () => {
    const policy = (tick: number, by?: string, proof?: string, value = 'p'): Fields => ({
      ...made,
      policy: { value, changed: at(tick), ...(by === undefined ? {} : { by, proof: proof ?? '' }) }
    })

    it('keeps the signature of the member who set it', () => {
      expect(fieldsOf(merge(made, policy(5, 'a', 'x'), policy(6, 'b', 'y')))).toEqual(policy(6, 'b', 'y'))
      expect(joinSecret(policy(6, 'a', 'x'), policy(6, 'b', 'a', 'q'))).toEqual(policy(6, 'b', 'a', 'q'))
    })

    it('takes the one with a proof over the one without, in either order', () => {
      const [bare, proved, other] = [policy(5), policy(5, 'a', 'x'), policy(5, 'b', 'w')]
      for (const [x, y, result] of [
        [bare, proved, proved],
        [proved, other, other],
        [policy(5, 'a', 'y'), proved, policy(5, 'a', 'y')]
      ] as const) {
        expect(fieldsOf(merge(bare, x, y))).toEqual(result)
        expect(fieldsOf(merge(bare, y, x))).toEqual(result)
      }
    })

    it('does not go back if only the signature differs', () => {
      expect(fieldsOf(merge(policy(5, 'b', 'y'), policy(5, 'b', 'y'), policy(5, 'a', 'x')))).toEqual(
        policy(5, 'b', 'y')
      )
      expect(merge(policy(5, 'a', 'x'), policy(5, 'a', 'x'), policy(4, 'b', 'y'))).toEqual({
        conflict: 'goes back'
      })
    })
  })

  it('leaves out what theirs has as the base has it', () => {
    const base = tagged(described('x', 1), 'one', 'a', 2)
    const theirs = tagged(base, 'two', 'b', 9)
    expect(fieldsOf(merge(base, made, theirs))).toEqual(tagged(made, 'two', 'b', 9))
  })

  it('stops at a date over 24 hours ahead, on either side', () => {
    const over = described('x', 24 * 60 * 60 * 1000 + 1001)
    const conflict = { conflict: 'dated ahead', time: over.description!.changed }
    expect(merge(made, over, made)).toEqual(conflict)
    expect(merge(made, made, over)).toEqual(conflict)
    expect(merge(made, made, described('x', 24 * 60 * 60 * 1000 + 1000))).toHaveProperty('fields')
    expect(
      merge(made, made, { ...made, deletion: { date: '8999-01-01T00:00:00.000Z', changed: at(1) } })
    ).toHaveProperty('fields')
  })

  it('is commutative, associative and idempotent', () => {
    const register = fc.record({
      value: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
      tick: fc.nat({ max: 6 })
    })
    const clear = ({ value, tick }: { value: string | undefined; tick: number }) =>
      value === undefined ? { changed: at(tick) } : { value, changed: at(tick) }
    const documents = fc
      .record({
        description: fc.option(register, { nil: undefined }),
        deletion: fc.option(register, { nil: undefined }),
        tags: fc.dictionary(fc.constantFrom('one', 'two', '__proto__'), register),
        replicas: fc.dictionary(fc.constantFrom('eu', 'us'), register),
        forgets: fc.option(fc.nat({ max: 6 }), { nil: undefined }),
        rotated: fc.option(fc.nat({ max: 6 }), { nil: undefined })
      })
      .map(({ description, deletion, tags, replicas, forgets, rotated }): Fields => {
        const all = (map: object) => {
          const record = Object.create(null) as Record<string, ReturnType<typeof clear>>
          for (const [name, one] of Object.entries(map))
            record[name] = clear(one as Parameters<typeof clear>[0])
          return record
        }
        const fields: Fields = {
          ...made,
          ...(description ? { description: clear(description) } : {}),
          ...(deletion
            ? {
                deletion:
                  deletion.value === undefined
                    ? { changed: at(deletion.tick) }
                    : { date: at(deletion.tick), changed: at(deletion.tick) }
              }
            : {}),
          tags: all(tags),
          replicas: all(replicas),
          ...(rotated === undefined ? {} : { rotated: at(rotated) })
        }
        const forgotten =
          forgets === undefined
            ? {}
            : forgetCleared(fields, START + forgets, { maximumAgeMs: 0, maximumCount: 9 })
        return joinSecret({ ...fields, ...forgotten }, { ...fields, ...forgotten })
      })
    fc.assert(
      fc.property(documents, documents, documents, (a, b, c) => {
        expect(joinSecret(a, a)).toEqual(a)
        expect(joinSecret(a, b)).toEqual(joinSecret(b, a))
        expect(joinSecret(joinSecret(a, b), c)).toEqual(joinSecret(a, joinSecret(b, c)))
        expect(fieldsOf(merge(undefined, a, b))).toEqual(joinSecret(a, b))
        const all = joinSecret(a, b)
        expect(fieldsOf(merge(a, all, joinSecret(a, c)))).toEqual(joinSecret(all, c))
      }),
      { numRuns: 2000 * LONGER }
    )
  })
})

describe('two secrets that had one name', () => {
  const one: Fields = made
  const two: Fields = { ...made, arn: ARN.replace('AbC123', 'DeF456'), created: at(9) }

  it('leave the one that was created later, whichever is the base', () => {
    for (const base of [one, two])
      for (const [ours, theirs] of [
        [one, two],
        [two, one]
      ] as const) {
        expect(laterIncarnation(base, ours, theirs)).toBe(two)
        expect(fieldsOf(merge(base, ours, theirs))).toBe(two)
      }
  })

  it('are for a person to resolve if neither was removed', () => {
    for (const base of [undefined, { ...made, arn: ARN.replace('AbC123', 'other1') }])
      expect(merge(base, one, two)).toEqual({ conflict: 'created twice' })
    expect(merge(one, one, { ...two, created: at(0) })).toEqual({ conflict: 'created twice' })
    expect(merge(one, one, { ...one, token: 'other' })).toEqual({ conflict: 'created twice' })
    expect(merge(one, one, { ...one, created: at(1) })).toEqual({ conflict: 'created twice' })
  })
})
