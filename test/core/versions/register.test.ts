import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { forgetCleared, valuesOf, withValues, type Registers } from '../../../src/core/versions/register.js'
import { formatTime } from '../../../src/core/time.js'

const DAY = 24 * 60 * 60 * 1000
const NOW = Date.UTC(2027, 2, 1)
const at = (daysAgo: number) => formatTime(NOW - daysAgo * DAY)

const name = fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('__proto__', 'constructor', 'a', 'b'))
const changes = fc.array(fc.tuple(name, fc.option(fc.string({ maxLength: 3 }), { nil: undefined })))

describe('withValues', () => {
  it('keeps the last change of each name', () => {
    fc.assert(
      fc.property(changes, changes, (first, second) => {
        const expected = new Map([...first, ...second])
        const all = withValues(withValues(undefined, first, at(2)), second, at(1))
        expect(new Map(valuesOf(all))).toEqual(
          new Map([...expected].filter(([, value]) => value !== undefined))
        )
        expect(new Set(Object.keys(all))).toEqual(new Set(expected.keys()))
        for (const [key] of second) expect(all[key]?.changed).toBe(at(1))
      })
    )
  })

  it('does not change its input', () => {
    const before: Registers = Object.freeze({ a: Object.freeze({ value: '1', changed: at(2) }) })
    expect(withValues(before, [['a', undefined]], at(1))).toEqual({ a: { changed: at(1) } })
    expect(valuesOf(before)).toEqual([['a', '1']])
  })

  it('keeps __proto__ as a name like any other', () => {
    const all = withValues(undefined, [['__proto__', 'x']], at(1))
    expect(valuesOf(withValues(all, [['b', 'y']], at(1)))).toEqual([
      ['__proto__', 'x'],
      ['b', 'y']
    ])
  })
})

describe('forgetCleared', () => {
  it('keeps values of any age, and removals of the last 90 days', () => {
    const tags = { old: { value: '1', changed: at(900) }, gone: { changed: at(90) } }
    expect(forgetCleared({ tags }, NOW)).toEqual({})
  })

  it('forgets older removals, and records up to when', () => {
    const tags = {
      kept: { value: '1', changed: at(200) },
      gone: { changed: at(91) },
      late: { changed: at(1) }
    }
    const replicas = { 'eu-west-1': { changed: at(100) } }
    expect(forgetCleared({ tags, replicas, forgotten: at(400) }, NOW)).toEqual({
      tags: { kept: tags.kept, late: tags.late },
      replicas: {},
      forgotten: at(91)
    })
  })

  it('forgets the oldest beyond a hundred', () => {
    const tags = Object.fromEntries(
      Array.from({ length: 103 }, (_, index) => [`t${index}`, { changed: at(index / 10) }])
    )
    const { tags: left, forgotten } = forgetCleared({ tags }, NOW)
    expect(Object.keys(left ?? {})).toHaveLength(100)
    expect(forgotten).toBe(at(10))
  })

  it('never moves its mark back', () => {
    expect(forgetCleared({ tags: { gone: { changed: at(100) } }, forgotten: at(95) }, NOW).forgotten).toBe(
      at(95)
    )
  })

  it('returns an empty map if all is forgotten: the secret once had tags', () => {
    expect(forgetCleared({ tags: { gone: { changed: at(100) } } }, NOW).tags).toEqual({})
  })
})
