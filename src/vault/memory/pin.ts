import { relate, type Access, type Relation } from '../../core/access/access.js'
import { checkNextEntry, entryHashes, foldLogInTurns, hashEntry } from '../../core/access/accessLog.js'
import { CAPS, parseDocument, type AccessDocument } from '../../core/format/documents.js'
import { VaultError } from '../../core/errors.js'
import type { Memory, Tree } from '../../core/ports.js'
import { isSameBytes } from '../../core/format/parseCache.js'
import type { Place } from '../documents/place.js'
import { refusalOf } from '../documents/refusal.js'

/** The bytes of the newest access log that this clone has verified. One file for each repository. */
export const PIN = 'pin'
/** The log of a vault that this clone is making: present from before its first commit until it is pinned. */
const MADE = 'made'
/** The log with which `sync` replaces the pinned one, because it has made this clone's entries again: see `noteReapplied`. */
const REAPPLIED = 'reapplied'
const PIN_NAME = "this clone's pinned access log"

export interface PinnedAccess {
  /** The newest log this clone knows, from the tree or from the pin. */
  readonly access: Access
  /** The tree's log. */
  readonly log: AccessDocument
  /** The bytes of the tree's log. */
  readonly bytes: Uint8Array
  /** The tree's log, compared with the pin. */
  readonly relation: Relation
  /** Pins the tree's log. Present if it extends the pin, or if nothing is pinned yet. */
  readonly pin?: () => Promise<void>
}

/**
 * Reads the access log of `tree`, which must be a prefix or an extension of the pin (FORMAT.md, "When a document is
 * accepted", 1). Otherwise throws `DocumentRefused`, or `RootUnknown` if nothing is pinned and the root is not trusted.
 * A damaged pin is refused, never ignored: only `git-vault trust` may replace it.
 * The root of a vault that this clone made itself is trusted: `init` may have stopped before it pinned it.
 * Hashes are compared with the root or the pin first, because anybody who can push may have made the log. Of an unknown or
 * forked log, no more than the first strange entry's signature is checked. Of an extension, the first bad entry ends the
 * work.
 * @param trustedRoot returns the vault id that a machine's identity carries; called if nothing is pinned yet
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
    const root = hashEntry(log.entries[0])
    if (root !== (await madeRoot(memory)) && root !== (await trustedRoot())) {
      await checkNextEntry(log, place.access, 0)
      throw await unknownRoot(root)
    }
    const access = await foldLogInTurns(log, place.access)
    return { access, log, bytes, relation: 'same', pin: () => writePin(memory, found.bytes, undefined) }
  }
  // The pin was verified before it was stored, and no commit can write to the git directory.
  if (isSameBytes(pin, found.bytes)) {
    return { access: await foldLogInTurns(log, place.access, Infinity), log, bytes, relation: 'same' }
  }
  const pinned = await parsePin(pin)
  const known = await entryHashes(pinned)
  const isForeign = hashEntry(log.entries[0]) !== known[0]
  const hashes = isForeign ? [] : await entryHashes(log)
  const shared = sharedBy(hashes, known)
  if (isForeign || shared < Math.min(hashes.length, known.length)) {
    const own = isForeign ? undefined : await memory.read(REAPPLIED)
    if (own && isSameBytes(own, found.bytes)) {
      const access = await foldLogInTurns(log, place.access, shared)
      return { access, log, bytes, relation: 'ahead', pin: () => pinReapplied(memory, found.bytes, pin) }
    }
    await checkNextEntry(log, place.access, shared)
    throw wrongLog(isForeign ? 'foreign' : 'fork', place)
  }
  // equal hashes: these entries, signatures included, are those that this clone has verified
  if (shared < known.length)
    return { access: await foldLogInTurns(pinned, PIN_NAME, Infinity), log, bytes, relation: 'behind' }
  const access = await foldLogInTurns(log, place.access, shared)
  if (shared === hashes.length) return { access, log, bytes, relation: 'same' }
  return { access, log, bytes, relation: 'ahead', pin: () => writePin(memory, found.bytes, pin) }
}

/** How many entries two logs have in common before the first that differs. */
function sharedBy(found: readonly string[], known: readonly string[]): number {
  const differs = found.findIndex((hash, index) => hash !== known[index])
  return differs < 0 ? found.length : differs
}

/** A log whose root this clone need not trust. Only its hashes are known: nothing in it is verified yet. */
export interface InspectedLog {
  /** The hashes of its entries. The first is the vault id. */
  readonly entries: readonly string[]
  /** The log, compared with the pin; `foreign` if nothing is pinned. */
  readonly relation: Relation
  readonly bytes: Uint8Array
  /** Why the pin cannot be read, if it is damaged. The log is then compared with nothing, as in a new clone. */
  readonly damage?: string
  /** Verifies the first entry that the pin lacks. Costs no more than one signature and the entries before it. */
  checkNext(): Promise<void>
  /** Verifies the whole log. For a log whose root a person or an invitation vouches for: only known admins can add to it. */
  verify(): Promise<void>
}

