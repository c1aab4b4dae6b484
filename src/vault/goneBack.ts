import { VaultError } from '../core/errors.js'
import { formatDocument } from '../core/format/documents.js'
import { AWSCURRENT, type Stages } from '../core/versions/stages.js'
import { nameAndRegion } from './documents/place.js'
import type { Draft } from './draft.js'
import { nothingSeen } from './memory/seen.js'
import { seenState } from './memory/seenState.js'
import type { Vault } from './vault.js'
import { View, type Secret } from './view.js'

/** A secret that the branch has in an older state than this clone has seen, for example after a `git revert`. */
export interface GoneBack {
  /** The newer state, from the branch's history. */
  readonly newer: Secret
  /** Reads the commit that has the newer state. */
  readonly view: View
  /** The state that the branch has now. */
  readonly older: Secret
}

/** Commits that are looked at. A newer state that is further back is not found. */
const MOST_COMMITS = 500

/**
 * Returns the newer state of a secret that went back; `undefined` if it did not. Throws `RepositoryState` if the branch's
 * history lacks the newer state.
 */
export async function goneBack(
  vault: Vault,
  { view: head, now }: Draft,
  name: string
): Promise<GoneBack | undefined> {
  const place = head.place.secret(name)
  const older = await head.secretAtAnyAge(place)
  const refused = older && (await head.seen.refusal(seenState(older)))
  if (!older || refused?.age !== 'older' || refused.label !== undefined) return undefined
  const { repository } = vault
  const log = repository.log({ paths: [place.secret, place.stages], limit: MOST_COMMITS })
  for await (const { commit } of log) {
    const seen = nothingSeen()
    const view = new View(repository.treeOf(commit), head.place, head.access, seen, now)
    const newer = await acceptedIn(view, name)
    if (newer && newer.arn === older.arn && !(await head.seen.refusal(seenState(newer))))
      return { newer, view, older }
  }
  throw new VaultError(
    'RepositoryState',
    `the newer state of ${name} that this clone has seen is not in the history of this branch`,
    {
      hint: `merge the branch that has it; or accept the older state: git-vault trust ${nameAndRegion(name, place)}`
    }
  )
}

/** Returns the secret if it is accepted. An old commit may contain anything. */
async function acceptedIn(view: View, name: string): Promise<Secret | undefined> {
  const { problemOf } = await import('./documents/skipped.js')
  try {
    return await view.secretAtAnyAge(view.place.secret(name))
  } catch (error) {
    problemOf(error)
    return undefined
  }
}

export const currentOf = ({ stages }: Pick<Secret, 'stages'>): string | undefined =>
  stages.labels.get(AWSCURRENT)?.version

/** Drafts the files that belong to the newer state and that the branch lost, or has though it should not. */
export async function restoreFiles(
  draft: Draft,
  { newer, view, older }: GoneBack,
  stages: Stages
): Promise<void> {
  const { place, document } = newer
  const files = new Map<string, Uint8Array | null>()
  if (document.signature !== older.document.signature)
    files.set(place.secret, formatDocument('secret', document, place.secret))
  const present = new Set<string>()
  for (const [versionId, { digest }] of older.stages.versions) {
    if (stages.versions.get(versionId)?.digest === digest) present.add(versionId)
    else files.set(place.version(versionId), null)
  }
  for (const versionId of newer.stages.versions.keys()) {
    if (present.has(versionId) || !stages.versions.has(versionId)) continue
    const path = place.version(versionId)
    const version = await view.version(newer, versionId)
    if (version) files.set(path, formatDocument('version', version, path))
  }
  draft.placeFiles(files, [])
}
