import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { passes, words, type Filterable, prefixOf } from '../../../src/core/service/filters.js'
import type { Filter } from '../../../src/core/generated/requests.js'

const secret = (fields: Partial<Filterable> = {}): Filterable => ({ name: 'n', tags: [], ...fields })
const filter = (Key: NonNullable<Filter['Key']>, ...Values: string[]): Filter => ({ Key, Values })

describe('words', () => {
  it.each<[string, string[]]>([
    ['a secret', ['a', 'secret']],
    ['  two\tspaces ', ['two', 'spaces']],
    ['prod/db/main', ['prod', 'db', 'main']],
    ['prod-db', ['prod', 'db']],
    ['MySecret', ['my', 'secret']],
    ['my_SecretName', ['my', 'secret', 'name']],
    ['PRODSecret', ['prod', 'secret']],
    ['PROD', ['prod']],
    ['prod/my-db', ['prod/my-db']],
    ['prod/My-Db', ['prod/my-db']],
    ['the prod/my-db is here', ['the', 'prod/my-db', 'is', 'here']],
    ['a//b', ['a', 'b']],
    ['/', []],
    ['', []]
  ])('of %j are %j', (text, expected) => {
    expect(words(text)).toEqual(expected)
  })
})

describe('[REC] description', () => {
  it.each([
    ['a secret', 'a', true],
    ['an secret', 'a', true],
    ['asecret', 'a', true],
    ['thesecret', 'a', false],
    ['a secret', 'a secret', true],
    ['an secret', 'a secret', true],
    ['secret a', 'a secret', true],
    ['asecret', 'a secret', false],
    ['a thing', 'a secret', false],
    ['A Secret', 'SECRET', true],
    ['a secretKey', 'key', true],
    ['a secretkey', 'secretKey', false],
    ['anything', '', false],
    ['anything', '/', false]
  ])('%j, asked for %j: %j', (description, value, expected) => {
    expect(passes(secret({ description }), [filter('description', value)])).toBe(expected)
    expect(passes(secret({ description }), [filter('description', `!${value}`)])).toBe(!expected)
    expect(passes(secret({ name: description }), [filter('all', value)])).toBe(expected)
  })
})

it('[VER] all searches every field, one at a time', () => {
  const all = secret({
    name: 'prod/db',
    description: 'main store',
    tags: [['team', 'BlueSky']],
    primaryRegion: 'eu-west-1'
  })
  for (const value of ['db', 'STORE', 'team', 'sky', 'west', 'prod/db', 'store main'])
    expect(passes(all, [filter('all', value)])).toBe(true)
  for (const value of ['ore', 'db store', 'nothing']) expect(passes(all, [filter('all', value)])).toBe(false)
})

it('[EMU] a filter has a key and values', () => {
  expect(() => passes(secret(), [{ Values: ['a'] }])).toThrow('Invalid filter key')
  expect(() => passes(secret(), [{ Key: 'tag-key' }])).toThrow('Invalid filter values for key: tag-key')
})

describe('the laws', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'B', 'c', '/', '-', ' '), maxLength: 6 })
  const any = fc.record({
    name: text,
    description: fc.option(text, { nil: undefined }),
    tags: fc.array(fc.tuple(text, text), { maxLength: 2 }),
    primaryRegion: fc.option(text, { nil: undefined })
  })
  const one = fc.record({
    Key: fc.constantFrom(
      'name',
      'description',
      'tag-key',
      'tag-value',
      'primary-region',
      'owning-service',
      'all'
    ),
    Values: fc.array(
      fc.oneof(
        text,
        text.map(value => `!${value}`)
      ),
      { minLength: 1, maxLength: 3 }
    )
  }) satisfies fc.Arbitrary<Filter>

  it('filters are ANDed, their values ORed', () => {
    fc.assert(
      fc.property(any, fc.array(one, { maxLength: 4 }), (subject, filters) => {
        const each = filters.map(({ Key, Values }) =>
          Values.some(value => passes(subject, [{ Key, Values: [value] }]))
        )
        expect(passes(subject, filters)).toBe(each.every(Boolean))
      })
    )
  })

  it('a value or its negation matches, never both', () => {
    fc.assert(
      fc.property(any, one, text, (subject, { Key }, value) => {
        expect(passes(subject, [filter(Key, `!${value}`)])).toBe(!passes(subject, [filter(Key, value)]))
      })
    )
  })

  it('a prefix of a name finds it', () => {
    fc.assert(
      fc.property(any, fc.nat({ max: 6 }), (subject, length) => {
        expect(passes(subject, [filter('name', subject.name.slice(0, length))])).toBe(true)
      })
    )
  })
})

describe('the prefix that filters imply', () => {
  it('is the longest single value of a filter of names, if it is not negated', () => {
    const name = (...Values: string[]) => ({ Key: 'name' as const, Values })
    expect(prefixOf([])).toBe('')
    expect(prefixOf([name('prod/')])).toBe('prod/')
    expect(prefixOf([name('p'), name('prod/'), name('pr')])).toBe('prod/')
    expect(prefixOf([name('!prod/')])).toBe('')
    expect(prefixOf([name('a', 'b')])).toBe('')
    expect(prefixOf([{ Key: 'tag-key', Values: ['prod/'] }])).toBe('')
  })
})
