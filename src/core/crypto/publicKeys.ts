// Public keys that a newcomer, a request or the access log may bring. libsodium refuses to seal to an X25519 point of small
// order, because the shared secret would be known to everybody, and refuses such Ed25519 keys in signatures. A key with two
// encodings would pass for two keys.

/** The encodings of X25519 points of small order, as coordinates below 2^255-19. */
const WEAK_BOX_KEYS: readonly string[] = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  `ec${'ff'.repeat(30)}7f`
]

/** The encodings of Ed25519 points of small order, without the bit for the sign. */
const WEAK_SIGN_KEYS: readonly string[] = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`
]

/** Whether an X25519 public key of 32 bytes is canonical and not of small order (FORMAT.md, "Identities"). */
export const isSoundBoxKey = (key: Uint8Array): boolean =>
  (key[31]! & 0x80) === 0 && isBelowPrime(key) && !WEAK_BOX_KEYS.includes(hex(key))

/** Whether an Ed25519 public key of 32 bytes is canonical and not of small order (FORMAT.md, "Identities"). */
export function isSoundSignKey(key: Uint8Array): boolean {
  const unsigned = Uint8Array.from(key)
  unsigned[31]! &= 0x7f
  return isBelowPrime(unsigned) && !WEAK_SIGN_KEYS.includes(hex(unsigned))
}

/** Whether a little-endian number below 2^255 is below 2^255-19. */
const isBelowPrime = (key: Uint8Array): boolean =>
  key[0]! < 0xed || key[31] !== 0x7f || key.subarray(1, 31).some(byte => byte !== 0xff)

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
