import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  commitMessage,
  parseMessage,
  percentDecode,
  percentEncode,
  type Trailer
} from '../../../src/core/format/message.js'

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary-ascii' }),
  fc.constantFrom('', ' ', '  ', '%', '%41', '\n', 'a\n\nMember: mallory', '\r', 'é', '\u2028', '#', ' a ')
)

describe('percent-encoding', () => {
  it('makes one printable line without a space at either end', () => {
    fc.assert(
      fc.property(text, value => {
        expect(percentEncode(value)).toMatch(/^(?:[!-~](?:[ -~]*[!-~])?)?$/)
      })
    )
  })

  it('is undone by decoding', () => {
    fc.assert(
      fc.property(text, value => {
        expect(percentDecode(percentEncode(value))).toBe(value)
      })
    )
  })

  it('uses UTF-8 and upper case', () => {
    expect(percentEncode('ÿ%~ \u007f')).toBe('%C3%BF%25~ %7F')
    expect(percentEncode(' a b ')).toBe('%20a b%20')
    expect(percentEncode('\t')).toBe('%09')
  })

  it('returns text unchanged if it cannot be decoded', () => {
    expect(percentDecode('100%')).toBe('100%')
    expect(percentDecode('%ff')).toBe('%ff')
  })
})

describe('a commit message', () => {
  const trailers = fc.array(fc.tuple(fc.constantFrom('Member', 'Version-Id', 'Pruned-Version'), text), {
    minLength: 1,
    maxLength: 4
  })

  it('is parsed to the same parts, whatever its values contain', () => {
    fc.assert(
      fc.property(text, trailers, (subject, list) => {
        const message = commitMessage('PutSecretValue', subject, list)
        expect(message.split('\n')).toHaveLength(list.length + 3)
        expect(parseMessage(message)).toEqual({ operation: 'PutSecretValue', subject, trailers: list })
      })
    )
  })

  it('has trailers that git can parse', () => {
    const message = commitMessage('PutSecretValue', 'prod/db', [
      ['Client-Request-Token', 'a\nMember: mallory'],
      ['Member', 'alice']
    ])
    expect(message).toBe(
      'PutSecretValue prod/db\n\nClient-Request-Token: a%0AMember: mallory\nMember: alice\n'
    )
    const parsed = execFileSync('git', ['interpret-trailers', '--parse'], {
      input: message,
      encoding: 'utf8'
    })
    expect(parsed).toBe('Client-Request-Token: a%0AMember: mallory\nMember: alice\n')
  })

  it.each([
    ['', { operation: '', subject: '', trailers: [] }],
    ['Initial', { operation: 'Initial', subject: '', trailers: [] }],
    ['a b c', { operation: 'a', subject: 'b c', trailers: [] }],
    ['a b\n\nfree text: yes\nno trailer\nX:y\n: z\nMember: bob', trailer('a', 'b', ['Member', 'bob'])],
    ['a b\nMember: not yet\nMember: bob', trailer('a', 'b', ['Member', 'bob'])],
    ['a 50%\n\nMember: %zz', trailer('a', '50%', ['Member', '%zz'])]
  ])('written by hand is parsed, too: %j', (message, parsed) => {
    expect(parseMessage(message)).toEqual(parsed)
  })
})

function trailer(operation: string, subject: string, ...trailers: Trailer[]) {
  return { operation, subject, trailers }
}
