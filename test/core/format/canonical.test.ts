import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  canonical,
  canonicalBytes,
  freezeFlat,
  isList,
  utf8,
  type Value
} from '../../../src/core/format/canonical.js'

/** Keys that sort differently by code unit, code point and locale, and keys that objects treat specially. */
const key = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 4 }),
  fc.constantFrom('__proto__', 'constructor', 'toString', '', '10', '9', 'a', 'B', 'é', 'ﬁ', '😀', 'length')
)
const value = fc.letrec<{ node: Value }>(tie => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.string({ unit: 'grapheme' }),
    fc.array(tie('node'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('node')), { maxLength: 4 }).map(mapOf)
  )
})).node

function mapOf(pairs: readonly (readonly [string, Value])[]): Value {
  const map = Object.create(null) as Record<string, Value>
  for (const [name, member] of pairs) map[name] = member
  return map
}

function reversed(node: Value): Value {
  if (typeof node === 'string') return node
  if (isList(node)) return node.map(reversed)
  return mapOf(
    Object.entries(node)
      .reverse()
      .map(([name, member]) => [name, reversed(member)])
  )
}

/** Returns the value as a reader returns it: maps of strings are frozen. */
function frozen(node: Value): Value {
  if (typeof node === 'string') return node
  if (isList(node)) return node.map(frozen)
  return freezeFlat(
    mapOf(Object.entries(node).map(([name, member]) => [name, frozen(member)])) as { [key: string]: Value }
  )
}

describe('the cache of canonical forms', () => {
  it('returns the form that would be computed again', () => {
    fc.assert(
      fc.property(value, node => {
        const cached = frozen(node)
        return [canonical(cached), canonical(cached)].every(text => text === canonical(node))
      })
    )
  })

  it('holds no map that can change, or that contains a map or list that can', () => {
    const mutable: Record<string, Value> = { a: 'b' }
    const container = Object.freeze({ list: [mutable], map: mutable })
    expect(canonical(container)).toBe('{"list":[{"a":"b"}],"map":{"a":"b"}}')
    mutable['a'] = 'c'
    expect(canonical(mutable)).toBe('{"a":"c"}')
    expect(canonical(container)).toBe('{"list":[{"a":"c"}],"map":{"a":"c"}}')
    expect(Object.isFrozen(freezeFlat({ a: ['b'] }))).toBe(false)
  })
})

describe('the canonical form', () => {
  it('is JSON that parses to the same value', () => {
    fc.assert(
      fc.property(value, node => {
        // as text, because toEqual ignores prototypes
        expect(canonical(JSON.parse(canonical(node)) as Value)).toBe(canonical(node))
        expect(JSON.parse(canonical(node))).toEqual(JSON.parse(JSON.stringify(node)))
      })
    )
  })

  it('does not depend on the order in which keys were set', () => {
    fc.assert(
      fc.property(value, node => {
        expect(canonical(reversed(node))).toBe(canonical(node))
      })
    )
  })

  it('differs for different values', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        fc.pre(JSON.stringify(sorted(a)) !== JSON.stringify(sorted(b)))
        expect(canonical(a)).not.toBe(canonical(b))
      })
    )
  })

  it('sorts by UTF-16 code unit at every level', () => {
    const node = { z: [{ '😀': 'a', ﬁ: 'b', Z: 'c', '': 'd' }], Z: 'e' }
    expect(canonical(node)).toBe('{"Z":"e","z":[{"":"d","Z":"c","😀":"a","ﬁ":"b"}]}')
  })

  it('keeps the order of lists, and empty strings, lists and maps', () => {
    expect(canonical(['b', 'a', [], {}, ''])).toBe('["b","a",[],{},""]')
  })

  it('omits members that are undefined', () => {
    expect(canonical({ a: '1', b: undefined } as unknown as Value)).toBe('{"a":"1"}')
  })

  it('normalises nothing', () => {
    expect(canonical('é')).not.toBe(canonical('e\u0301'))
    expect(canonical(' a\u00a0\r\n')).toBe('" a\u00a0\\r\\n"')
  })

  it.each<[string, unknown]>([
    ['a value', 'a\ud83d'],
    ['a value, low half', '\ude00a'],
    ['a value, halves the wrong way round', '\ude00\ud83d'],
    ['a key', { '\ud83d': 'a' }],
    ['deep inside', [{ a: ['\udfff'] }]]
  ])('refuses half a surrogate pair in %s', (_where, node) => {
    const error = { code: 'ValidationException', message: /well-formed/ }
    expect(() => canonical(node as Value)).toThrow(expect.objectContaining({ code: error.code }))
    expect(() => canonical(node as Value)).toThrow(error.message)
  })

  it('is encoded as UTF-8', () => {
    expect(canonicalBytes('é😀')).toEqual(Uint8Array.of(0x22, 0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80, 0x22))
    expect(utf8('€')).toEqual(Uint8Array.of(0xe2, 0x82, 0xac))
  })
})

function sorted(node: Value): unknown {
  if (typeof node === 'string') return node
  if (isList(node)) return node.map(sorted)
  return Object.entries(node)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => ({ name, member: sorted(member) }))
}
