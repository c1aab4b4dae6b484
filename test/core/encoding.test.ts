import fc from 'fast-check'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { decode, encode, utf8Text } from '../../src/core/encoding.js'
import { sodium, sodiumReady } from '../../src/core/sodium.js'

beforeAll(() => sodiumReady)
afterEach(() => {
  vi.restoreAllMocks()
})

it('returns the text of UTF-8 with its byte order mark, and nothing for other bytes', () => {
  const utf8 = (text: string) => new TextEncoder().encode(text)
  for (const text of ['', 'é❤🦄', '\uFEFFa', 'a\0b']) expect(utf8Text(utf8(text))).toBe(text)
  for (const bytes of [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80]])
    expect(utf8Text(Uint8Array.from(bytes))).toBeUndefined()
})

describe('base64url', () => {
  it('decodes what it encoded, and agrees with Node', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        expect(encode(bytes)).toBe(Buffer.from(bytes).toString('base64url'))
        expect(decode(encode(bytes))).toEqual(bytes)
        expect(decode(encode(bytes), bytes.length)).toEqual(bytes)
      })
    )
  })

  it('decodes only its own output', () => {
    const near = fc.string({ unit: fc.constantFrom(...'ABwxyz059-_=+/ \n\0é'), maxLength: 9 })
    fc.assert(
      fc.property(fc.oneof(near, fc.string()), text => {
        const bytes = decode(text)
        if (bytes) expect(encode(bytes)).toBe(text)
        else expect(Buffer.from(text, 'base64url').toString('base64url')).not.toBe(text)
      }),
      { numRuns: 2000 }
    )
  })

  it('refuses another length than asked for', () => {
    const text = encode(new Uint8Array(32))
    expect(decode(text, 31)).toBeUndefined()
    expect(decode(text, 33)).toBeUndefined()
    expect(decode('', 1)).toBeUndefined()
    expect(decode('', 0)).toEqual(new Uint8Array(0))
  })

  it('checks for stray bits itself, even if the library accepts them', () => {
    vi.spyOn(sodium, 'from_base64').mockReturnValue(Uint8Array.of(0xff))
    expect(decode('_w')).toEqual(Uint8Array.of(0xff))
    expect(decode('_x')).toBeUndefined()
  })
})
