import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Value } from '../../../src/core/format/canonical.js'
import { parse } from 'yaml'
import { parseAnyYaml } from '../../../src/core/format/anyYaml.js'
import { formatYaml, readPlainYaml } from '../../../src/core/format/plainYaml.js'
import { parseYaml } from '../../../src/core/format/yaml.js'

const caps = { bytes: 4096, depth: 4 }
const read = (text: string) => parseYaml(new TextEncoder().encode(text), 'vault/x.yaml', caps)
const readByLibrary = (text: string) =>
  parseAnyYaml(text, 9, why => {
    throw new Error(why)
  })

/** Texts that some reader reads as something other than a string. */
const lookalike = fc.oneof(
  fc.stringMatching(/^[-+.]?[0-9][0-9_.,:eExXoOa-f]{0,6}$/),
  fc.constantFrom(
    'y',
    'N',
    'yes',
    'Off',
    'TRUE',
    'Null',
    '~',
    '.inf',
    '-.INF',
    '.nan',
    '0x1F',
    '0b1',
    '0o7',
    '017',
    '1:30',
    '1_000',
    '1e3',
    '+1',
    '=',
    '<<',
    '!a',
    '@a',
    '%a',
    '`a'
  )
)
const SYNTAX = [
  ' ',
  '  ',
  '\n',
  ':',
  ': ',
  '- ',
  '-',
  '#',
  ' #',
  '"',
  "'",
  '[]',
  '{}',
  '[',
  '{',
  '&a ',
  '*a',
  '!a ',
  '? ',
  '|',
  '>',
  ',',
  '\\',
  '---\n',
  '...\n',
  '%',
  '@',
  '\t'
]

const key = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom(...'aZ9_/.+-=@!~: #') }),
  fc.constantFrom('__proto__', 'constructor', '<<', '~', 'null', '1', '', '- a', '? a', '#', 'a: b')
)
const value: fc.Arbitrary<Value> = fc.letrec<{ node: Value }>(tie => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    key,
    fc.array(tie('node'), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie('node')), { maxLength: 3 }).map(pairs => {
      const map: Record<string, Value> = Object.create(null)
      for (const [name, member] of pairs) map[name] = member
      return map
    })
  )
})).node

