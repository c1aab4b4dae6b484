import { relate, type Access, type Relation } from '../../core/access/access.js'
import { foldLog } from '../../core/access/accessLog.js'
import { CAPS, parseDocument, type AccessDocument } from '../../core/format/documents.js'
import { VaultError } from '../../core/errors.js'
import type { Memory, Tree } from '../../core/ports.js'
import { isSameBytes } from '../../core/format/parseCache.js'
import type { Place } from '../documents/place.js'

/** The verified access log's own bytes, as this clone saw them last. One for each repository. */
const PIN = 'pin'
const PIN_NAME = "this clone's pinned access log"

export interface PinnedAccess {
  /** The newest log this clone knows, from the tree or from the pin. */
  readonly access: Access
  /** The tree's. */
  readonly log: AccessDocument
  /** The file that it was read from. */
  readonly bytes: Uint8Array
  /** How the tree's log stands to the pin as it is. */
  readonly relation: Relation
  /** Makes the tree's log the pin, where it says more or nothing is pinned yet. */
  readonly pin?: () => Promise<void>
}

/**
 * The access log of `tree`, if it is what this clone trusts: a prefix or an extension of the pin (FORMAT.md, "When a
 * document counts", 1).
 * @param trustedRoot asked where nothing is pinned yet: a vault id that a machine's identity carries
 */
export async function readAccess(
  tree: Tree,
  place: Place,
  memory: Memory,
  trustedRoot: () => Promise<string | undefined>
): Promise<PinnedAccess> {
  const found = await readLog(tree, place)
  const { document: log, bytes } = found
  const pin = await memory.read(PIN)
  if (!pin) {
    const access = foldLog(log, place.access)
    if (access.vaultId !== (await trustedRoot())) throw await unknownRoot(access.vaultId)
    return { access, log, bytes, relation: 'same', pin: () => writePin(memory, found.bytes, undefined) }
  }
  // The pin lies in the git directory, which no commit can write: what it holds was verified before it was put there.
  if (isSameBytes(pin, found.bytes)) {
    return { access: foldLog(log, place.access, Infinity), log, bytes, relation: 'same' }
  }
  const access = foldLog(log, place.access)
  const pinned = foldLog(await parseDocument('access', pin, PIN_NAME), PIN_NAME, Infinity)
  const relation = relate(access.entries, pinned.entries)
  if (relation === 'foreign' || relation === 'fork') throw otherLog(relation, place)
  if (relation === 'behind') return { access: pinned, log, bytes, relation }
  return relation === 'ahead'
    ? { access, log, bytes, relation, pin: () => writePin(memory, found.bytes, pin) }
    : { access, log, bytes, relation }
}

/** The log of `tree` by itself, verified from its own root: what `git-vault trust` shows before anything is pinned. */
export async function inspectLog(tree: Tree, place: Place): Promise<{ access: Access; bytes: Uint8Array }> {
  const { document, bytes } = await readLog(tree, place)
  return { access: foldLog(document, place.access), bytes }
}

/** The entries of the log that this clone has verified, by their hashes; `undefined` where there is none. */
export async function pinnedEntries(memory: Memory): Promise<readonly string[] | undefined> {
  const pin = await memory.read(PIN)
  return pin && foldLog(await parseDocument('access', pin, PIN_NAME), PIN_NAME, Infinity).entries
}

/** Pins a log that was verified and whose root somebody has decided to trust. */
export async function pinLog(memory: Memory, bytes: Uint8Array): Promise<void> {
  await memory.update(PIN, () => bytes)
}

/** Only over the pin it was compared with: another process may have pinned more since. */
export async function writePin(
  memory: Memory,
  bytes: Uint8Array,
  over: Uint8Array | undefined
): Promise<void> {
  await memory.update(PIN, present => {
    const unchanged = present && over ? isSameBytes(present, over) : present === over
    return unchanged ? bytes : undefined
  })
}

async function readLog(tree: Tree, place: Place) {
  const bytes = await tree.read(place.access, CAPS.access.bytes)
  if (!bytes) throw new VaultError('VaultNotFound', `${place.access} is missing, which .vaultrc points to`)
  return { bytes, document: await parseDocument('access', bytes, place.access) }
}

async function unknownRoot(vaultId: string): Promise<VaultError> {
  // the word list is only wanted here
  const { fingerprint } = await import('../../core/crypto/fingerprint.js')
  return new VaultError(
    'RootUnknown',
    `this clone has not been told to trust the vault ${fingerprint(vaultId)}`,
    {
      hint: 'compare these words with somebody who uses the vault, then run git-vault trust'
    }
  )
}

function otherLog(relation: 'foreign' | 'fork', place: Place): VaultError {
  return new VaultError(
    'DocumentRefused',
    relation === 'foreign'
      ? `${place.access}: another vault than the one this clone trusts`
      : `${place.access}: the access log forks from what this clone has verified`,
    { hint: 'somebody may have replaced it; git log -- ' + place.access + ' shows who did' }
  )
}
