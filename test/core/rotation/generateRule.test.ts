import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatRule, mergedRule, parseRule } from '../../../src/core/rotation/generateRule.js'

describe('the rule in a tag', () => {
  it('is a text that people can read', () => {
    expect(formatRule({ length: 40, exclude: '/@ //', noPunctuation: true, field: 'api key' })).toBe(
      'length=40 exclude=/@ no-punctuation field=api key'
    )
    expect(formatRule({ words: 6 })).toBe('words=6')
  })

  it('is read as it was written', () => {
    const rule = fc.record(
      {
        length: fc.integer({ min: 1, max: 4096 }),
        exclude: fc.string({ unit: fc.constantFrom(...'abc/@"\'\\=- ') }),
        noPunctuation: fc.constant(true),
        words: fc.integer({ min: 4, max: 40 }),
        field: fc.string({ minLength: 1 })
      },
      { requiredKeys: [] }
    )
    fc.assert(
      fc.property(rule, one => {
        const exclude = [...new Set(one.exclude)].filter(character => character !== ' ').join('')
        const expected = { ...one, ...(one.exclude === undefined ? {} : { exclude }) }
        expect(parseRule(formatRule(one as object))).toEqual(expected)
      })
    )
  })

  it.each([
    'length=x',
    'lenght=3',
    'no-punctuation=1',
    'length=40,exclude=/',
    '{"length":40}',
    'words=',
    'length=64\nexclude=x'
  ])('%s is none', text => expect(parseRule(text)).toBeUndefined())

  it('keeps its field unless another is named; any other option replaces all others', () => {
    const present = { length: 40, exclude: '/', field: 'token' }
    expect(mergedRule(present, {})).toEqual(present)
    expect(mergedRule(present, { words: 6 })).toEqual({ words: 6, field: 'token' })
    expect(mergedRule(present, { field: 'key' })).toEqual({ length: 40, exclude: '/', field: 'key' })
  })
})
