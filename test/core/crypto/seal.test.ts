import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { VersionDocument } from '../../../src/core/format/documents.js'
import { decode, encode } from '../../../src/core/encoding.js'
import {
  openSealed,
  openValue,
  pad,
  sealFault,
  sealTo,
  sealValue,
  unpad,
  type SealHeader,
  type SecretValue
} from '../../../src/core/crypto/seal.js'
import { sodium, sodiumReady } from '../../../src/core/sodium.js'

beforeAll(() => sodiumReady)

const VAULT = 'v'.repeat(43)
const fill = (byte: number, length = 32) => new Uint8Array(length).fill(byte)
const random = { dataKey: fill(1), nonce: fill(2, 24), ephemeral: fill(3) }
const secretKey = fill(4)
const publicKey = () => sodium.crypto_scalarmult_base(secretKey)

function headerOf(type: SecretValue['type']): SealHeader {
  return {
    kind: 'git-vault/version',
    format: '1',
    secret: 'arn:aws:secretsmanager:local:000000000000:secret:a-AbC123',
    version: 'x'.repeat(32),
    created: '2025-11-23T18:50:01.003Z',
    type,
    key: 'default',
    recipient: 'r'.repeat(22),
    origin: { key: 'default', recipient: 'r'.repeat(22), writer: 'w'.repeat(22) },
    signed: {
      serial: '1',
      by: 'b'.repeat(22),
      access: { entry: '1', hash: VAULT },
      change: { operation: 'PutSecretValue', time: '2025-11-23T18:50:01.003Z' }
    }
  }
}

function seal(value: SecretValue, header = headerOf(value.type)): VersionDocument {
  return { ...header, ...sealValue(value, header, VAULT, publicKey(), random), signature: '' }
}

const open = (document: VersionDocument, vault = VAULT) => openValue(document, vault, publicKey(), secretKey)

const values: fc.Arbitrary<SecretValue> = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 2000 }).map(text => ({ type: 'string', text }) as const),
  fc.uint8Array({ maxLength: 3000 }).map(bytes => ({ type: 'binary', bytes }) as const),
  fc
    .constantFrom(0, 1, 1022, 1023, 1024, 2047, 2048, 65535, 65536)
    .chain(size =>
      fc.constantFrom(0, 0x80, 0xff).map(byte => ({ type: 'binary', bytes: fill(byte, size) }) as const)
    )
)

