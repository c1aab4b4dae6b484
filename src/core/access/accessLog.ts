import type { Access } from './access.js'
import { AccessFold } from './accessFold.js'
import { SIGNATURE_UNITS, type FoldContext } from './foldContext.js'
import { canonicalBytes } from '../format/canonical.js'
import { asValue, signedBytes, verifyBytes, type AccessDocument } from '../format/documents.js'
import { encode } from '../encoding.js'
import { LOG_LIMITS } from '../format/limits.js'
import { keepLast } from '../format/parseCache.js'
import type { Entry } from '../generated/documents.js'
import { parsePublic, type PublicIdentity } from '../crypto/identity.js'
import { hash, sodium } from '../sodium.js'
import { atOnce, inTurns, type Steps } from '../turns.js'

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
  return atOnce(hashSteps(entry))
}

function* hashSteps(entry: Entry): Steps<string> {
  const known = hashes.get(entry)
  if (known !== undefined) return known
  const bytes = canonicalBytes(asValue(entry))
  const made = encode(hash(bytes))
  hashes.set(entry, made)
  yield Math.ceil(bytes.length / BYTES_A_UNIT)
  return made
}

/** Nothing changes an entry in place. */
const hashes = new WeakMap<Entry, string>()

/** For the units of `Steps`. */
const BYTES_A_UNIT = 64

/** Returns the hashes of a log's entries, in time linear in its bytes. Checks nothing, not even their links. */
export function entryHashes(document: AccessDocument): Promise<readonly string[]> {
  return inTurns(hashAllSteps(document))
}

function* hashAllSteps({ entries }: AccessDocument): Steps<readonly string[]> {
  const all: string[] = []
  for (const entry of entries) all.push(yield* hashSteps(entry))
  return all
}

/**
 * Throws `DocumentRefused` if the entry after the first `shared` has a wrong number or link, or no good
 * signature by an admin. For a log that is refused in any case: costs no more than that one signature and the
 * shared entries, which are those of a verified log.
 */
export function checkNextEntry(document: AccessDocument, path: string, shared: number): Promise<void> {
  return inTurns(nextEntrySteps(document, path, shared))
}

function* nextEntrySteps({ entries }: AccessDocument, path: string, shared: number): Steps<void> {
  const fold = new AccessFold(path)
  const { context } = fold
  const links: string[] = []
  for (const entry of entries.slice(0, shared + 1)) {
    context.entry++
    yield* checkEntry(entry, links, fold, context, links.length < shared)
    if (links.length === shared) return
    yield* fold.apply(entry, links)
    links.push(yield* hashSteps(entry))
  }
}

function checkLink(
  { entry, previous }: Pick<Entry, 'entry' | 'previous'>,
  before: string | undefined,
  context: FoldContext
): void {
  if (entry !== String(context.entry)) context.refuse(`it is numbered ${entry}`)
  if (previous !== (before ?? 'none')) context.refuse('it does not follow the entry before it')
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
 * naming `path` and the entry: the first bad entry ends the work.
 * @param verified how many entries this clone has already verified, by their bytes or their hashes: their
 * signatures are not checked again
 */
export function foldLog(document: AccessDocument, path: string, verified = 0): Access {
  return folded(document, verified) ?? atOnce(foldSteps(document, path, verified))
}

/** As `foldLog`. Lets other work of the process run in between. */
export async function foldLogInTurns(document: AccessDocument, path: string, verified = 0): Promise<Access> {
  const known = folded(document, verified)
  if (known) return known
  const running = folding.get(document)
  if (running?.verified === verified) return running.access
  const access = inTurns(foldSteps(document, path, verified))
  folding.set(document, { verified, access })
  try {
    return await access
  } finally {
    folding.delete(document)
  }
}

/** What is being folded now: requests that arrive meanwhile wait for it, and do not fold as well. */
const folding = new WeakMap<AccessDocument, { readonly verified: number; readonly access: Promise<Access> }>()

function folded(document: AccessDocument, verified: number): Access | undefined {
  const whole = fullyChecked.get(document)
  return whole ?? (verified >= document.entries.length ? partlyTrusted.get(document) : undefined)
}

function* foldSteps(document: AccessDocument, path: string, verified: number): Steps<Access> {
  const before = yield* foldBefore(document, verified)
  if (before) yield before.fold.copyUnits
  const fold = new AccessFold(path, before?.fold)
  const { context } = fold
  const links = [...(before?.links ?? [])]
  for (const entry of document.entries.slice(links.length)) {
    context.entry++
    if (context.entry > LOG_LIMITS.entries)
      context.refuse(`the log has more than ${LOG_LIMITS.entries} entries`)
    yield* checkEntry(entry, links, fold, context, links.length < verified)
    yield* fold.apply(entry, links)
    links.push(yield* hashSteps(entry))
  }
  const access = fold.result(
    links,
    document.entries.map(({ time }) => time)
  )
  const isFull = before ? before.isFull && verified <= before.links.length : verified === 0
  // A log with signatures that were trusted must not be returned to a caller who trusts none.
  if (isFull) fullyChecked.set(document, access)
  else partlyTrusted.set(document, access)
  keepLast(folds, MAX_FOLDS, links.at(-1) ?? '', { fold, links, isFull })
  return access
}

/** The state after the last entry of a log. It is part of the log's meaning, and only copies of it are changed. */
interface Fold {
  readonly fold: AccessFold
  /** The hashes of the log's entries. */
  readonly links: readonly string[]
  /** Whether every signature was checked. */
  readonly isFull: boolean
}

/** The logs that were folded last, by the hash of their last entry. A log that extends one is folded from there. */
const folds = new Map<string, Fold>()
const MAX_FOLDS = 4

/** The longest of those logs that this one begins with, entry by entry, and whose signatures the caller may rely on. */
function* foldBefore({ entries }: AccessDocument, verified: number): Steps<Fold | undefined> {
  let best: Fold | undefined
  for (const one of folds.values()) {
    const { length } = one.links
    const isUsable = (one.isFull || verified >= length) && length <= entries.length
    if (!isUsable || length <= (best?.links.length ?? 0)) continue
    let shared = 0
    while (shared < length && (yield* hashSteps(entries[shared]!)) === one.links[shared]) shared++
    if (shared === length) best = one
  }
  return best
}

const fullyChecked = new WeakMap<AccessDocument, Access>()
const partlyTrusted = new WeakMap<AccessDocument, Access>()

/**
 * Refuses an entry that does not follow those before it, or that no admin signed. Comes before any work on
 * the entry's changes: otherwise anyone who can push could make every reader do that work.
 */
function* checkEntry(
  { signature, ...unsigned }: Entry,
  earlier: readonly string[],
  fold: AccessFold,
  context: FoldContext,
  isVerified: boolean
): Steps<void> {
  const previous = earlier.at(-1)
  checkLink(unsigned, previous, context)
  const signer = previous === undefined ? selfAdmitted(unsigned) : fold.admin(unsigned.by)
  if (!signer) return context.refuse('it is not signed by an admin')
  if (isVerified) return
  const message = signedBytes(ENTRY_KIND, earlier[0] ?? '', asValue(unsigned))
  yield SIGNATURE_UNITS + Math.ceil(message.length / BYTES_A_UNIT)
  if (!verifyBytes(signature, message, signer.signKey)) context.refuse('the signature does not verify')
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
