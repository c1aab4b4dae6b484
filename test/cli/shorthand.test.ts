import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitToShape } from '../../src/cli/aws/fit.js'
import { parseShorthand, type Shorthand } from '../../src/cli/aws/shorthand.js'
import type { Shape } from '../../src/core/shape.js'

const map = (entries: Record<string, unknown>) => expect.objectContaining(entries)

describe('shorthand', () => {
  // the cases of the AWS CLI's own unit tests that apply to this service
  it.each<[string, unknown]>([
    ['foo=bar', { foo: 'bar' }],
    ['foo=', { foo: '' }],
    ['foo= bar', { foo: 'bar' }],
    ['foo =bar', { foo: 'bar' }],
    ['a=b,c=d', { a: 'b', c: 'd' }],
    ['a=b , c=d', { a: 'b', c: 'd' }],
    ['foo=a,b', { foo: ['a', 'b'] }],
    ['foo=a,b,bar=c,d', { foo: ['a', 'b'], bar: ['c', 'd'] }],
    ['foo=a\\,b', { foo: 'a,b' }],
    ['foo=a=b', { foo: 'a=b' }],
    ['foo=bar,baz', { foo: ['bar', 'baz'] }],
    ['foo="bar,baz"', { foo: 'bar,baz' }],
    ["foo='bar,baz'", { foo: 'bar,baz' }],
    ["foo='it\\'s'", { foo: "it's" }],
    ['foo="a\\"b"', { foo: 'a"b' }],
    ['foo="",bar=""', { foo: '', bar: '' }],
    ['foo=[]', { foo: [] }],
    ['foo=[a,b],bar=c', { foo: ['a', 'b'], bar: 'c' }],
    ['foo=[ a , b  , c ]', { foo: ['a', 'b', 'c'] }],
    ['foo=[[a],[b,c]]', { foo: [['a'], ['b', 'c']] }],
    ['foo={a=b,c=d}', { foo: map({ a: 'b', c: 'd' }) }],
    ['foo={a=[b,{c=d}]}', { foo: map({ a: ['b', map({ c: 'd' })] }) }],
    ['foo=\u2713', { foo: '\u2713' }],
    ['a.b-c_d/e#f:g=h', { 'a.b-c_d/e#f:g': 'h' }],
    ['Key=name,Values=prod/,!test', { Key: 'name', Values: ['prod/', '!test'] }]
  ])('reads %s', (text, expected) => {
    expect({ ...parseShorthand(text) }).toEqual(expected)
  })

  it.each([
    ['foo', "Expected: '=', received: 'EOF' for input:\nfoo\n   ^"],
    ['foo=bar,', "Expected: '<second>', received: '<none>' for input:\nfoo=bar,\n        ^"],
    ['foo=[a', "Expected: ',', received: 'EOF' for input:\nfoo=[a\n      ^"],
    ["foo='a", "Expected: '<singled quoted>', received: '<none>' for input:\nfoo='a\n    ^"],
    ['a=b,\nc==d,e', "Expected: ',', received: '=' for input:\na=b,\nc==d,e\n  ^"],
    [
      'Key=a,Key=b',
      'Second instance of key "Key" encountered for input:\nKey=a,Key=b\n      ^\n' +
        'This is often because there is a preceding "," instead of a space.'
    ]
  ])('refuses %j', (text, message) => {
    expect(() => parseShorthand(text)).toThrow(message)
  })

  it('keeps a key such as __proto__', () => {
    expect(Object.keys(parseShorthand('__proto__=x,constructor=y'))).toEqual(['__proto__', 'constructor'])
  })

  it('passes the text after @= to the callback', () => {
    const marks: string[] = []
    const mark = (text: string): Shorthand => {
      marks.push(text)
      return 'content'
    }
    expect({ ...parseShorthand('a@=file://x', mark) }).toEqual({ a: 'content' })
    expect(marks).toEqual(['file://x'])
    expect({ ...parseShorthand('a=file://x', mark) }).toEqual({ a: 'file://x' })
  })

  it('parses what was formatted, at any depth', () => {
    const key = fc.stringMatching(/^[A-Za-z0-9_.#/:-]+$/)
    const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
    // the AWS CLI unescapes \" before \\, so a quote must not follow a backslash
    const text = fc.string({ unit: 'grapheme' }).filter(value => !value.includes('\\'))
    const { node } = fc.letrec<{ node: Shorthand }>(tie => ({
      node: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        text,
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(key, tie('node'), { maxKeys: 3, noNullPrototype: true })
      )
    }))
    const write = (value: Shorthand): string => {
      if (typeof value === 'string') return quoted(value)
      if (Array.isArray(value)) return `[${value.map(write).join(',')}]`
      return `{${Object.entries(value)
        .map(([name, part]) => `${name}=${write(part)}`)
        .join(',')}}`
    }
    const bare = (value: Shorthand): unknown => JSON.parse(JSON.stringify(value))
    fc.assert(
      fc.property(fc.dictionary(key, node, { minKeys: 1, maxKeys: 4, noNullPrototype: true }), written => {
        const line = Object.entries(written)
          .map(([name, part]) => `${name}=${write(part)}`)
          .join(',')
        expect(bare(parseShorthand(line))).toEqual(bare(written))
      })
    )
  })
})

describe('fitting to the model', () => {
  const tag: Shape = {
    type: 'structure',
    members: {
      Key: { type: 'string' },
      Values: { type: 'list', member: { type: 'string' } },
      Count: { type: 'integer' },
      On: { type: 'boolean' }
    }
  }

  it('converts words to lists, numbers and booleans', () => {
    expect(fitToShape({ Key: 'a', Values: 'b', Count: '3', On: 'TRUE' }, tag)).toEqual({
      Key: 'a',
      Values: ['b'],
      Count: 3,
      On: true
    })
  })

  it('leaves a value that does not fit for the validation to report', () => {
    expect(fitToShape({ Key: ['a', 'b'], Other: 'x', On: 'maybe' }, tag)).toEqual({
      Key: ['a', 'b'],
      Other: 'x',
      On: 'maybe'
    })
  })
})
