import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { redaction } from '../../../src/core/run/redaction.js'
import { Patterns, Redactor } from '../../../src/core/run/redactor.js'
import { sodiumReady } from '../../../src/core/sodium.js'

beforeAll(() => sodiumReady)

/** The output for these chunks, as it came. */
function outputs(redactor: Redactor, chunks: readonly (string | Uint8Array)[]): string[] {
  const texts = chunks.map(chunk => String(Buffer.from(redactor.push(Buffer.from(chunk)))))
  return [...texts, String(Buffer.from(redactor.end()))]
}

const redacted = (patterns: readonly string[], chunks: readonly string[]) =>
  outputs(new Redactor(new Patterns(patterns.map(text => Buffer.from(text)))), chunks).join('')

/** Marks every byte of every occurrence, the slow way. */
function expected(patterns: readonly string[], text: string): string {
  const hidden = Array.from(text, () => false)
  for (const pattern of patterns)
    for (let at = text.indexOf(pattern); pattern !== '' && at >= 0; at = text.indexOf(pattern, at + 1))
      hidden.fill(true, at, at + pattern.length)
  return Array.from(text, (character, at) =>
    !hidden[at] ? character : hidden[at - 1] === true ? '' : '[redacted]'
  ).join('')
}

describe('a stream of bytes', () => {
  it('loses every occurrence of every pattern, wherever its chunks end', () => {
    const few = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 })
    fc.assert(
      fc.property(fc.array(few, { maxLength: 5 }), fc.array(few, { maxLength: 12 }), (patterns, chunks) => {
        expect(redacted(patterns, chunks)).toBe(expected(patterns, chunks.join('')))
      }),
      { numRuns: 2000 }
    )
  })

  it('is not held back, except for what may begin a pattern', () => {
    const redactor = new Redactor(new Patterns([Buffer.from('secret')]))
    expect(outputs(redactor, ['Password: ', 'x sec', 'ond', ' secret', '!', 'se'])).toEqual([
      'Password: ',
      'x ',
      'second',
      ' [redacted]',
      '!',
      '',
      'se'
    ])
  })

  it('takes one step for each byte of a text that nearly matches everywhere', () => {
    const pattern = `${'a'.repeat(60_000)}b`
    const text = 'a'.repeat(300_000)
    expect(redacted([pattern], [text, 'b'])).toBe(`${'a'.repeat(240_000)}[redacted]`)
  })
})

const all = (value: string | Uint8Array, text: string) => {
  const variables = typeof value === 'string' ? new Map([['V', value]]) : new Map<string, string>()
  const files = typeof value === 'string' ? [] : [{ variable: 'V', content: value }]
  const { redactor, short } = redaction({ variables, files, stdin: undefined })
  return { text: outputs(redactor(), [text]).join(''), short }
}

describe('a value', () => {
  const value = 'correct horse "battery"/+\n'

  it.each([
    ['itself', value],
    ['in base64', Buffer.from(`user:${value}`).toString('base64')],
    ['in base64 for URLs', Buffer.from(`x${value}`).toString('base64url')],
    ['in a URL', encodeURIComponent(value)],
    ['in a JSON string', JSON.stringify(value)]
  ])('is replaced: %s', (_how, form) => {
    const { text, short } = all(value, `before ${form} after`)
    expect(short).toEqual([])
    expect(text).toMatch(/^before .{0,8}\[redacted\].{0,8}\s* after$/)
    expect(text).not.toContain('horse')
  })

  it('that is JSON is replaced also as the strings in it', () => {
    expect(all('{"a":{"password":"hunter2-hunter2"}}', 'is hunter2-hunter2').text).toBe('is [redacted]')
  })

  it('that is binary is replaced', () => {
    const bytes = Buffer.from([1, 2, 3, 4, 5, 6, 7, 8])
    expect(all(bytes, `x${bytes.toString('latin1')}y`).text).toBe('x[redacted]y')
  })

  it('that is too short is reported, and an empty one is not', () => {
    expect(all('5432', 'port 5432')).toEqual({ text: 'port 5432', short: ['V'] })
    expect(all('', 'text')).toEqual({ text: 'text', short: [] })
  })
})
