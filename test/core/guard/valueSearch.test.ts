import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/format/canonical.js'
import { ValueSearch } from '../../../src/core/guard/valueSearch.js'
import { sodiumReady } from '../../../src/core/sodium.js'

beforeAll(() => sodiumReady)

const search = (...values: [string, string | Uint8Array][]) => {
  const made = new ValueSearch()
  for (const [name, value] of values) made.add(name, value)
  return (text: string | Uint8Array) => made.find(typeof text === 'string' ? utf8(text) : text)
}

describe('a value in a file', () => {
  const value = 'p@ss wörd/"1"+x'
  const find = (text: string) => search(['db', value])(text)

  it.each([
    ['as it is', `password = ${value}\n`],
    ['at the end', value],
    ['in base64', Buffer.from(value).toString('base64')],
    ['in base64url', Buffer.from(value).toString('base64url')],
    ['in base64 after one character', Buffer.from(`:${value}`).toString('base64')],
    ['in base64 after two', Buffer.from(`u:${value};and more`).toString('base64')],
    ['in a URL', `postgres://u:${encodeURIComponent(value)}@db`],
    ['in a URL as RFC 3986 has it', 'p%40ss%20w%C3%B6rd%2F%221%22%2Bx'],
    ['in hexadecimal digits', Buffer.from(value).toString('hex')],
    ['in JSON in ASCII', 'p@ss w\\u00f6rd/\\"1\\"+x'],
    ['in a URL, in lower case', encodeURIComponent(value).toLowerCase()],
    ['in a form', new URLSearchParams({ value: value.replaceAll("'", '') }).toString()],
    ['in JSON', JSON.stringify({ value })]
  ])('is found %s', (_, text) => {
    expect(find(text)).toEqual(['db'])
  })

  it('is not found in another text', () => {
    expect(find('p@ss wörd/"1"+y')).toEqual([])
    expect(find('')).toEqual([])
    expect(find('short')).toEqual([])
  })
})

it('finds the strings of a JSON value one by one, and no short one', () => {
  const find = search([
    'db',
    JSON.stringify({ user: 'postgres-admin', a: { list: ['deep-secret-1', 7] }, pin: '1234' })
  ])
  expect(find('the user is postgres-admin')).toEqual(['db'])
  expect(find('x deep-secret-1')).toEqual(['db'])
  expect(find('pin 1234')).toEqual([])
})

it('ignores values of fewer than 8 characters, and white space at the ends of a value', () => {
  expect(search(['a', 'seven77'])('seven77')).toEqual([])
  expect(search(['a', 'eight888\n'])('x eight888 y')).toEqual(['a'])
})

it('finds binary values, and base64 of them', () => {
  const bytes = Uint8Array.from({ length: 12 }, (_, at) => at * 21)
  const find = search(['bin', bytes])
  expect(find(Buffer.concat([Buffer.from('x'), bytes]))).toEqual(['bin'])
  expect(find(Buffer.from(bytes).toString('base64'))).toEqual(['bin'])
})

it('does not fail on half a character, which JSON can name', () => {
  expect(search(['a', String.raw`{"a":"\ud800 and more","b":"other-value"}`])('other-value')).toEqual(['a'])
})

it('finds every value that a plain search finds', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 8, maxLength: 12, unit: fc.constantFrom('a', 'b') }), {
        maxLength: 30
      }),
      fc.string({ maxLength: 300, unit: fc.constantFrom('a', 'b') }),
      (values, text) => {
        const find = search(...values.map((value, at): [string, string] => [`${at}`, value]))
        const expected = values.flatMap((value, at) => (text.includes(value) ? [`${at}`] : [])).sort()
        expect(find(text)).toEqual(expected)
      }
    ),
    { numRuns: 300 }
  )
})
