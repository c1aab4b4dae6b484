import { couldEncrypt, generationOf, isRetired, keyAt, type Access, type Member } from './access.js'
import type { VersionDocument } from '../format/documents.js'
import { canCarry, placesOf } from './origin.js'

/**
 * How a version's encryption contradicts the access log that its signer knew (FORMAT.md, "When a document is
 * accepted", 4); `undefined` if it does not.
 * @param name of the secret
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
      return `its origin names a generation of key "${place.key}" that the log did not have yet`
  if (!canCarry(access, signer, document))
    return `its origin names another writer, but ${signer.name} could never read the value`
  // An unknown key is reported by the check of the recipient.
  const key = access.keys.get(document.key)
  if (!key) return undefined
  const then = keyAt(access, name, knew)
  if (then === undefined) return `it is sealed under key "${key.alias}", but "${name}" had no key`
  if (key.alias !== then)
    return `it is sealed under key "${key.alias}", but the key of "${name}" was "${then}"`
  if (!couldEncrypt(signer, key.alias, knew))
    return `signed by ${signer.name}, who could not write values under key "${key.alias}" then`
  return isRetired(key, document.recipient, knew)
    ? `it is sealed to a generation of key "${key.alias}" that was not the newest when it was written`
    : undefined
}
