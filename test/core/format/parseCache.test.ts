import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CAPS, parseDocument } from '../../../src/core/format/documents.js'
import { ParseCache, isSameBytes } from '../../../src/core/format/parseCache.js'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('the parse cache', () => {
  it('returns a value only for its bytes under its name', () => {
    const cache = new ParseCache<object>(100)
    const value = {}
    cache.set('a', bytes('one'), value)
    expect(cache.get('a', bytes('one'))).toBe(value)
    expect(cache.get('a', bytes('onE'))).toBeUndefined()
    expect(cache.get('a', bytes('one '))).toBeUndefined()
    expect(cache.get('b', bytes('one'))).toBeUndefined()
  })

  it('keeps the entries that were set last, within its size', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.string({ maxLength: 6 }))), steps => {
        const cache = new ParseCache<number>(10)
        let kept: [string, Uint8Array, number][] = []
        for (const [at, [name, text]] of steps.entries()) {
          cache.set(name, bytes(text), at)
          kept = [...kept.filter(([other]) => other !== name), [name, bytes(text), at]]
          while (kept.reduce((sum, [, { length }]) => sum + length, 0) > 10) kept = kept.slice(1)
          for (const [one, content, value] of kept) expect(cache.get(one, content)).toBe(value)
        }
      })
    )
  })

  it('compares all bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5 }), fc.uint8Array({ maxLength: 5 }), (a, b) => {
        expect(isSameBytes(a, b)).toBe(Buffer.compare(a, b) === 0)
      })
    )
  })
})

describe('a document that is parsed again', () => {
  it('is the same object while its bytes stay the same, and a new one when they change', async () => {
    const path = 'cached/.vaultrc'
    const first = await parseDocument('vaultrc', bytes('vault: one\n'), path)
    expect(await parseDocument('vaultrc', bytes('vault: one\n'), path)).toBe(first)
    expect(await parseDocument('vaultrc', bytes('vault: two\n'), path)).toEqual({ vault: 'two' })
    await expect(parseDocument('vaultrc', bytes('vault: [\n'), path)).rejects.toThrow(path)
    expect(CAPS.vaultrc.bytes).toBeGreaterThan(10)
  })

  it('is not cached if it is an identity, which holds a secret', async () => {
    const text = `kind: git-vault/identity\nformat: 1\npublic: gvpub1_${'A'.repeat(91)}\nsecret: gvsec1_${'A'.repeat(48)}\n`
    const parse = () => parseDocument('identity', bytes(text), 'identity.yaml')
    const first = await parse()
    const again = await parse()
    expect(again).toEqual(first)
    expect(again).not.toBe(first)
  })
})
