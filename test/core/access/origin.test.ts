import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { openingTenures } from '../../../src/core/access/access.js'
import { canCarry, carriedOrigin, placesOf, type Origin } from '../../../src/core/access/origin.js'
import { sodiumReady } from '../../../src/core/sodium.js'
import { memberIn, PEOPLE } from './logKit.js'
import { lives, openings, signedAt } from '../crypto/valueKit.js'

beforeAll(() => sodiumReady)

const place = (text: string) => ({ key: text.slice(0, -1), recipient: text })
/** From text such as `a1 b1 c1`: the first place of a value, then the later ones. */
function origin(text: string): Origin {
  const [first, ...others] = text.split(' ').map(place)
  const [second, ...more] = others
  return { ...first!, writer: 'w', ...(second ? { also: [second, ...more] } : {}) }
}
const textOf = (all: { recipient: string }[]) => all.map(({ recipient }) => recipient).join(' ')

describe('a carried origin', () => {
  it.each([
    ['of a value that never had another key', 'a1', 'a1', 'a1'],
    ['under the next generation of its key', 'a1', 'a2', 'a1'],
    ['from a second key', 'a1', 'b1', 'a1 b1'],
    ['from a third key, at the end', 'a1 b1', 'c1', 'a1 b1 c1'],
    ['from a fourth key, after the others', 'a1 b1 c1', 'd1', 'a1 b1 c1 d1'],
    ['from a key that it already names, even a newer generation', 'a1 b1 c1', 'b2', 'a1 b1 c1'],
    ['from the key that was the first', 'a1 b1', 'a3', 'a1 b1']
  ])('%s: %s, now %s', (_what, before, now, expected) => {
    expect(carriedOrigin({ ...place(now), origin: origin(before) })).toEqual(origin(expected))
  })

  it('keeps the first place and the writer, and names each key once', () => {
    fc.assert(
      fc.property(lives, ({ ciphertexts }) => {
        const [first, last] = [ciphertexts[0]!.origin, ciphertexts.at(-1)!.origin]
        const { also, ...rest } = last
        expect(rest).toEqual(first)
        const keys = [last.key, ...(also ?? []).map(({ key }) => key)]
        expect(new Set(keys).size).toBe(keys.length)
      })
    )
  })

  it('does not change its input', () => {
    fc.assert(
      fc.property(lives, ({ ciphertexts }) => {
        const all = structuredClone(ciphertexts)
        for (const ciphertext of ciphertexts) carriedOrigin(ciphertext)
        expect(ciphertexts).toEqual(all)
      })
    )
  })

  it('keeps a place that opens for every member who could ever open the value, and for no other', () => {
    fc.assert(
      fc.property(lives, ({ history, ciphertexts }) => {
        const places = placesOf(ciphertexts.at(-1)!)
        for (const name of PEOPLE) {
          const member = memberIn(history, name)
          if (!member) continue
          const opens = places.some(one => openingTenures(history.access, member, one).length > 0)
          expect(opens).toBe(ciphertexts.some(one => openings(history, name, one).length > 0))
        }
      })
    )
  })
})

describe('the places of a value', () => {
  it('are its first, the later ones in order, and its own', () => {
    expect(textOf(placesOf({ ...place('a1'), origin: origin('a1') }))).toBe('a1 a1')
    expect(textOf(placesOf({ ...place('d1'), origin: origin('a1 c1 b1') }))).toBe('a1 c1 b1 d1')
  })
})

describe('a value with an origin', () => {
  it('can be carried only by its writer and by members who could open one of its places', () => {
    fc.assert(
      fc.property(lives, ({ history, writer, knew, ciphertexts }) => {
        for (const name of PEOPLE) {
          const member = memberIn(history, name)
          if (!member) continue
          const document = signedAt(ciphertexts.at(-1)!, knew.at(-1)!, name)
          const could = ciphertexts.some(one => openings(history, name, one).length > 0)
          expect(canCarry(history.access, member, document)).toBe(name === writer || could)
        }
      })
    )
  })
})

it('a value keeps every key that it has been under', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd')
  fc.assert(
    fc.property(key, fc.array(fc.tuple(key, fc.nat({ max: 3 })), { maxLength: 8 }), (first, moves) => {
      let document = {
        key: first,
        recipient: `${first}0`,
        origin: { key: first, recipient: `${first}0`, writer: 'w' }
      }
      for (const [next, generation] of moves)
        document = {
          key: next,
          recipient: `${next}${generation}`,
          origin: carriedOrigin(document) as typeof document.origin
        }
      const { origin } = document as { origin: ReturnType<typeof carriedOrigin> }
      const under = [origin.key, ...(origin.also ?? []).map(other => other.key), document.key]
      expect(new Set(under)).toEqual(new Set([first, ...moves.map(([next]) => next)]))
      expect(new Set((origin.also ?? []).map(other => other.key)).size).toBe(origin.also?.length ?? 0)
    })
  )
})
