import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CAPS, parseDocument } from '../../../src/core/format/documents.js'
import { ParseCache, isSameBytes } from '../../../src/core/format/parseCache.js'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('what was made of bytes', () => {
  it('is given for those bytes under that name, and for no others', () => {
    const all = new ParseCache<object>(100)
    const made = {}
    all.set('a', bytes('one'), made)
    expect(all.get('a', bytes('one'))).toBe(made)
    expect(all.get('a', bytes('onE'))).toBeUndefined()
    expect(all.get('a', bytes('one '))).toBeUndefined()
    expect(all.get('b', bytes('one'))).toBeUndefined()
  })

  it('never takes more room than it may, and what was made last stays', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.string({ maxLength: 6 }))), steps => {
        const all = new ParseCache<number>(10)
        let kept: [string, Uint8Array, number][] = []
        for (const [at, [name, text]] of steps.entries()) {
          all.set(name, bytes(text), at)
          kept = [...kept.filter(([other]) => other !== name), [name, bytes(text), at]]
          while (kept.reduce((sum, [, { length }]) => sum + length, 0) > 10) kept = kept.slice(1)
          for (const [one, content, made] of kept) expect(all.get(one, content)).toBe(made)
        }
      })
    )
  })

  it('compares whole', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5 }), fc.uint8Array({ maxLength: 5 }), (a, b) => {
        expect(isSameBytes(a, b)).toBe(Buffer.compare(a, b) === 0)
      })
    )
  })
})

describe('a document that is parsed again', () => {
  it('is the very same while its bytes are, and another once they are others', async () => {
    const path = 'remembered/.vaultrc'
    const first = await parseDocument('vaultrc', bytes('vault: one\n'), path)
    expect(await parseDocument('vaultrc', bytes('vault: one\n'), path)).toBe(first)
    expect(await parseDocument('vaultrc', bytes('vault: two\n'), path)).toEqual({ vault: 'two' })
    await expect(parseDocument('vaultrc', bytes('vault: [\n'), path)).rejects.toThrow(path)
    expect(CAPS.vaultrc.bytes).toBeGreaterThan(10)
  })

  it('is never an identity’s, which holds a secret', async () => {
    const text = `kind: git-vault/identity\nformat: 1\npublic: gvpub1_${'A'.repeat(91)}\nsecret: gvsec1_${'A'.repeat(48)}\n`
    const parse = () => parseDocument('identity', bytes(text), 'identity.yaml')
    const first = await parse()
    const again = await parse()
    expect(again).toEqual(first)
    expect(again).not.toBe(first)
  })
})
