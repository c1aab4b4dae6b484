import { encode } from '../../core/encoding.js'
import { VaultError } from '../../core/errors.js'
import { checkSplit, checkTogether, ID_BYTES, type Share } from '../../core/crypto/share.js'
import { sodium } from '../../core/sodium.js'
import { systemRandom } from './random.js'

// Here and not in the core, because the library draws its coefficients from node:crypto by itself and takes none as an
// argument. It is the audited one, unchanged; what can be decided without it is in core/share.ts. It cannot be told to
// wipe the coefficients either: they are left to the garbage collector.

const SEED = 32

/**
 * Splits a seed into shares of which `threshold` give it back, and fewer nothing. The caller wipes the seed, and the
 * shares' bytes when they have been handed out.
 */
export async function splitSeed(
  seed: Uint8Array,
  { shares, threshold }: { shares: number; threshold: number }
): Promise<Share[]> {
  checkSplit({ shares, threshold })
  if (seed.length !== SEED) throw new VaultError('Usage', `a seed has ${SEED} bytes`)
  const { split } = await import('shamir-secret-sharing')
  const copy = Uint8Array.from(seed) // the library takes no Buffer
  const id = encode(systemRandom.bytes(ID_BYTES))
  const parts = await split(copy, shares, threshold)
  const made = parts.map((bytes, index) => ({ id, threshold, number: index + 1, bytes }))
  // That one of them does not open would show in years, when the seed is gone.
  const again = await joinShares(made)
  const opens = sodium.memcmp(again, copy)
  for (const secret of [copy, again]) sodium.memzero(secret)
  if (opens) return made
  for (const part of parts) sodium.memzero(part)
  throw new Error('the shares do not give the seed back')
}

/**
 * The seed, for the caller to wipe. Throws `Usage` where the shares are too few, do not belong together, or, of more than
 * are needed, one does not fit the others. With just as many as are needed any bytes give some seed: the caller MUST
 * compare its public string with the one it expects, or each share with its published key before (`expectShare`).
 */
export async function joinShares(shares: readonly Share[]): Promise<Uint8Array> {
  checkTogether(shares)
  const needed = shares.slice(0, shares[0]?.threshold)
  const seed = await join(needed)
  for (const share of shares.slice(needed.length)) {
    // it lies on the polynomials of the others if it gives, in place of one of them, the same seed
    const again = await join([...needed.slice(1), share])
    const fits = sodium.memcmp(seed, again)
    sodium.memzero(again)
    if (fits) continue
    sodium.memzero(seed)
    const others = needed.map(({ number }) => number).join(', ')
    throw new VaultError('Usage', `share ${share.number} does not fit the shares ${others}`, {
      hint: 'one of them is not what was handed out'
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
