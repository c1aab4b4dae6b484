import { keyAt, type Access } from './access.js'

/**
 * Tells whether a member could have re-encrypted a value of the secret: they had a tenure of `decrypt` on a key that
 * the log has ever given to its name (FORMAT.md, "Merging"). `writer` is a key id, as in stages.yaml.
 * @param name of the secret
 */
export function resealRight(access: Access, name: string): (entry: { readonly writer: string }) => boolean {
  const keys = new Set(access.bindings.map(({ since }) => keyAt(access, name, since)))
  return ({ writer }) => {
    const tenures = access.members.get(writer)?.tenures ?? []
    return tenures.some(({ key, right }) => right === 'decrypt' && keys.has(key))
  }
}
