import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  canonical,
  canonicalBytes,
  fix,
  isList,
  utf8,
  type Value
} from '../../../src/core/format/canonical.js'

/** Keys that sort differently by code unit, code point and locale, and such as objects treat specially. */
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

/** As a reader gives it: maps of strings cannot change. */
function fixed(node: Value): Value {
  if (typeof node === 'string') return node
  if (isList(node)) return node.map(fixed)
  return fix(
    mapOf(Object.entries(node).map(([name, member]) => [name, fixed(member)])) as { [key: string]: Value }
  )
}

describe('what is kept of maps that cannot change', () => {
  it('is what would be made of them again', () => {
    fc.assert(
      fc.property(value, node => {
        const once = fixed(node)
        return [canonical(once), canonical(once)].every(text => text === canonical(node))
      })
    )
  })

  it('is nothing where a map can change, itself or what it holds', () => {
    const open: Record<string, Value> = { a: 'b' }
    const holding = Object.freeze({ list: [open], map: open })
    expect(canonical(holding)).toBe('{"list":[{"a":"b"}],"map":{"a":"b"}}')
    open['a'] = 'c'
    expect(canonical(open)).toBe('{"a":"c"}')
    expect(canonical(holding)).toBe('{"list":[{"a":"c"}],"map":{"a":"c"}}')
    expect(Object.isFrozen(fix({ a: ['b'] }))).toBe(false)
  })
})

describe('the canonical form', () => {
  it('is JSON of the same value', () => {
    fc.assert(
      fc.property(value, node => {
        // as text, because toEqual would forgive a prototype
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

  it('tells different values apart', () => {
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

  it('keeps lists in order, and empty things', () => {
    expect(canonical(['b', 'a', [], {}, ''])).toBe('["b","a",[],{},""]')
  })

  it('leaves out members that are undefined, as if they were not there', () => {
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

  it('is hashed and signed as UTF-8', () => {
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
