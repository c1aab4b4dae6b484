import { foldLogInTurns } from '../core/access/accessLog.js'
import { describeFile } from '../core/describe/describe.js'
import type { NameOf } from '../core/describe/facts.js'
import { CAPS, parseDocument } from '../core/format/documents.js'
import { VaultError } from '../core/errors.js'
import { sodiumReady } from '../core/sodium.js'
import { openWorkTree } from '../system/files/workTree.js'
import { findPlace } from '../vault/documents/place.js'

/** In bytes: the names of members in a larger log are not looked up, because git asks for each file anew. */
const MAX_LOG_BYTES = 256 << 10

/**
 * Returns a file of a vault as lines for people. Names members after the access log in the work tree at `directory`, if
 * there is one. Nothing is verified.
 */
export async function textconv(bytes: Uint8Array, directory: string): Promise<string[]> {
  await sodiumReady
  return describeFile(bytes, { names: () => memberNames(directory), fold: foldUnchecked })
}

async function memberNames(directory: string): Promise<NameOf> {
  try {
    const tree = openWorkTree(directory)
    const place = await findPlace(tree)
    const bytes = await tree.read(place.access, Math.min(MAX_LOG_BYTES, CAPS.access.bytes))
    if (!bytes) return keyId => keyId
    const { members } = await foldUnchecked(await parseDocument('access', bytes, place.access), place.access)
    return keyId => members.get(keyId)?.name ?? keyId
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    return keyId => keyId
  }
}

/** Infinity: checks no entry's signature. */
const foldUnchecked = (document: Parameters<typeof foldLogInTurns>[0], path: string) =>
  foldLogInTurns(document, path, Infinity)
