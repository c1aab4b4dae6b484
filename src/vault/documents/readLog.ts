import type { Access } from '../../core/access/access.js'
import { entryHashes, foldLogInTurns } from '../../core/access/accessLog.js'
import type { AccessDocument } from '../../core/format/documents.js'
import type { Tree } from '../../core/ports.js'
import { readDocument, type Place } from './place.js'

/** The access log of a tree, verified from its own root. Whether that root is trusted is for the caller to check. */
export interface Log {
  readonly access: Access
  readonly document: AccessDocument
}

/** Reads the access log of a tree. Returns `undefined` if there is none. */
export async function readLog(tree: Tree, place: Place): Promise<Log | undefined> {
  const document = await readDocument(tree, 'access', place.access)
  return document && { document, access: await foldLogInTurns(document, place.access) }
}

/** Reads the hashes of a tree's access log, without verifying it. */
export async function logHashes(tree: Tree, place: Place): Promise<readonly string[]> {
  const document = await readDocument(tree, 'access', place.access)
  return document ? entryHashes(document) : []
}
