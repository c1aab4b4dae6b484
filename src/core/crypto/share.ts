import { utf8 } from '../format/canonical.js'
import { decode } from '../encoding.js'
import { VaultError } from '../errors.js'
import { concat } from './identity.js'
import { hash, sodium } from '../sodium.js'

/** One part of a seed that was split, FORMAT.md, "Recovery shares". Whoever holds `threshold` of them holds the seed. */
export interface Share {
  /** Names the split: base64url of 4 random bytes. Not secret. */
  readonly id: string
  /** How many shares of the split give the seed. */
  readonly threshold: number
  /** Which of them this is, from 1. */
  readonly number: number
  /** Secret, 33 bytes: a point of each of the 32 polynomials, then the x that all of them were taken at. */
  readonly bytes: Uint8Array
}

/**
 * One share that suffices would be a copy of the seed. Sixteen is where four bits end, so that a share's header is four
 * words, and more holders than anybody keeps count of; SLIP-39 stops there, too.
 */
export const SHARES = { least: 2, most: 16 } as const
export const ID_BYTES = 4
export const SHARE_BYTES = 33

const DOMAIN = utf8('git-vault/share/1')
/** `crypto_kdf` context and subkey number. */
const CONTEXT = 'gvshare1'
const SIGN = 1

/**
 * The Ed25519 key that a share is known by. It depends on the whole share, its number, threshold and split included, so
 * one that matches a published key is that share and no other.
 *
 * Publishing it gives nothing to who holds all shares but one that are needed. To them the seed can still be any 32
 * bytes, and so, one to one, can each share that they lack: guessing it is guessing the seed, for which the recovery
 * identity's public string is a test already. From the public key to the share lead a discrete logarithm, then SHA-512
 * (the scalar is half of its output) and two keyed or prefixed BLAKE2b, all to be inverted on 256 bits of which nothing
 * is known. So even a broken curve would forge a holder's signature and still not give their share. What is lost is
 * secrecy against somebody of unlimited means, which the public string had given up before.
 */
export function sharePublicKey(share: Share): Uint8Array {
  const { publicKey, privateKey } = keysOf(share)
  sodium.memzero(privateKey)
  return publicKey
}

/**
 * An Ed25519 signature, 64 bytes, to be verified with `verifyBytes`. What `message` is for must be plain from its own
 * bytes (FORMAT.md, "Signatures"): the key has no other way to tell a drill from whatever it may sign later.
 */
export function signWithShare(share: Share, message: Uint8Array): Uint8Array {
  const { privateKey } = keysOf(share)
  const signature = sodium.crypto_sign_detached(message, privateKey)
  sodium.memzero(privateKey)
  return signature
}

/** Throws `Usage` where the share is not the one whose public key was published. */
export function expectShare(share: Share, publicKey: Uint8Array): void {
  if (publicKey.length === 32 && sodium.memcmp(sharePublicKey(share), publicKey)) return
  throw new VaultError('Usage', `share ${share.number} is not the one that this vault knows by that number`, {
    hint: 'it may be of an earlier split'
  })
}

/** Throws `Usage` where a seed cannot be split so. */
export function checkSplit({ shares, threshold }: { shares: number; threshold: number }): void {
  if (Number.isInteger(shares) && Number.isInteger(threshold)) {
    if (SHARES.least <= threshold && threshold <= shares && shares <= SHARES.most) return
  }
  throw new VaultError('Usage', `${shares} shares of which ${threshold} are needed cannot be made`, {
    hint: `from ${SHARES.least} to ${SHARES.most} shares, of which at least ${SHARES.least} are needed`
  })
}

/**
 * Throws `Usage` where the shares are not enough, or not different ones of the same split. It cannot see that what a
 * share holds was changed together with its checksum: `expectShare` can.
 */
export function checkTogether(shares: readonly Share[]): void {
  const [first] = shares
  if (!first) throw new VaultError('Usage', 'no share is given')
  const numbers = new Map<number, number>()
  const points = new Map<number | undefined, number>()
  for (const share of shares) {
    const { number } = share
    if (!isShare(share)) throw new VaultError('Usage', `share ${number} is damaged`)
    if (share.id !== first.id) {
      throw new VaultError('Usage', `share ${number} is of another split than share ${first.number}`, {
        hint: 'the first three words are the same on all shares of a split'
      })
    }
    if (share.threshold !== first.threshold) {
      const says = `says that ${share.threshold} are needed, and share ${first.number}`
      throw new VaultError('Usage', `share ${number} ${says} that ${first.threshold} are`)
    }
    if (numbers.has(number)) throw new VaultError('Usage', `share ${number} is given twice`)
    const point = share.bytes.at(-1)
    const other = points.get(point)
    if (other !== undefined)
      throw new VaultError('Usage', `share ${number} is share ${other} under another number`)
    numbers.set(number, number)
    points.set(point, number)
  }
  if (shares.length < first.threshold) {
    const given = shares.length === 1 ? '1 share is' : `${shares.length} shares are`
    throw new VaultError('Usage', `${given} given, and ${first.threshold} are needed`, {
      hint: 'any of the same split will do'
    })
  }
}

/** Whether a share can have been made by splitting. At x = 0 there would be the seed itself. */
export function isShare({ id, threshold, number, bytes }: Share): boolean {
  const counted = [threshold, number].every(count => Number.isInteger(count) && count <= SHARES.most)
  const whole = bytes.length === SHARE_BYTES && bytes.at(-1) !== 0
  return counted && whole && threshold >= SHARES.least && number >= 1 && decode(id, ID_BYTES) !== undefined
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
