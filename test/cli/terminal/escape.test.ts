import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { safeValue, visible, visibleJson, visibleLines } from '../../../src/cli/terminal/escape.js'

const hidden: [string, string][] = [
  ['zero-width space', '\u200b'],
  ['zero-width joiner', '\u200d'],
  ['word joiner', '\u2060'],
  ['invisible times', '\u2062'],
  ['byte order mark', '\ufeff'],
  ['soft hyphen', '\u00ad'],
  ['combining grapheme joiner', '\u034f'],
  ['Hangul filler', '\u3164'],
  ['half-width Hangul filler', '\uffa0'],
  ['Mongolian vowel separator', '\u180e'],
  ['variation selector', '\ufe0f'],
  ['blank Braille pattern', '\u2800'],
  ['interlinear annotation', '\ufff9'],
  ['tag letter', '\u{e0041}'],
  ['variation selector supplement', '\u{e0100}'],
  ['musical beam', '\u{1d173}']
]

describe('an invisible character', () => {
  it.each(hidden)('%s is escaped in names, and kept in values', (_, character) => {
    const text = `AWS${character}CURRENT`
    for (const escape of [visible, visibleLines]) {
      expect(escape(text)).toMatch(/^AWS(?:\\u[0-9a-f]{4}){1,2}CURRENT$/)
      expect(JSON.parse(`"${escape(text)}"`)).toBe(text)
    }
    expect(safeValue(text)).toBe(text)
  })
})

it.each(['\u0007', '\u001b', '\u007f', '\u009b', '\u2028', '\u202e', '\u2066', '\u061c', '\r'])(
  'a control or bidirectional character is escaped everywhere: %j',
  character => {
    for (const escape of [visible, visibleLines, safeValue])
      expect(escape(character)).toMatch(/^\\u[0-9a-f]{4}$/)
  }
)

it('text that is seen is kept', () => {
  for (const text of ['prod/db', 'Zürich', '日本語', 'Ω≈ç', '🔑', 'a b', 'e\u0301', 'prix\u00a0: 5'])
    for (const escape of [visible, visibleLines, safeValue]) expect(escape(text)).toBe(text)
  expect(visible('a\n\tb')).toBe('a\\u000a\\u0009b')
  expect(visibleLines('a\n\tb')).toBe('a\n\tb')
})

it('JSON keeps its meaning, and has no raw character that a terminal obeys', () => {
  const part = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(...hidden.map(([, one]) => one), '\u202e')
  )
  fc.assert(
    fc.property(fc.dictionary(part, fc.array(part)), value => {
      const text = visibleJson({ value })
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify({ value })))
      expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2028\u2029]/u)
    })
  )
})
