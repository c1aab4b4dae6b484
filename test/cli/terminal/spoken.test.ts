import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fingerprintLine, spokenLines } from '../../../src/cli/terminal/spoken.js'

const WORDS = 'airport swift coffee lantern orbit pelican quartz rhythm'
const at = (columns: number | undefined, isTerminal = true) =>
  ({ isTerminal, columns, unblock: () => undefined, write: async () => undefined }) as const

it('is one line without a terminal, or if its width is unknown', () => {
  for (const output of [at(20, false), at(undefined), at(0)])
    expect(fingerprintLine(WORDS, output)).toBe(`fingerprint  ${WORDS}`)
})

it('is indented on a terminal', () => {
  expect(fingerprintLine(WORDS, at(40))).toBe(
    'fingerprint  airport swift coffee\n             lantern orbit pelican\n             quartz rhythm'
  )
  expect(fingerprintLine(WORDS, at(12))).toBe(
    'fingerprint\nairport\nswift coffee\nlantern\norbit\npelican\nquartz\nrhythm'
  )
})

it('breaks no word at any width, and loses none', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 7, max: 200 }),
      fc.constantFrom('', '  ', 'fingerprint  '),
      (columns, first) => {
        const lines = spokenLines(first, WORDS, at(columns)).split('\n')
        expect(
          lines
            .join(' ')
            .split(/\s+/)
            .filter(Boolean)
            .slice(first.trim() ? 1 : 0)
        ).toEqual(WORDS.split(' '))
        for (const line of lines) if (line !== 'fingerprint') expect(line.length).toBeLessThanOrEqual(columns)
      }
    )
  )
})