describe('a sealed value', () => {
  it('opens to the same value', () => {
    fc.assert(
      fc.property(values, value => {
        expect(open(seal(value))).toEqual(value)
      }),
      { numRuns: 200 }
    )
  })

  it('does not change its input', () => {
    const bytes = fill(5, 10)
    seal({ type: 'binary', bytes })
    expect(bytes).toEqual(fill(5, 10))
    expect(random).toEqual({ dataKey: fill(1), nonce: fill(2, 24), ephemeral: fill(3) })
  })

  it('has one of a few sizes', () => {
    const sizeOf = (length: number) =>
      decode(seal({ type: 'binary', bytes: fill(0, length) }).ciphertext)?.length
    expect([0, 1, 1023, 1024, 2047, 2048, 65535, 65536].map(sizeOf)).toEqual(
      [1024, 1024, 1024, 2048, 2048, 4096, 65536, 131072].map(size => size + 16)
    )
  })

  const altered: [what: string, over: (document: VersionDocument) => object][] = [
    ['kind', () => ({ kind: 'git-vault/stages' })],
    ['format', () => ({ format: '2' })],
    ['secret', ({ secret }) => ({ secret: `${secret.slice(0, -1)}4` })],
    ['version', () => ({ version: 'y'.repeat(32) })],
    ['created', () => ({ created: '2025-11-23T18:50:01.004Z' })],
    ['type', () => ({ type: 'binary' })],
    ['key', () => ({ key: 'prod' })],
    ['recipient', () => ({ recipient: 's'.repeat(22) })],
    ["origin's key", ({ origin }) => ({ origin: { ...origin, key: 'prod' } })],
    ["origin's writer", ({ origin }) => ({ origin: { ...origin, writer: 'v'.repeat(22) } })],
    ["origin's recipient", ({ origin }) => ({ origin: { ...origin, recipient: 's'.repeat(22) } })],
    ['writer', ({ signed }) => ({ signed: { ...signed, by: 'c'.repeat(22) } })],
    ['access entry', ({ signed }) => ({ signed: { ...signed, access: { ...signed.access, entry: '2' } } })],
    [
      'access hash',
      ({ signed }) => ({ signed: { ...signed, access: { ...signed.access, hash: 'w'.repeat(43) } } })
    ],
    ['nonce', () => ({ nonce: encode(fill(9, 24)) })],
    ['nonce, not base64url', () => ({ nonce: '!' })],
    ['nonce, short', () => ({ nonce: encode(fill(2, 23)) })],
    ['data key, short', ({ dataKey }) => ({ dataKey: dataKey.slice(0, 104) })],
    ['data key, of 31 bytes', () => ({ dataKey: encode(sealTo(publicKey(), fill(1, 31), fill(3))) })],
    ['data key, sealed to somebody else', () => ({ dataKey: encode(sealTo(fill(9), fill(1), fill(3))) })],
    ['data key, another', () => ({ dataKey: encode(sealTo(publicKey(), fill(9), fill(3))) })],
    ['ciphertext, not base64url', () => ({ ciphertext: '!' })],
    ['ciphertext, empty', () => ({ ciphertext: '' })],
    ['ciphertext, truncated', ({ ciphertext }) => ({ ciphertext: ciphertext.slice(0, -4) })]
  ]
  it.each(altered)('does not open with another %s', (_what, over) => {
    const document = seal({ type: 'string', text: 'a' })
    expect(open(document)).toEqual({ type: 'string', text: 'a' })
    expect(open({ ...document, ...over(document) })).toBeUndefined()
  })

  it('does not open in another vault', () => {
    expect(open(seal({ type: 'string', text: 'a' }), 'w'.repeat(43))).toBeUndefined()
  })

  it('does not depend on fields that only the signature covers', () => {
    const document = seal({ type: 'string', text: 'a' })
    const signed = {
      ...document.signed,
      serial: '7',
      change: { ...document.signed.change, operation: 'Other' }
    }
    expect(open({ ...document, signed, signature: 'x' })).toEqual({ type: 'string', text: 'a' })
  })

  it('does not open with any bit flipped', () => {
    const document = seal({ type: 'string', text: 'a' })
    const bytes = decode(document.ciphertext) ?? expect.fail('not base64url')
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const flipped = bytes.slice()
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit)
        expect(open({ ...document, ciphertext: encode(flipped) })).toBeUndefined()
      }),
      { numRuns: 200 }
    )
  })

  it('opens as text only if it is UTF-8, and keeps a byte order mark', () => {
    const header = headerOf('string')
    const wrong = sealValue(
      { type: 'binary', bytes: Uint8Array.of(0xc3) },
      header,
      VAULT,
      publicKey(),
      random
    )
    expect(open({ ...header, ...wrong, signature: '' })).toBeUndefined()
    expect(open(seal({ type: 'string', text: '\ufeffa' }))).toEqual({ type: 'string', text: '\ufeffa' })
  })
})

