import { mayWrite, readersOf, type Generation, type Key } from '../../core/access/access.js'
import {
  CAPS,
  digestOf,
  formatDocument,
  parseDocument,
  type KeyDocument
} from '../../core/format/documents.js'
import { formatTime } from '../../core/time.js'
import type { Tree } from '../../core/ports.js'
import type { Acceptance } from '../documents/acceptance.js'
import type { Place } from '../documents/place.js'
import { refusalOf } from '../documents/refusal.js'
import { Signer } from '../documents/signer.js'
import { MERGE } from '../documents/merged.js'
import { refusedConflict, type Conflict, type MergeContext, type MergedDocument } from './types.js'

/** The key and the generation that a key document's path stands for. */
export interface KeyPath {
  readonly key: Key
  readonly generation: Generation
}

/** Returns what the access log has at the path of a key document; `undefined` if it has no such generation. */
export function keyAtPath(path: string, { access }: MergeContext, place: Place): KeyPath | undefined {
  for (const key of access.keys.values())
    for (const generation of key.generations)
      if (place.key(key.alias, generation.number) === path) return { key, generation }
  return undefined
}

/** The new bytes of a key document, `undefined` if ours stays, or a conflict. */
export async function mergeKeyFile(
  path: string,
  at: KeyPath,
  { ours, theirs }: { readonly ours: Tree; readonly theirs: Tree },
  acceptance: Acceptance,
  context: MergeContext
): Promise<Uint8Array | Conflict | undefined> {
  const other = await readKey(theirs, path, at, acceptance)
  // key documents are never removed
  if (!other) return undefined
  const own = await readKey(ours, path, at, acceptance)
  // a refused one gives way: it opens nothing
  if ('reason' in other) return own && !('reason' in own) ? undefined : other
  if (!own || 'reason' in own) return other.bytes
  const merged = mergeKeys(path, own.document, other.document, acceptance, context, at)
  if ('reason' in merged) return merged
  if ('take' in merged) return merged.take === 'ours' ? undefined : other.bytes
  return formatDocument('key', merged.signed, path)
}

/**
 * Merges two accepted documents of one generation. The one with the greater serial stays, unless the other has boxes for
 * readers that it lacks: then both are joined, which an admin has to sign.
 */
export function mergeKeys(
  path: string,
  ours: KeyDocument,
  theirs: KeyDocument,
  acceptance: Acceptance,
  { access, signer: writer, now }: MergeContext,
  { key, generation }: KeyPath
): MergedDocument<KeyDocument> {
  if (digestOf(ours) === digestOf(theirs)) return { take: 'ours' }
  for (const document of [ours, theirs]) acceptance.key(document, path, key.alias, generation)
  const serials = [Number(ours.signed.serial), Number(theirs.signed.serial)] as const
  const [newer, older] = serials[1] > serials[0] ? [theirs, ours] : [ours, theirs]
  const readers = new Set(readersOf(access, key.alias).map(({ keyId }) => keyId))
  const isLacking = Object.keys(older.sealed).some(
    keyId => readers.has(keyId) && !Object.hasOwn(newer.sealed, keyId)
  )
  const isNewer = serials[0] !== serials[1]
  const take = newer === theirs ? 'theirs' : 'ours'
  if (isNewer && !isLacking) return { take }
  const isAdmin = writer && mayWrite(writer.member, key.alias, [], access.entries.length)
  if (!writer || !isAdmin) {
    // a lacking box can be added later: nobody is stopped for it
    if (isNewer) return { take }
    return writer
      ? { reason: 'no right', detail: `${writer.member.name} is not an admin of this vault` }
      : { reason: 'no signer' }
  }
  const signer = new Signer(writer, MERGE)
  const { key: alias, generation: number, public: publicKey } = newer
  const boxes = Object.entries({ ...older.sealed, ...newer.sealed }).filter(([keyId]) => readers.has(keyId))
  const unsigned = {
    kind: 'git-vault/key',
    format: '1',
    key: alias,
    generation: number,
    public: publicKey,
    sealed: Object.fromEntries(boxes),
    signed: signer.envelope(access, newer.signed.serial, undefined, formatTime(now))
  } as const
  return { signed: signer.sign<KeyDocument>(unsigned, access) }
}

async function readKey(
  tree: Tree,
  path: string,
  { key, generation }: KeyPath,
  acceptance: Acceptance
): Promise<{ bytes: Uint8Array; document: KeyDocument } | Conflict | undefined> {
  try {
    const bytes = await tree.read(path, CAPS.key.bytes)
    if (!bytes) return undefined
    const document = await parseDocument('key', bytes, path)
    acceptance.key(document, path, key.alias, generation)
    return { bytes, document }
  } catch (error) {
    return refusedConflict(refusalOf(error))
  }
}
