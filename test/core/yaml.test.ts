import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Value } from '../../src/core/canonical.js'
import { formatYaml, parseYaml } from '../../src/core/yaml.js'

const caps = { bytes: 4096, depth: 4 }
const read = (text: string) => parseYaml(new TextEncoder().encode(text), 'vault/x.yaml', caps)

const key = fc.oneof(
  fc.string({ unit: 'grapheme' }),
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
  it('reads back what it writes', () => {
    fc.assert(
      fc.property(value, written => {
        const bytes = new TextEncoder().encode(formatYaml(written, 'a comment'))
        expect(parseYaml(bytes, 'x', { bytes: 1e6, depth: 9 })).toEqual(written)
      }),
      { numRuns: 500 }
    )
  })

  it('takes every scalar for a string', () => {
    expect(read('a: 1\nb: yes\nc: null\nd: 2026-11-23\ne: "x"\nf:\n')).toEqual(
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
    ['nesting over the cap', 'a: [[[[[b]]]]]\n', 'deep'],
    ['nothing', '', 'empty'],
    ['a comment alone', '# x\n', 'empty'],
    ['a bare collection end', ']\n', 'vault/x.yaml'],
    ['too many bytes', `a: ${'b'.repeat(4096)}\n`, 'at most 4096']
  ])('refuses %s', (_what, text, why) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'DocumentRefused' }))
    expect(() => read(text)).toThrow(why)
    expect(() => read(text)).toThrow(/^vault\/x\.yaml: [^\n]+$/)
  })

  it('refuses what is not UTF-8', () => {
    expect(() => parseYaml(Uint8Array.of(0x61, 0x3a, 0x20, 0xff), 'x', caps)).toThrow('not UTF-8')
  })

  it('refuses nesting to the cap on bytes without exhausting the stack or time', () => {
    const deep = { bytes: 300_000, depth: 8 }
    for (const text of [
      '['.repeat(299_999),
      '- '.repeat(149_000),
      '{a: '.repeat(70_000),
      '? '.repeat(149_000)
    ]) {
      expect(() => parseYaml(new TextEncoder().encode(text), 'x', deep)).toThrow('x: ')
    }
  })
})