describe('the strict YAML subset', () => {
  it('reads back what it writes, with and without the library', () => {
    fc.assert(
      fc.property(value, written => {
        const text = formatYaml(written, 'a comment')
        if (typeof written === 'object' && Object.keys(written).length > 0)
          expect(readPlainYaml(text, 9)).toEqual(written)
        expect(readByLibrary(text)).toEqual(written)
      }),
      { numRuns: 2000 }
    )
  })

  it('writes text that every reader reads as strings', () => {
    fc.assert(
      fc.property(fc.oneof(key, lookalike), text => {
        for (const version of ['1.1', '1.2'] as const) {
          expect(parse(formatYaml({ a: text, b: [text] }, 'x'), { version })).toEqual({ a: text, b: [text] })
        }
      }),
      { numRuns: 5000 }
    )
  })

  it('without the library reads only what the library reads as the same value', () => {
    let compared = 0
    const edit = fc.record({
      at: fc.nat(),
      drop: fc.nat(3),
      insert: fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom(...SYNTAX))
    })
    fc.assert(
      fc.property(value, fc.array(edit, { minLength: 1, maxLength: 3 }), (written, edits) => {
        let text = formatYaml(written, 'a comment')
        for (const { at, drop, insert } of edits) {
          const place = at % (text.length + 1)
          text = text.slice(0, place) + insert + text.slice(place + drop)
        }
        // oxlint-disable-next-line no-control-regex -- control characters are the subject
        const ours = /[\0-\x08\x0b-\x1f]/.test(text) ? undefined : readPlainYaml(text, 9)
        if (ours === undefined) return
        compared++
        expect(readByLibrary(text)).toEqual(ours)
      }),
      { numRuns: 20_000 }
    )
    expect(compared).toBeGreaterThan(2000)
  })

  it('reads every scalar as a string', async () => {
    expect(await read('a: 1\nb: yes\nc: null\nd: 2026-11-23\ne: "x"\nf:\n')).toEqual(
      Object.assign(Object.create(null), { a: '1', b: 'yes', c: 'null', d: '2026-11-23', e: 'x', f: '' })
    )
  })

  it.each([
    ['an anchor', 'a: &x b\n', 'anchors'],
    ['an alias', 'a: &x b\nc: *x\n', 'not allowed'],
    ['a lone alias', 'a: *x\n', 'aliases'],
    ['a merge key', 'a: {b: c}\n<<: *a\n', 'aliases'],
    ['a tag', 'a: !!str b\n', 'tags'],
    ['a local tag', 'a: !x b\n', 'tags'],
    ['a directive', '%YAML 1.1\n---\na: b\n', 'not allowed'],
    ['a document start', '---\na: b\n', 'document marker'],
    ['a document end', 'a: b\n...\n', 'document marker'],
    ['two documents', 'a: b\n---\nc: d\n', 'not allowed'],
    ['a duplicate key', 'a: b\na: c\n', 'twice'],
    ['a duplicate key, quoted', 'a: b\n"a": c\n', 'twice'],
    ['a duplicate key, escaped', 'a: b\n"\\x61": c\n', 'twice'],
    ['a key that is a list', '? [a]\n: b\n', 'key'],
    ['a key that is a map', '{a: b}: c\n', 'key'],
    ['an explicit key', '? a\n: b\n', 'complex keys'],
    ['a byte order mark', '\ufeffa: b\n', 'U+FEFF'],
    ['NUL', 'a: b\0\n', 'U+0000'],
    ['an escape character', 'a: \u001b[2J\n', 'U+001B'],
    ['a tab for indentation', 'a:\n\tb: c\n', 'vault/x.yaml'],
    ['an unclosed quote', 'a: "b\n', 'vault/x.yaml'],
    ['an unclosed flow', 'a: [b\n', 'vault/x.yaml'],
    ['an unknown escape', 'a: "\\q"\n', 'vault/x.yaml'],
    ['nesting deeper than allowed', 'a: [[[[[b]]]]]\n', 'deep'],
    ['an empty map deeper than allowed', 'a:\n  b:\n    c:\n      d: {}\n', 'deep'],
    ['an empty list deeper than allowed', 'a:\n  - - - []\n', 'deep'],
    ['a conflict', '<<<<<<< HEAD\na: b\n=======\na: c\n>>>>>>> other\n', 'merge conflict markers'],
    [
      'a conflict further down',
      'a: b\n<<<<<<< HEAD\nc: d\n=======\nc: e\n>>>>>>> x\n',
      'merge conflict markers'
    ],
    ['nothing', '', 'empty'],
    ['a comment alone', '# x\n', 'empty'],
    ['a bare collection end', ']\n', 'vault/x.yaml'],
    ['too many bytes', `a: ${'b'.repeat(4096)}\n`, 'over the limit of 4096']
  ])('refuses %s', async (_what, text, why) => {
    await expect(read(text)).rejects.toMatchObject({ code: 'DocumentRefused' })
    await expect(read(text)).rejects.toThrow(why)
    await expect(read(text)).rejects.toThrow(/^vault\/x\.yaml: [^\n]+$/)
  })

  it('says how to resolve a conflict', async () => {
    await expect(read('<<<<<<< HEAD\na: b\n=======\na: c\n>>>>>>> x\n')).rejects.toMatchObject({
      message: 'vault/x.yaml: it contains merge conflict markers',
      hint: 'git-vault resolve'
    })
    await expect(read('a: &x b\n')).rejects.toMatchObject({ hint: undefined })
  })

  it('refuses bytes that are not UTF-8', async () => {
    await expect(parseYaml(Uint8Array.of(0x61, 0x3a, 0x20, 0xff), 'x', caps)).rejects.toThrow('not UTF-8')
  })

  it('refuses the deepest nesting that fits, without exhausting the stack or time', async () => {
    const deep = { bytes: 300_000, depth: 8 }
    for (const text of [
      '['.repeat(299_999),
      '- '.repeat(149_000),
      '{a: '.repeat(70_000),
      '? '.repeat(149_000)
    ]) {
      await expect(parseYaml(new TextEncoder().encode(text), 'x', deep)).rejects.toThrow('x: ')
    }
  })
})

describe('a file with CRLF', () => {
  it('is read without the library, as the same value', () => {
    fc.assert(
      fc.property(value, written => {
        if (typeof written === 'string' || Object.keys(written).length === 0) return
        const text = formatYaml(written, 'a comment').replaceAll('\n', '\r\n')
        expect(readPlainYaml(text, 9)).toEqual(written)
        expect(readByLibrary(text)).toEqual(written)
      }),
      { numRuns: 1000 }
    )
  })

  it('is not read without the library if a line has another CR', () => {
    expect(readPlainYaml('a: b\rc: d\n', 9)).toBeUndefined()
    expect(readPlainYaml('a: "b\r"\n', 9)).toBeUndefined()
  })
})

describe('a key of a map', () => {
  /** `count` characters that are six each as written, and some more. */
  const keyOf = (count: number, more: number) => '\x01'.repeat(count) + 'a'.repeat(more)

  it('has at most 1,024 characters as written, in every form of the file', async () => {
    const longest = { [keyOf(170, 2)]: 'b' }
    const text = formatYaml(longest, 'a comment')
    for (const form of [text, text.replaceAll('\n', '\r\n'), text.replace(': b', ': "\\x62"')])
      expect(await read(form)).toEqual(Object.assign(Object.create(null), longest))
    const longer = text.replace('aa"', 'aaa"')
    for (const form of [longer, longer.replaceAll('\n', '\r\n'), longer.replace(': b', ': "\\x62"')])
      await expect(read(form)).rejects.toMatchObject({ code: 'DocumentRefused' })
  })

  it('is refused when it is written, if no reader would accept it', () => {
    expect(() => formatYaml({ [keyOf(170, 3)]: 'b' }, 'x')).toThrow(
      expect.objectContaining({
        code: 'ValidationException',
        message: expect.stringMatching(
          /^the label or name "\\u0001.*… has 1025 characters in YAML, over the limit of 1024$/
        ) as string
      })
    )
  })
})
