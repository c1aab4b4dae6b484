import { CAPS, parseDocument, type SecretDocument, type StagesDocument } from '../../core/format/documents.js'
import { isSameBytes } from '../../core/format/parseCache.js'
import type { Tree } from '../../core/ports.js'
import { parseArn, type Arn } from '../../core/service/name.js'
import type { SecretPlace } from '../documents/place.js'
import { refusalOf } from '../documents/refusal.js'
import type { Conflict } from './types.js'
import { refusedConflict } from './types.js'

/** A file of one tree, and its document unless the file is missing or malformed. */
export interface Found<D> {
  readonly bytes: Uint8Array | undefined
  readonly document?: D
  /** Why there is no document, though there is a file. */
  readonly refused?: Conflict
}

/** The two documents of a secret in one tree. */
export interface Folder {
  readonly secret: Found<SecretDocument>
  readonly stages: Found<StagesDocument>
}

const NOTHING: Folder = { secret: { bytes: undefined }, stages: { bytes: undefined } }

/** Reads a secret's documents without checking their signatures. */
export async function readFolder(
  tree: Tree | undefined,
  place: Pick<SecretPlace, 'secret' | 'stages'>
): Promise<Folder> {
  if (!tree) return NOTHING
  const [secret, stages] = await Promise.all([
    readFound<SecretDocument>(tree, 'secret', place.secret),
    readFound<StagesDocument>(tree, 'stages', place.stages)
  ])
  return { secret, stages }
}

async function readFound<D>(tree: Tree, kind: 'secret' | 'stages', path: string): Promise<Found<D>> {
  let bytes: Uint8Array | undefined
  try {
    bytes = await tree.read(path, CAPS[kind].bytes)
    return bytes ? { bytes, document: (await parseDocument(kind, bytes, path)) as D } : { bytes }
  } catch (error) {
    // without bytes: a link, a folder, or a file that is too long
    return { bytes: bytes ?? new Uint8Array(), refused: refusedConflict(refusalOf(error)) }
  }
}

export function isSameFile<D>(a: Found<D>, b: Found<D>): boolean {
  return a.bytes && b.bytes ? isSameBytes(a.bytes, b.bytes) : a.bytes === b.bytes
}

export function isSameFolder(a: Folder, b: Folder): boolean {
  return isSameFile(a.secret, b.secret) && isSameFile(a.stages, b.stages)
}

export function isEmpty({ secret, stages }: Folder): boolean {
  return secret.bytes === undefined && stages.bytes === undefined
}

/** The parts of the ARN that the first folder with any documents names. Nothing has verified it. */
export function idIn(folders: readonly Folder[]): Arn | undefined {
  for (const { secret, stages } of folders) {
    const arn = secret.document?.arn ?? stages.document?.secret
    if (arn !== undefined) return parseArn(arn)
  }
  return undefined
}
