import { keyFor, recoveryOf, type Access, type Key } from '../../core/access/access.js'
import { rightsChanges, type RightsChange } from '../../core/access/rightsChanges.js'
import { allSecrets, secretFiles } from '../allSecrets.js'
import type { Vault } from '../vault.js'
import { ownAdmin } from './team.js'

/** Name patterns that would move from one key to another, and what that changes for members. */
export interface Rebinding {
  /** The key that covers these names now. */
  readonly from: string
  readonly patterns: readonly string[]
  /** The names of the secrets that would move, sorted. Secrets created later match the patterns, too. */
  readonly secrets: readonly string[]
  readonly losses: readonly RightsChange[]
  readonly gains: readonly RightsChange[]
}

/**
 * Returns what `addKey` (if the key does not exist) or `bindNames` would move, one entry for each key that loses names.
 * Changes nothing. Throws AccessDeniedException unless this identity is an admin.
 */
export async function previewRebinding(
  vault: Vault,
  alias: string,
  names: readonly string[]
): Promise<Rebinding[]> {
  const { access, admin } = await ownAdmin(vault)
  const owners = access.keys.has(alias) ? [] : [admin.keyId, recoveryOf(access)?.member.keyId]
  const after = rebound(access, alias, names)
  const groups = new Map<string, { patterns: Set<string>; secrets: Set<string> }>()
  const groupOf = (from: string) => {
    const group = groups.get(from) ?? { patterns: new Set(), secrets: new Set() }
    groups.set(from, group)
    return group
  }
  for (const pattern of names) {
    const from = keyFor(access, pattern.replace(/\*\*$/, ''))?.alias
    if (from !== undefined && from !== alias) groupOf(from).patterns.add(pattern)
  }
  const view = await vault.read()
  for await (const found of allSecrets(view, secretFiles(vault.repository.workTree, view.place))) {
    if (!('secret' in found)) continue
    const { name } = found.secret
    const from = keyFor(access, name)?.alias
    if (from !== undefined && from !== alias && keyFor(after, name)?.alias === alias)
      groupOf(from).secrets.add(name)
  }
  return [...groups].map(([from, { patterns, secrets }]) => ({
    from,
    patterns: [...patterns],
    secrets: [...secrets].sort(),
    ...rightsChanges(access, { from, to: alias, owners })
  }))
}

/** Returns the access with the patterns taken from their keys and given to the key `alias`. */
function rebound(access: Access, alias: string, names: readonly string[]): Access {
  const target: Key = access.keys.get(alias) ?? { alias, names: [], generations: [] }
  const keys = new Map(
    [...access.keys].map(([other, key]) => [
      other,
      { ...key, names: key.names.filter(name => !names.includes(name)) }
    ])
  )
  keys.set(alias, { ...target, names: [...target.names, ...names] })
  return { ...access, keys }
}
