import { parseDocument, type VersionDocument } from '../../core/format/documents.js'

/** Finds a version's file by its digest, for example in git's history. */
export type FindVersion = (path: string, digest: string) => Promise<Uint8Array | undefined>

/**
 * The files of listed versions that a write missed and found elsewhere. A merge by git alone can remove such a file, because
 * git decides about each file by itself. The write puts them back.
 */
export class RestoredVersions {
  readonly files = new Map<string, Uint8Array>()
  readonly find: FindVersion

  constructor(find: FindVersion) {
    this.find = find
  }

  async document(path: string, digest: string): Promise<VersionDocument | undefined> {
    const bytes = this.files.get(path) ?? (await this.find(path, digest))
    if (!bytes) return undefined
    this.files.set(path, bytes)
    return parseDocument('version', bytes, path)
  }
}
