import type { Access } from './access.js'
import { RIGHTS, type Right } from './rights.js'

/** Rights that a member gains or loses. */
export interface RightsChange {
  readonly member: string
  readonly rights: readonly Right[]
}

/**
 * Returns which rights members lose and gain on a secret that moves from one key to another.
 * @param owners the key ids of members who will have every right on the new key, which does not exist yet
 */
export function rightsChanges(
  { members }: Pick<Access, 'members'>,
  { from, to, owners = [] }: { from: string; to: string; owners?: readonly (string | undefined)[] }
): { readonly losses: readonly RightsChange[]; readonly gains: readonly RightsChange[] } {
  const changes = [...members.values()].map(({ name, keyId, rights }) => {
    const before = new Set(rights.get(from)?.keys())
    const then = new Set(owners.includes(keyId) ? RIGHTS : rights.get(to)?.keys())
    return {
      member: name,
      lost: RIGHTS.filter(right => before.has(right) && !then.has(right)),
      gained: RIGHTS.filter(right => then.has(right) && !before.has(right))
    }
  })
  return {
    losses: changes.flatMap(({ member, lost }) => (lost.length > 0 ? [{ member, rights: lost }] : [])),
    gains: changes.flatMap(({ member, gained }) => (gained.length > 0 ? [{ member, rights: gained }] : []))
  }
}
