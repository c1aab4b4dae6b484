import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { masked } from '../../../src/core/run/mask.js'
import { sodiumReady } from '../../../src/core/sodium.js'

beforeAll(() => sodiumReady)

const bytes = (text: string) => new TextEncoder().encode(text)
const shown = (text: string, values: (string | Uint8Array)[], limit = 1000, isCut = false) =>
  masked({ bytes: bytes(text), isCut }, new Set(values), limit)

describe('the output of a function', () => {
  it('has no value, and no field of a value, in any of its forms', () => {
    const value = JSON.stringify({ user: 'administrator', password: 'correct horse battery' })
    const text = `logged in as administrator with correct%20horse%20battery, or ${btoa('correct horse battery')}`
    expect(shown(text, [value])).toBe('logged in as [redacted] with [redacted], or [redacted]')
  })

  it('has no short value either, and no short field with the name of a password', () => {
    expect(shown('pin 12345 of bob', ['12345'])).toBe('pin [redacted] of bob')
    expect(shown('no abc here, bob', [JSON.stringify({ user: 'bob', password: 'abc' })])).toBe(
      'no [redacted] here, bob'
    )
    expect(shown('A\u0001B', [new Uint8Array([1])])).toBe('A[redacted]B')
  })

  it('does not end with the beginning of a value, when the program was killed while it wrote', () => {
    expect(shown('password: correct hor', ['correct horse battery'])).toBe('password:')
  })

  it('does not begin with the end of a value, when what came before was dropped', () => {
    const value = 'correct horse battery'
    expect(shown(`se battery${' and more text'.repeat(9)}`, [value], 1000, true)).not.toContain('battery')
  })

  it('is at most as long as asked, from its end', () => {
    expect(shown('0123456789', [], 4)).toBe('6789')
  })

  it('never contains a value, wherever it is cut', () => {
    const value = fc.string({ minLength: 1, maxLength: 30 }).filter(text => text.trim() === text)
    fc.assert(
      fc.property(value, fc.string(), fc.string(), fc.nat(), (secret, before, after, at) => {
        const all = bytes(`${before}${secret}${after}`)
        const cut = at % (all.length + 1)
        const text = masked({ bytes: all.subarray(cut), isCut: cut > 0 }, new Set([secret]), 1000)
        // the mark itself may contain a short value
        expect(text.replaceAll('[redacted]', '').includes(secret) && secret.length > 1).toBe(false)
      })
    )
  })
})
