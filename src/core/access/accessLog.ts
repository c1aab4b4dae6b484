import type { Access } from './access.js'
import { AccessFold } from './accessFold.js'
import { FoldContext } from './foldContext.js'
import { canonicalBytes } from '../format/canonical.js'
import { asValue, signedBytes, verifyBytes, type AccessDocument } from '../format/documents.js'
import { encode } from '../encoding.js'
import type { Entry } from '../generated/documents.js'
import { parsePublic, type PublicIdentity } from '../crypto/identity.js'
import { hash, sodium } from '../sodium.js'

export type { LogChange } from './accessFold.js'

const ENTRY_KIND = 'git-vault/access-entry'

export type UnsignedEntry = Omit<Entry, 'signature'>

/** @param vaultId `undefined` for the first entry, whose hash becomes the vault id */
export function signEntry(entry: UnsignedEntry, vaultId: string | undefined, secretKey: Uint8Array): Entry {
  const message = signedBytes(ENTRY_KIND, vaultId ?? '', asValue(entry))
  return { ...entry, signature: encode(sodium.crypto_sign_detached(message, secretKey)) }
}

/** Base64url of the hash of the canonical form, with its signature. */
export function hashEntry(entry: Entry): string {
  return encode(hash(canonicalBytes(asValue(entry))))
}

/**
 * The log with one more entry, and its new meaning. Throws like `foldLog` if a reader would refuse the entry.
 */
export function appendEntry(
  log: AccessDocument,
  { vaultId, entries }: Access,
  entry: Pick<UnsignedEntry, 'time' | 'by' | 'changes'>,
  secretKey: Uint8Array,
  path: string
): { log: AccessDocument; access: Access } {
  const number = { entry: String(entries.length + 1), previous: entries.at(-1) ?? 'none' }
  const signed = signEntry({ ...number, ...entry }, vaultId, secretKey)
  const longer: AccessDocument = { ...log, entries: [...log.entries, signed] }
  return { log: longer, access: foldLog(longer, path, entries.length) }
}

/**
 * Returns what the log says, checked by the rules of FORMAT.md, "The access log". Throws `DocumentRefused`,
 * naming `path` and the entry.
 * @param verified how many entries this clone has already verified, from the same bytes: their signatures are
 * not checked again
 */
export function foldLog(document: AccessDocument, path: string, verified = 0): Access {
  const known =
    fullyChecked.get(document) ??
    (verified >= document.entries.length ? partlyTrusted.get(document) : undefined)
  if (known) return known
  const context = new FoldContext(path)
  const fold = new AccessFold(context)
  const hashes: string[] = []
  for (const entry of document.entries) {
    context.entry++
    checkEntry(entry, hashes, fold, context, hashes.length < verified)
    fold.apply(entry, hashes)
    hashes.push(hashEntry(entry))
  }
  const access = fold.result(
    hashes,
    document.entries.map(({ time }) => time)
  )
  // A log with signatures that were trusted must not be returned to a caller who trusts none.
  if (verified === 0) fullyChecked.set(document, access)
  else if (verified >= document.entries.length) partlyTrusted.set(document, access)
  return access
}

const fullyChecked = new WeakMap<AccessDocument, Access>()
const partlyTrusted = new WeakMap<AccessDocument, Access>()

/**
 * Refuses an entry that does not follow those before it, or that no admin signed. Comes before any work on
 * the entry's changes: otherwise anyone who can push could make every reader do that work.
 */
function checkEntry(
  { signature, ...unsigned }: Entry,
  earlier: readonly string[],
  fold: AccessFold,
  context: FoldContext,
  isVerified: boolean
): void {
  const previous = earlier.at(-1)
  if (unsigned.entry !== String(context.entry)) context.refuse(`it is numbered ${unsigned.entry}`)
  if (unsigned.previous !== (previous ?? 'none')) context.refuse('it does not follow the entry before it')
  const signer = previous === undefined ? selfAdmitted(unsigned) : fold.admin(unsigned.by)
  if (!signer) return context.refuse('it is not signed by an admin')
  const message = () => signedBytes(ENTRY_KIND, earlier[0] ?? '', asValue(unsigned))
  if (!isVerified && !verifyBytes(signature, message(), signer.signKey))
    context.refuse('the signature does not verify')
}

/** The signer of the first entry, if it admits them as an admin: to trust a root is to trust that signer. */
function selfAdmitted({ changes, by }: UnsignedEntry): PublicIdentity | undefined {
  for (const change of changes) {
    const keys =
      change.change === 'member' && change.role === 'admin' ? parsePublic(change.public) : undefined
    if (keys?.keyId === by) return keys
  }
  return undefined
}
