import { encode } from '../../core/encoding.js'
import { VaultError } from '../../core/errors.js'
import { checkSplit, checkJoin, ID_BYTES, type Share } from '../../core/crypto/share.js'
import { sodium } from '../../core/sodium.js'
import { systemRandom } from './random.js'

// This is not in core, because the audited library draws its coefficients from node:crypto itself and accepts none as an
// argument. It does not wipe them either: they are left to the garbage collector. Checks that do not need the library are
// in core/crypto/share.ts.

const SEED_BYTES = 32

/**
 * Splits a seed into shares. Any `threshold` of them restore it; fewer reveal nothing. The caller wipes the seed, and the
 * shares' bytes after they have been handed out.
 */
export async function splitSeed(
  seed: Uint8Array,
  { shares, threshold }: { shares: number; threshold: number }
): Promise<Share[]> {
  checkSplit({ shares, threshold })
  if (seed.length !== SEED_BYTES) throw new VaultError('Usage', `a seed has ${SEED_BYTES} bytes`)
  const { split } = await import('shamir-secret-sharing')
  const copy = Uint8Array.from(seed) // the library does not accept a Buffer
  const id = encode(systemRandom.bytes(ID_BYTES))
  const parts = await split(copy, shares, threshold)
  const made = parts.map((bytes, index) => ({ id, threshold, number: index + 1, bytes }))
  // checked now: a bad share might otherwise be noticed only years later, when the seed is lost
  const restored = await joinShares(made)
  const isRestored = sodium.memcmp(restored, copy)
  for (const secret of [copy, restored]) sodium.memzero(secret)
  if (isRestored) return made
  for (const part of parts) sodium.memzero(part)
  throw new Error('the shares do not restore the seed')
}

/**
 * Returns the seed, which the caller wipes. Throws `Usage` if there are too few shares, if they are of different splits,
 * or if there are more than needed and one does not fit the others. With exactly as many as needed, any bytes give some
 * seed: the caller MUST compare its public string with the expected one, or each share with its published key before
 * (`expectShare`).
 */
export async function joinShares(shares: readonly Share[]): Promise<Uint8Array> {
  checkJoin(shares)
  const needed = shares.slice(0, shares[0]?.threshold)
  const seed = await join(needed)
  for (const share of shares.slice(needed.length)) {
    // it is on the same polynomials as the others if it gives the same seed in place of one of them
    const other = await join([...needed.slice(1), share])
    const isSame = sodium.memcmp(seed, other)
    sodium.memzero(other)
    if (isSame) continue
    sodium.memzero(seed)
    const others = needed.map(({ number }) => number).join(', ')
    throw new VaultError('Usage', `share ${share.number} does not fit the shares ${others}`, {
      hint: 'one of them was changed or mistyped'
    })
  }
  return seed
}

async function join(shares: readonly Share[]): Promise<Uint8Array> {
  const { combine } = await import('shamir-secret-sharing')
  const copies = shares.map(({ bytes }) => Uint8Array.from(bytes))
  const seed = await combine(copies)
  for (const copy of copies) sodium.memzero(copy)
  return seed
}
