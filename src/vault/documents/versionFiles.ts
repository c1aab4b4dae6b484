import { CAPS, digestOf, parseDocument, type VersionDocument } from '../../core/format/documents.js'
import type { Tree } from '../../core/ports.js'
import { hasNoValue, type Stages, type VersionEntry } from '../../core/versions/stages.js'
import { VaultError } from '../../core/errors.js'
import type { Acceptance, VersionOwner } from './acceptance.js'
import { unlessRefused } from './refusal.js'

/** A version's file, and its document. */
interface VersionFile {
  readonly bytes: Uint8Array
  readonly document: VersionDocument
}

/** The sources of the files of a secret's versions. */
export interface VersionSources {
  /** The tree that the changes are against. */
  readonly present: Tree
  /** Other trees, in the order in which they are asked. */
  readonly others: readonly Tree[]
  /** Finds a file with that digest elsewhere, for example in history. */
  readonly restore?: ((path: string, digest: string) => Promise<Uint8Array | undefined>) | undefined
}

/**
 * Returns the changes to the files of a secret's versions after which they match its stages.yaml: each listed version has
 * the file with its digest, and no other version of `known` has one. Throws `DocumentRefused` if a file that is to be written is
 * refused. Leaves out a version whose file is nowhere: a reader of that version is told.
 * @param known the ids of versions whose files may have to be removed
 * @param isAffected whether the file at a path may be a wrong one
 * @param isNew whether the present stages.yaml does not list the version with this digest
 */
export async function versionFiles(
  owner: VersionOwner,
  known: Iterable<string>,
  sources: VersionSources,
  acceptance: Acceptance,
  isAffected: (path: string) => boolean,
  isNew: (versionId: string, entry: VersionEntry) => boolean
): Promise<Map<string, Uint8Array | null>> {
  const files = new Map<string, Uint8Array | null>()
  const { place, stages } = owner
  for (const id of unlisted(stages, known)) {
    const path = place.version(id)
    if (isAffected(path) && (await readIfUsable(sources.present, path)) !== undefined) files.set(path, null)
  }
  for (const [id, entry] of stages.versions) {
    const path = place.version(id)
    if (hasNoValue(entry) || !(isAffected(path) || isNew(id, entry))) continue
    if ((await withDigest(sources.present, path, entry.digest)) !== undefined) continue
    const found = await findFile(sources, path, entry.digest)
    if (!found) continue
    acceptance.version(found.document, id, owner)
    files.set(path, found.bytes)
  }
  return files
}

function* unlisted({ versions }: Stages, known: Iterable<string>): Iterable<string> {
  for (const id of new Set(known)) {
    const entry = versions.get(id)
    if (!entry || hasNoValue(entry)) yield id
  }
}

async function findFile(
  { others, restore }: VersionSources,
  path: string,
  digest: string
): Promise<VersionFile | undefined> {
  for (const tree of others) {
    const found = await withDigest(tree, path, digest)
    if (found) return found
  }
  const bytes = await restore?.(path, digest)
  return bytes && versionWithDigest(bytes, path, digest)
}

async function withDigest(tree: Tree, path: string, digest: string): Promise<VersionFile | undefined> {
  const bytes = await readIfUsable(tree, path)
  return bytes && versionWithDigest(bytes, path, digest)
}

/** Returns a version's file with its document; `undefined` if it is none, or has another digest. */
export async function versionWithDigest(
  bytes: Uint8Array,
  path: string,
  digest: string
): Promise<VersionFile | undefined> {
  const document = await unlessRefused(() => parseDocument('version', bytes, path))
  return document && digestOf(document) === digest ? { bytes, document } : undefined
}

/** Returns an empty file for one that cannot be read, such as a link or one that is too long. */
async function readIfUsable(tree: Tree, path: string): Promise<Uint8Array | undefined> {
  try {
    return await tree.read(path, CAPS.version.bytes)
  } catch (error) {
    if (error instanceof VaultError && error.code === 'DocumentRefused') return new Uint8Array()
    throw error
  }
}
