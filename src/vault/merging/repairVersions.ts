import { VaultError } from '../../core/errors.js'
import type { History, Tree } from '../../core/ports.js'
import { hasNoValue, type Stages } from '../../core/versions/stages.js'
import { ownerOf } from '../documents/owner.js'
import { readDocument } from '../documents/place.js'
import { unlessRefused } from '../documents/refusal.js'
import { stagesOf } from '../documents/stagesDocument.js'
import type { View } from '../view.js'
import { findVersion } from '../documents/findVersion.js'
import { versionFiles } from '../documents/versionFiles.js'

/** Files of versions that do not match an accepted stages.yaml. */
export interface VersionRepairs {
  /** Path to new bytes; null removes. */
  readonly files: ReadonlyMap<string, Uint8Array | null>
  /** Paths of listed versions that are neither here nor in history. */
  readonly lost: readonly string[]
  /** Paths of files that stages.yaml does not list, and that it has not pruned: they may be what a merge has left. */
  readonly unlisted: readonly string[]
}

/** A folder of a secret whose version files are not those that its stages.yaml lists. */
export interface MismatchedFolder {
  readonly folder: string
  readonly missing: readonly string[]
  readonly unlisted: readonly string[]
}

/** In a command line: of more folders, all of the vault is listed. */
const MAX_FOLDERS = 500

/**
 * Compares the names of a commit's files with each stages.yaml, which need not be accepted.
 * @param only the folders of secrets to look at; left out, all
 */
export async function mismatchedFolders(
  history: History,
  commit: string,
  home: View,
  only?: ReadonlySet<string>
): Promise<MismatchedFolder[]> {
  const root = home.place.folder
  const names = new Map<string, Set<string>>()
  if (only?.size === 0) return []
  const listed = only && only.size <= MAX_FOLDERS ? [...only] : root
  for await (const { path } of history.files(commit, listed)) {
    const owner = ownerOf(path, root)
    if (only && !only.has(owner)) continue
    const group = names.get(owner)
    if (group) group.add(path)
    else names.set(owner, new Set([path]))
  }
  const found: MismatchedFolder[] = []
  for (const [folder, files] of names) {
    const place = home.place.secretIn(folder)
    if (!files.has(place.stages)) continue
    const stages = await readStages(home.tree, place.stages)
    if (!stages) continue
    const listed = new Set(
      [...stages.versions].flatMap(([id, entry]) => (hasNoValue(entry) ? [] : [place.version(id)]))
    )
    const missing = [...listed].filter(path => !files.has(path))
    const unlisted = [...files].filter(path => path.startsWith(`${folder}/versions/`) && !listed.has(path))
    if (missing.length > 0 || unlisted.length > 0) found.push({ folder, missing, unlisted })
  }
  return found
}

/** Returns undefined if another check refuses the document. */
function readStages(tree: Tree, path: string): Promise<Stages | undefined> {
  return unlessRefused(async () => {
    const document = await readDocument(tree, 'stages', path)
    return document && stagesOf(document)
  })
}

/**
 * Returns the changes that make the files of these folders match their stages.yaml: a listed version's file comes back from
 * history, and a pruned version's file is removed. Leaves a secret that is refused, and a file that no pruning explains.
 * @param restore finds a file with that digest in history
 */
export async function repairVersions(
  home: View,
  folders: readonly MismatchedFolder[],
  restore: (path: string, digest: string) => Promise<Uint8Array | undefined>
): Promise<VersionRepairs> {
  const files = new Map<string, Uint8Array | null>()
  const lost: string[] = []
  const unlisted: string[] = []
  for (const found of folders) {
    const secret = await acceptedIn(home, found.folder)
    if (!secret) continue
    const { view, place, document, stages } = secret
    const pruned: string[] = []
    for (const path of found.unlisted) {
      const id = await prunedVersion(view.tree, path, stages)
      if (id !== undefined && place.version(id) === path) pruned.push(id)
      else unlisted.push(path)
    }
    const affected = new Set([...found.missing, ...found.unlisted])
    const changes = await unlessRefused(() =>
      versionFiles(
        { place, document, stages },
        pruned,
        { present: view.tree, others: [], restore },
        view.acceptance,
        path => affected.has(path),
        () => false
      )
    )
    if (!changes) continue
    for (const [path, bytes] of changes) files.set(path, bytes)
    for (const path of found.missing) if (!files.has(path)) lost.push(path)
  }
  return { files, lost, unlisted }
}

/** Returns undefined if the secret is refused, or older than what this clone has seen. */
async function acceptedIn(home: View, folder: string) {
  try {
    const document = await readDocument(home.tree, 'secret', `${folder}/secret.yaml`)
    if (!document) return undefined
    const view = home.inRegion(document.arn.split(':')[3] ?? '')
    const secret = await view.secretAt(view.place.secretIn(folder))
    return secret && { ...secret, view }
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    return undefined
  }
}

/** Returns the id of the version in a file if stages.yaml says that it was pruned. */
async function prunedVersion(tree: Tree, path: string, { pruned }: Stages): Promise<string | undefined> {
  if (pruned === undefined) return undefined
  const document = await unlessRefused(() => readDocument(tree, 'version', path))
  const isPruned = document && document.created <= pruned && document.signed.change.time <= pruned
  return isPruned ? document.version : undefined
}

/** Returns a function that finds the file with a digest among those that any commit of this clone has at the same path. */
export function restoreFrom(history: History) {
  return async (path: string, digest: string): Promise<Uint8Array | undefined> =>
    findVersion(history, path, digest)
}
