import { memberNamed, type Member } from '../../core/access/access.js'
import { RIGHTS, type Right } from '../../core/access/rights.js'
import { fingerprint } from '../../core/crypto/fingerprint.js'
import type { Vault } from '../vault.js'

/** A member, as shown to people. */
export interface ShownMember {
  readonly name: string
  readonly publicKey: string
  /** The public key's fingerprint in words, for comparing aloud. */
  readonly words: string
  readonly admin: boolean
  readonly since: Date
  /** When the member was removed. */
  readonly removed?: Date
  readonly rights: readonly {
    readonly key: string
    readonly names: readonly string[]
    readonly rights: readonly Right[]
  }[]
}

/** A key, as shown to people. */
export interface ShownKey {
  readonly alias: string
  readonly names: readonly string[]
  readonly generations: readonly { readonly number: string; readonly since: Date }[]
  readonly members: readonly { readonly name: string; readonly rights: readonly Right[] }[]
}

export interface Roster {
  readonly members: readonly ShownMember[]
  readonly keys: readonly ShownKey[]
}

/** Returns the vault's members, keys and rights, from its access log. */
export async function roster(vault: Vault): Promise<Roster> {
  const { access } = await vault.read()
  const time = (entry: number): Date => new Date(access.times[entry - 1] ?? 0)
  const inOrder = (rights: ReadonlyMap<Right, number>): Right[] => RIGHTS.filter(right => rights.has(right))
  const shown = ({ name, text, adminSince, since, removed, rights }: Member): ShownMember => ({
    name,
    publicKey: text,
    words: fingerprint(text),
    admin: adminSince !== undefined,
    since: time(since),
    ...(removed === undefined ? {} : { removed: time(removed) }),
    rights: [...rights]
      .filter(([, granted]) => granted.size > 0)
      .map(([key, granted]) => ({ key, names: access.keys.get(key)?.names ?? [], rights: inOrder(granted) }))
  })
  return {
    members: [...access.members.values()].map(shown),
    keys: [...access.keys.values()].map(({ alias, names, generations }) => ({
      alias,
      names,
      generations: generations.map(({ number, since }) => ({ number, since: time(since) })),
      members: [...access.members.values()].flatMap(({ name, rights }) => {
        const granted = rights.get(alias)
        return granted && granted.size > 0 ? [{ name, rights: inOrder(granted) }] : []
      })
    }))
  }
}

/** Returns all branches but the current one. A member who is removed here stays a member there until it is merged. */
export async function otherBranches(vault: Vault): Promise<string[]> {
  const branch = await vault.repository.branch()
  return branch === undefined ? [] : vault.repository.otherBranches(branch)
}

/** Returns the number of secrets at HEAD, in all regions, for a progress bar. */
export async function countSecrets(vault: Vault): Promise<number> {
  const view = await vault.read()
  let count = 0
  for await (const { path } of vault.repository.files('HEAD', view.place.folder))
    if (path.endsWith('/secret.yaml')) count++
  return count
}

/** Whether a present member has the name. */
export async function isMember(vault: Vault, name: string): Promise<boolean> {
  return memberNamed((await vault.read()).access, name) !== undefined
}
