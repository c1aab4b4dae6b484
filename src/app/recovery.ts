import { fingerprint } from '../core/crypto/fingerprint.js'
import { VaultError } from '../core/errors.js'
import { formatSecret, identityFromSeed } from '../core/crypto/identity.js'
import { formatDocument } from '../core/format/documents.js'
import { answerDrill } from '../core/access/recovery.js'
import { expectShare, sharePublicKey, type Share } from '../core/crypto/share.js'
import { sodium, sodiumReady } from '../core/sodium.js'
import { createKeyFile, refuseExisting } from '../system/files/keyFile.js'
import { systemRandom } from '../system/files/random.js'
import type { Skipped } from '../vault/team/skipped.js'
import type { Progress } from '../vault/team/reSign.js'
import { addRecovery, checkNewRecovery, presentRecovery } from '../vault/team/recovery.js'
import type { Vault } from '../vault/vault.js'

/** The share of one holder. */
export interface HolderShare {
  readonly holder: string
  readonly number: number
  /** The share in words: secret. */
  readonly words: string
}

export interface NewRecovery {
  readonly name: string
  readonly holders: readonly string[]
  /** How many shares restore the identity. */
  readonly threshold: number
  /** Hands one share to its holder. Called for the next share once the promise resolves. */
  readonly handOut: (share: HolderShare) => Promise<void>
}

/**
 * Creates a recovery identity, splits it, hands out the shares, and then adds it to the vault. Keeps no
 * private key. Returns its fingerprint and the result of `addRecovery`.
 */
export async function newRecovery(
  vault: Vault,
  { name, holders, threshold, handOut }: NewRecovery,
  progress: Progress
): Promise<{ fingerprint: string; replaced?: string; skipped: readonly Skipped[] }> {
  await sodiumReady
  // checked first, so that nobody copies a share that turns out useless
  await checkNewRecovery(vault, name)
  const [{ splitSeed }, { formatShare }] = await Promise.all([
    import('../system/files/shares.js'),
    import('../core/crypto/shareWords.js')
  ])
  const seed = systemRandom.bytes(32)
  const publicKey = identityFromSeed(seed).public.text
  const shares = await splitSeed(seed, { shares: holders.length, threshold })
  sodium.memzero(seed)
  const published: { holder: string; publicKey: Uint8Array }[] = []
  for (const [at, share] of shares.entries()) {
    const holder = holders[at] ?? ''
    published.push({ holder, publicKey: sharePublicKey(share) })
    await handOut({ holder, number: share.number, words: formatShare(share) })
    sodium.memzero(share.bytes)
  }
  const added = await addRecovery(vault, { name, publicKey, threshold, shares: published }, progress)
  return { fingerprint: fingerprint(publicKey), ...added }
}

/** A holder's answer to a drill. Proves that they have their share without revealing it. */
export async function signDrill(vault: Vault, words: string): Promise<{ holder: string; answer: string }> {
  const { name, recovery, vaultId, head } = await presentRecovery(vault)
  const share = await checkedShare(words, name, recovery.shares)
  const answer = answerDrill(share, vaultId, recovery.member, head)
  sodium.memzero(share.bytes)
  return { holder: recovery.shares[share.number - 1]?.holder ?? '', answer }
}

/** The holder of a share. Throws `Usage` if the words are not a share of this vault's recovery identity. */
export async function shareHolder(vault: Vault, words: string): Promise<{ holder: string; number: number }> {
  const { name, recovery } = await presentRecovery(vault)
  const { number, bytes } = await checkedShare(words, name, recovery.shares)
  sodium.memzero(bytes)
  return { holder: recovery.shares[number - 1]?.holder ?? '', number }
}

/**
 * Joins shares and writes the restored identity to a file that only its owner can read. Each share is first
 * checked against the access log. Throws `Usage` for too few or wrong shares, and `FileFailed` if the file
 * exists.
 */
export async function useShares(
  vault: Vault,
  words: readonly string[],
  path: string
): Promise<{ name: string }> {
  const { name, recovery, publicKey } = await presentRecovery(vault)
  refuseExisting(path)
  if (words.length < recovery.threshold)
    throw new VaultError('Usage', `${recovery.threshold} shares are needed, got ${words.length}`)
  const shares: Share[] = []
  for (const text of words) shares.push(await checkedShare(text, name, recovery.shares))
  const { joinShares } = await import('../system/files/shares.js')
  const seed = await joinShares(shares)
  try {
    if (identityFromSeed(seed).public.text !== publicKey)
      throw new VaultError('Usage', `these shares do not restore the identity of ${name}`)
    const document = {
      kind: 'git-vault/identity',
      format: '1',
      public: publicKey,
      secret: formatSecret(seed)
    } as const
    createKeyFile(path, formatDocument('identity', document, 'identity.yaml'))
    return { name }
  } finally {
    sodium.memzero(seed)
    for (const { bytes } of shares) sodium.memzero(bytes)
  }
}

async function checkedShare(
  words: string,
  name: string,
  known: readonly { readonly holder: string; readonly publicKey: Uint8Array }[]
): Promise<Share> {
  const { parseShare } = await import('../core/crypto/shareWords.js')
  const share = parseShare(words)
  const published = known[share.number - 1]
  if (!published) throw new VaultError('Usage', `${name} has no share ${share.number}`)
  try {
    expectShare(share, published.publicKey)
  } catch (cause) {
    throw new VaultError(
      'Usage',
      `share ${share.number} (${published.holder}) is not the share that was handed out for ${name}`,
      { cause }
    )
  }
  return share
}
