import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cells, start, wrapped } from '../../../src/cli/screen/cells.js'

const text = fc.string({
  unit: fc.constantFrom('a', ' ', 'é', 'e\u0301', '日', 'ｱ', '한', '😀', '🇩', '中', '─', 'ß'),
  maxLength: 60
})

describe('the columns of a text', () => {
  it.each([
    ['', 0],
    ['prod/db', 7],
    ['Zürich', 6],
    ['e\u0301', 1],
    ['日本語', 6],
    ['ｱｲｳ', 3],
    ['ＡＢ', 4],
    ['한글', 4],
    ['😀🔑', 4],
    ['🇩🇪', 2],
    ['⚡', 2],
    ['☀', 1],
    ['𠀀', 2],
    ['●│─…', 4]
  ])('%j', (shown, columns) => expect(cells(shown)).toBe(columns))

  it('add up', () => {
    fc.assert(fc.property(text, text, (a, b) => cells(a + b) === cells(a) + cells(b)))
  })
})

it('the start of a text is never wider than asked for, and nothing more would fit', () => {
  fc.assert(
    fc.property(text, fc.nat(70), (whole, columns) => {
      const begun = start(whole, columns)
      expect(whole.startsWith(begun)).toBe(true)
      expect(cells(begun)).toBeLessThanOrEqual(columns)
      const next = [...whole.slice(begun.length)][0]
      if (next !== undefined) expect(cells(begun + next)).toBeGreaterThan(columns)
    })
  )
})

it('wrapped lines fit, and nothing of an exact text is lost', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 2, max: 20 }), fc.boolean(), (whole, columns, exact) => {
      const lines = wrapped(whole, columns, exact)
      for (const line of lines) expect(cells(line)).toBeLessThanOrEqual(columns)
      const [joined, expected] = [lines.join(''), whole]
      if (exact) expect(joined).toBe(expected)
      else expect(joined.replaceAll(' ', '')).toBe(expected.replaceAll(' ', ''))
    })
  )
  expect(wrapped('go back to it', 8)).toEqual(['go back', 'to it'])
  expect(wrapped('a\nb', 8)).toEqual(['a', 'b'])
  // a character that is wider than the screen is not lost either
  expect(wrapped('日本', 1)).toEqual(['日', '本'])
})
