import { sodiumReady } from '../core/sodium.js'
import { labelsOf } from '../core/versions/stages.js'
import { findPlace } from '../vault/documents/place.js'
import { nameLevel } from '../vault/documents/nameLevel.js'
import { roster } from '../vault/team/roster.js'
import type { Vault } from '../vault/vault.js'
import { open } from './open.js'

/*
 * What a shell proposes while a command is typed. Nothing here decrypts, asks for anything, or remembers what was read.
 * Rejects if the vault cannot be read.
 */

/** How many names are proposed: more than anyone reads. */
const MOST_NAMES = 2000

/** Returns one level of the names of secrets that start with a text. Folders end in `/`. */
export async function secretNames(
  directory: string,
  region: string | undefined,
  typed: string
): Promise<string[]> {
  const vault = await quietVault(directory)
  await sodiumReady
  const tree = vault.repository.workTree
  // only the access log says which region is the vault's own
  const place = region === undefined ? await findPlace(tree) : (await vault.inRegion(region).read()).place
  const names: string[] = []
  for await (const name of nameLevel(tree, place, typed)) if (names.push(name) >= MOST_NAMES) break
  return names.sort()
}

export interface OfferedVersion {
  readonly versionId: string
  readonly labels: readonly string[]
  readonly created: string
}

/** Returns the versions of a secret, newest first. */
export async function versions(
  directory: string,
  region: string | undefined,
  name: string
): Promise<OfferedVersion[]> {
  const view = await (await quietVault(directory)).inRegion(region).read()
  const { stages } = await view.secret(name)
  return [...stages.versions]
    .sort(([, a], [, b]) => (a.created < b.created ? 1 : -1))
    .map(([versionId, { created }]) => ({ versionId, labels: labelsOf(stages, versionId), created }))
}

/** Returns the names of the present members, and the aliases of the keys. */
export async function membersAndKeys(directory: string): Promise<{ members: string[]; keys: string[] }> {
  const { members, keys } = await roster(await quietVault(directory))
  return {
    members: members.filter(({ removed }) => removed === undefined).map(({ name }) => name),
    keys: keys.map(({ alias }) => alias)
  }
}

async function quietVault(directory: string): Promise<Vault> {
  return open({ directory, notice: () => undefined })
}
