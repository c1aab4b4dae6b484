import fc from 'fast-check'
import { expect, it } from 'vitest'
import { matchesWildcard } from '../../../src/core/policy/wildcard.js'

/** The definition, one character at a time. */
function naive(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  const [first] = pattern
  if (first === '*') return naive(pattern.slice(1), text) || (text !== '' && naive(pattern, text.slice(1)))
  return text !== '' && (first === '?' || first === text[0]) && naive(pattern.slice(1), text.slice(1))
}

it.each([
  ['prod/*', 'prod/db', true],
  ['prod/*', 'prod/', true],
  ['prod/*', 'prod', false],
  ['prod/?', 'prod/a', true],
  ['prod/?', 'prod/', false],
  ['prod/?', 'prod/ab', false],
  ['?', '😀', true],
  ['*', '', true],
  ['', '', true],
  ['', 'a', false],
  ['*a', 'ba', true],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'a-c-b', false],
  ['a.c', 'abc', false],
  ['[ab]', 'a', false],
  ['a', 'A', false]
])('%j and %j: %j', (pattern, text, expected) => {
  expect(matchesWildcard(pattern, text)).toBe(expected)
})

it('agrees with the definition', () => {
  const letters = (...all: string[]) => fc.string({ unit: fc.constantFrom(...all), maxLength: 9 })
  fc.assert(
    fc.property(letters('a', 'b', '*', '?'), letters('a', 'b'), (pattern, text) => {
      expect(matchesWildcard(pattern, text)).toBe(naive(pattern, text))
    }),
    { numRuns: 2000 }
  )
})

it('matches the text itself, and the text with parts replaced by wildcards', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (before, middle, after) => {
      expect(matchesWildcard(`${before}${after}`, `${before}${after}`)).toBe(true)
      expect(matchesWildcard(`${before}*${after}`, `${before}${middle}${after}`)).toBe(true)
    })
  )
})

it('is fast for a pattern that makes a regular expression backtrack forever', () => {
  const start = performance.now()
  expect(matchesWildcard(`${'a*'.repeat(10_000)}b`, 'a'.repeat(2000))).toBe(false)
  expect(matchesWildcard(`${'*a'.repeat(900)}${'?'.repeat(200)}b`, 'a'.repeat(2000))).toBe(false)
  expect(performance.now() - start).toBeLessThan(2000)
})