/** Reads the log of `tree` without trusting it, for `git-vault trust` and invitations. Costs no more than its size. */
export async function inspectLog(tree: Tree, place: Place, memory: Memory): Promise<InspectedLog> {
  const { document, bytes } = await readLog(tree, place)
  const entries = await entryHashes(document)
  const known = await pinnedEntries(memory).catch(refusalOf)
  const damage = known instanceof VaultError ? { damage: known.message } : {}
  const pinned = known instanceof VaultError || known === undefined ? [] : known
  const relation = pinned.length > 0 ? relate(entries, pinned) : 'foreign'
  const shared = relation === 'foreign' ? 0 : sharedBy(entries, pinned)
  return {
    ...{ entries, relation, bytes, ...damage },
    checkNext: () => checkNextEntry(document, place.access, shared),
    verify: async () => void (await foldLogInTurns(document, place.access, shared))
  }
}

/**
 * Returns the hashes of the pinned log's entries, or `undefined` if nothing is pinned. If `init` stopped before it pinned the
 * vault that it made, these are the entries of that vault's log.
 */
async function pinnedEntries(memory: Memory): Promise<readonly string[] | undefined> {
  const pin = (await memory.read(PIN)) ?? (await readMade(memory))
  return pin && (await entryHashes(await parsePin(pin)))
}

/** The bytes of the pinned log; `undefined` if nothing is pinned. */
export async function pinnedBytes(memory: Memory): Promise<Uint8Array | undefined> {
  return memory.read(PIN)
}

/** Pins a log. It must be verified, and a person must have decided to trust its root. */
export async function pinLog(memory: Memory, bytes: Uint8Array): Promise<void> {
  await memory.update(PIN, () => bytes)
}

/** Remembers the log of a vault that this clone is about to commit. If `init` stops then, the next command pins it. */
export async function noteMade(memory: Memory, bytes: Uint8Array): Promise<void> {
  await memory.update(MADE, () => bytes)
}

/** Pins the log of the vault that this clone has made. */
export async function pinMade(memory: Memory, bytes: Uint8Array): Promise<void> {
  await pinLog(memory, bytes)
  // emptied, so that a clone whose pin is removed trusts nothing
  await memory.update(MADE, () => new Uint8Array())
}

/**
 * Remembers a log that is about to replace the pinned one. It must be verified, and may leave out only entries that this
 * clone has signed and that nobody else has seen. If a command stops before the log is pinned, the next one pins it.
 */
export async function noteReapplied(memory: Memory, bytes: Uint8Array): Promise<void> {
  await memory.update(REAPPLIED, () => bytes)
}

async function pinReapplied(memory: Memory, bytes: Uint8Array, over: Uint8Array): Promise<void> {
  await writePin(memory, bytes, over)
  // emptied, so that no later fork is taken for this one
  await memory.update(REAPPLIED, () => new Uint8Array())
}

/** The memory of a clone that has pinned this log, which must be verified. The log is not stored. */
export function pinnedTo(memory: Memory, log: Uint8Array): Memory {
  return {
    read: async name => (name === PIN ? log : memory.read(name)),
    update: async (name, next) => (name === PIN ? undefined : memory.update(name, next))
  }
}

async function readMade(memory: Memory): Promise<Uint8Array | undefined> {
  const bytes = await memory.read(MADE)
  return bytes && bytes.length > 0 ? bytes : undefined
}

async function madeRoot(memory: Memory): Promise<string | undefined> {
  const bytes = await readMade(memory)
  return bytes && hashEntry((await parsePin(bytes)).entries[0])
}

/** Replaces the pin, unless it differs from `over`: another process may have pinned a longer log since. */
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
  if (!bytes)
    throw new VaultError('VaultNotFound', `${place.access} is missing from the vault that .vaultrc points to`)
  return { bytes, document: await parseDocument('access', bytes, place.access) }
}

/** Throws `DocumentRefused`, with the command that mends it, if the pin is damaged. */
async function parsePin(bytes: Uint8Array): Promise<AccessDocument> {
  try {
    return await parseDocument('access', bytes, PIN_NAME)
  } catch (error) {
    throw new VaultError('DocumentRefused', refusalOf(error).message, {
      hint: 'the file .git/git-vault/pin is damaged; to replace it: git-vault trust'
    })
  }
}

async function unknownRoot(vaultId: string): Promise<VaultError> {
  // loads the word list, which nothing else here needs
  const { fingerprint } = await import('../../core/crypto/fingerprint.js')
  return new VaultError(
    'RootUnknown',
    `this clone does not trust this vault yet; its fingerprint: ${fingerprint(vaultId)}`,
    {
      hint: 'compare the fingerprint with somebody who uses the vault, then run: git-vault trust'
    }
  )
}

function wrongLog(relation: 'foreign' | 'fork', place: Place): VaultError {
  return new VaultError(
    'DocumentRefused',
    relation === 'foreign'
      ? `${place.access}: this is not the vault that this clone trusts`
      : `${place.access}: the access log forks from the one that this clone has verified`,
    { hint: `somebody may have replaced it; see who: git log -- ${place.access}` }
  )
}