describe('checking a ciphertext without a key', () => {
  it('finds no fault in a sealed value', () => {
    fc.assert(
      fc.property(values, value => {
        expect(sealFault(seal(value))).toBeUndefined()
      })
    )
  })

  it('finds a size that is not that of a padded value', () => {
    const document = seal({ type: 'string', text: 'a' })
    const sizes = [1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072].map(size => size + 16)
    const near = fc
      .constantFrom(...sizes, 16 + 512, 16 + 262144)
      .chain(size => fc.constantFrom(size - 1, size, size + 1))
    fc.assert(
      fc.property(fc.oneof(near, fc.nat({ max: 140_000 })), size => {
        const ciphertext = encode(fill(7, size))
        expect(sealFault({ ...document, ciphertext })).toBe(
          sizes.includes(size) ? undefined : 'its ciphertext is not of the size of a padded value'
        )
      })
    )
  })

  const [KEY, NONCE, SIZE] = [
    'its data key is not a sealed box of 80 bytes',
    'its nonce is not 24 bytes',
    'its ciphertext is not of the size of a padded value'
  ]
  it.each<[string, Partial<VersionDocument>, string]>([
    ['data key, short', { dataKey: 'A'.repeat(106) }, KEY],
    ['data key, long', { dataKey: 'A'.repeat(108) }, KEY],
    ['data key, not base64url', { dataKey: '+'.repeat(107) }, KEY],
    ['nonce, short', { nonce: 'A'.repeat(31) }, NONCE],
    ['nonce, long', { nonce: 'A'.repeat(34) }, NONCE],
    ['nonce, not base64url', { nonce: '+'.repeat(32) }, NONCE],
    ['ciphertext, empty', { ciphertext: '' }, SIZE],
    ['ciphertext, not base64url', { ciphertext: '!' }, SIZE]
  ])('finds a malformed %s', (_what, over, fault) => {
    expect(sealFault({ ...seal({ type: 'string', text: 'a' }), ...over })).toBe(fault)
  })
})

describe('padding', () => {
  it('is undone by unpadding, and reaches the least power of two from 1 KiB', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 40 }),
          fc.nat(70_000).map(size => fill(0x80, size))
        ),
        bytes => {
          const padded = pad(bytes)
          expect(unpad(padded)).toEqual(bytes)
          expect(Math.log2(padded.length) % 1).toBe(0)
          expect(padded.length >= 1024 && padded.length > bytes.length).toBe(true)
          expect(padded.length === 1024 || padded.length / 2 <= bytes.length).toBe(true)
        }
      )
    )
  })

  it.each<[string, () => Uint8Array]>([
    ['nothing', () => new Uint8Array(0)],
    ['only zeros', () => fill(0, 1024)],
    ['no 0x80', () => fill(1, 1024)],
    [
      'a byte other than zero after 0x80',
      () => {
        const bytes = pad(fill(1, 9))
        bytes[1023] = 1
        return bytes
      }
    ],
    [
      'more than needed',
      () => {
        const bytes = fill(0, 2048)
        bytes[9] = 0x80
        return bytes
      }
    ],
    [
      'less than needed',
      () => {
        const bytes = fill(0, 512)
        bytes[9] = 0x80
        return bytes
      }
    ],
    [
      'a size that is not a power of two',
      () => {
        const bytes = fill(0, 1536)
        bytes[1030] = 0x80
        return bytes
      }
    ]
  ])('is refused: %s', (_what, bytes) => expect(unpad(bytes())).toBeUndefined())
})

describe('a sealed box', () => {
  it('is libsodium’s, with the ephemeral key given', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ maxLength: 80 }),
        (key, message) => {
          const box = sealTo(publicKey(), message, key)
          expect(box).toHaveLength(message.length + 48)
          expect(box.slice(0, 32)).toEqual(sodium.crypto_scalarmult_base(key))
          expect(sodium.crypto_box_seal_open(box, publicKey(), secretKey)).toEqual(message)
          expect(openSealed(publicKey(), secretKey, box)).toEqual(message)
        }
      ),
      { numRuns: 50 }
    )
  })

  it('opens what libsodium sealed', () => {
    const box = sodium.crypto_box_seal(fill(6), publicKey())
    expect(openSealed(publicKey(), secretKey, box)).toEqual(fill(6))
  })

  it('does not open with another key or if truncated', () => {
    const box = sealTo(publicKey(), fill(6), fill(3))
    expect(openSealed(sodium.crypto_scalarmult_base(fill(5)), fill(5), box)).toBeUndefined()
    expect(openSealed(publicKey(), secretKey, box.slice(0, -1))).toBeUndefined()
    expect(openSealed(publicKey(), secretKey, new Uint8Array(0))).toBeUndefined()
  })
})
