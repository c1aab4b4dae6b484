import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nearest } from '../../../src/core/service/nearest.js'

describe('the nearest of some texts', () => {
  it('is the shortest that continues the text with a hyphen, or else one with few letters changed', () => {
    expect(nearest('get-secret', ['delete-secret', 'get-secret-value-x', 'get-secret-value'])).toBe(
      'get-secret-value'
    )
    expect(nearest('dev/dbb', ['dev/db', 'dev/api'])).toBe('dev/db')
    expect(nearest('dev/bd', ['dev/api', 'dev/db'])).toBe('dev/db')
    expect(nearest('anything', ['else', 'whatever'])).toBeUndefined()
    expect(nearest('x', [])).toBeUndefined()
  })

  it('is the text itself, or has one letter more, less, changed or swapped', () => {
    const word = fc.string({ unit: fc.constantFrom(...'abcdefgh'), minLength: 4, maxLength: 12 })
    fc.assert(
      fc.property(word, fc.nat(11), fc.nat(3), (text, where, kind) => {
        const at = where % (text.length - 1)
        const [before, after] = [text.slice(0, at), text.slice(at)]
        const typed = [
          `${before}z${after}`,
          before + after.slice(1),
          `${before}z${after.slice(1)}`,
          before + after[1]! + after[0]! + after.slice(2)
        ][kind]!
        expect(nearest(text, ['0123456789', text])).toBe(text)
        expect(nearest(typed, ['0123456789', text])).toBe(text)
      })
    )
  })
})
