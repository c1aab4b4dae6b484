import { utf8 } from '../format/canonical.js'
import { decode } from '../encoding.js'
import { VaultError } from '../errors.js'
import { concat } from './identity.js'
import { hash, sodium } from '../sodium.js'

/**
 * One share of a split seed (FORMAT.md, "Recovery shares"). `threshold` shares of a split together restore
 * the seed.
 */
export interface Share {
  /** The id of the split: base64url of 4 random bytes. Not secret. */
  readonly id: string
  /** How many shares of the split restore the seed. */
  readonly threshold: number
  /** The share's number in the split, from 1. */
  readonly number: number
  /** Secret, 33 bytes: the values of the 32 polynomials at x, then x. */
  readonly bytes: Uint8Array
}

/**
 * With a threshold of 1, a share would be a copy of the seed. Sixteen is the most that four bits can count,
 * which keeps a share's header at four words. SLIP-39 has the same maximum.
 */
export const SHARES = { least: 2, most: 16 } as const
export const ID_BYTES = 4
export const SHARE_BYTES = 33

const DOMAIN = utf8('git-vault/share/1')
/** `crypto_kdf` context and subkey number. */
const CONTEXT = 'gvshare1'
const SIGN = 1

/**
 * Returns the Ed25519 public key of a share. It depends on the whole share, including its number, threshold
 * and split, so only that share matches a published key.
 *
 * Publishing it reveals nothing to somebody who lacks one of the needed shares. To them the seed can still be
 * any 32 bytes, and so, one to one, can each missing share: guessing the share is guessing the seed, and the
 * recovery identity's public string can test such a guess already. To get from the public key to the share,
 * an attacker has to solve a discrete logarithm, then invert SHA-512 (the scalar is half of its output) and
 * two keyed or prefixed BLAKE2b, on 256 unknown bits. So even a broken curve would only let them forge a
 * holder's signature, not reveal the share. Publishing gives up secrecy against an attacker of unlimited
 * means, which the public string has given up already.
 */
export function sharePublicKey(share: Share): Uint8Array {
  const { publicKey, privateKey } = keysOf(share)
  sodium.memzero(privateKey)
  return publicKey
}

/**
 * Returns an Ed25519 signature, 64 bytes, which `verifyBytes` verifies. The bytes of `message` must say what
 * it is for (FORMAT.md, "Signatures"): nothing else distinguishes a drill from other messages that the key
 * may sign later.
 */
export function signWithShare(share: Share, message: Uint8Array): Uint8Array {
  const { privateKey } = keysOf(share)
  const signature = sodium.crypto_sign_detached(message, privateKey)
  sodium.memzero(privateKey)
  return signature
}

/** Throws `Usage` if the share is not the one whose public key was published. */
export function expectShare(share: Share, publicKey: Uint8Array): void {
  if (publicKey.length === 32 && sodium.memcmp(sharePublicKey(share), publicKey)) return
  throw new VaultError('Usage', `share ${share.number} does not match this vault's public key for it`, {
    hint: 'check that the share is of the latest split'
  })
}

/** Throws `Usage` if a seed cannot be split into this number of shares with this threshold. */
export function checkSplit({ shares, threshold }: { shares: number; threshold: number }): void {
  if (Number.isInteger(shares) && Number.isInteger(threshold)) {
    if (SHARES.least <= threshold && threshold <= shares && shares <= SHARES.most) return
  }
  throw new VaultError('Usage', `cannot make ${count(shares)} with a threshold of ${threshold}`, {
    hint: `make ${SHARES.least} to ${SHARES.most} shares, with a threshold of ${SHARES.least} or more`
  })
}

/**
 * Throws `Usage` unless these are enough different shares of one split. Cannot detect a share whose bytes
 * were changed together with its checksum: `expectShare` can.
 */
export function checkJoin(shares: readonly Share[]): void {
  const [first] = shares
  if (!first) throw new VaultError('Usage', 'no shares given')
  const numbers = new Map<number, number>()
  const points = new Map<number | undefined, number>()
  for (const share of shares) {
    const { number } = share
    if (!isShare(share)) throw new VaultError('Usage', `share ${number} is damaged`)
    if (share.id !== first.id) {
      throw new VaultError('Usage', `share ${number} is of another split than share ${first.number}`, {
        hint: 'use shares of one split: they all begin with the same three words'
      })
    }
    if (share.threshold !== first.threshold) {
      const thresholds = `a threshold of ${share.threshold}, but share ${first.number} has ${first.threshold}`
      throw new VaultError('Usage', `share ${number} has ${thresholds}`)
    }
    if (numbers.has(number)) throw new VaultError('Usage', `share ${number} was given twice`)
    const point = share.bytes.at(-1)
    const other = points.get(point)
    if (other !== undefined)
      throw new VaultError('Usage', `share ${number} is share ${other} with another number`)
    numbers.set(number, number)
    points.set(point, number)
  }
  if (shares.length < first.threshold) {
    throw new VaultError('Usage', `${count(shares.length)} given, ${first.threshold} needed`, {
      hint: 'add any other shares of the same split'
    })
  }
}

/** Whether a share can be the result of a split. At x = 0 its bytes would be the seed itself. */
export function isShare({ id, threshold, number, bytes }: Share): boolean {
  const inRange = [threshold, number].every(value => Number.isInteger(value) && value <= SHARES.most)
  const wellFormed = bytes.length === SHARE_BYTES && bytes.at(-1) !== 0
  return (
    inRange && wellFormed && threshold >= SHARES.least && number >= 1 && decode(id, ID_BYTES) !== undefined
  )
}

function count(shares: number): string {
  return shares === 1 ? '1 share' : `${shares} shares`
}

function keysOf(share: Share): { publicKey: Uint8Array; privateKey: Uint8Array } {
  const id = decode(share.id, ID_BYTES)
  if (!id || !isShare(share)) throw new VaultError('Usage', `share ${share.number} is damaged`)
  const whole = concat(DOMAIN, id, Uint8Array.of(share.threshold, share.number), share.bytes)
  const key = hash(whole)
  const seed = sodium.crypto_kdf_derive_from_key(32, SIGN, CONTEXT, key)
  const pair = sodium.crypto_sign_seed_keypair(seed)
  for (const secret of [whole, key, seed]) sodium.memzero(secret)
  return pair
}
