import { generationOf, isRetired, keyAt, type Access, type Member } from './access.js'
import type { VersionDocument } from '../format/documents.js'
import { canCarry, placesOf } from './origin.js'

/**
 * Why nobody can have sealed a version so, who held to the log that they say they knew (FORMAT.md, "When a document
 * counts", 4); `undefined` where all is well.
 * @param name of its secret
 */
export function encryptionFault(
  document: VersionDocument,
  name: string,
  signer: Member,
  access: Access
): string | undefined {
  const knew = Number(document.signed.access.entry)
  for (const place of placesOf(document).slice(0, -1))
    if ((generationOf(access, place)?.since ?? Infinity) > knew)
      return `its origin names a generation of key ${place.key} that the log did not have`
  if (!canCarry(access, signer, document))
    return `its origin names another writer, and ${signer.name} cannot have had the value from anybody`
  // that there is no such key is said of its recipient
  const key = access.keys.get(document.key)
  if (!key) return undefined
  const then = keyAt(access, name, knew)
  if (key.alias !== then) return `sealed under key ${key.alias}; the log had ${name} under ${then ?? 'none'}`
  return isRetired(key, document.recipient, knew)
    ? `sealed to a generation of key ${key.alias} that was not its newest any more, or not yet`
    : undefined
}
