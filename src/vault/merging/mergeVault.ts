import { isSameBytes } from '../../core/format/parseCache.js'
import { VaultError } from '../../core/errors.js'
import type { Tree } from '../../core/ports.js'
import type { SignedState } from '../../core/versions/signedState.js'
import { ownerOf } from '../documents/owner.js'
import type { Writer } from '../documents/encryptVersion.js'
import type { View } from '../view.js'
import { mergeKeyFile, keyAtPath } from './mergeKey.js'
import { mergeLogs, readLogBytes } from './mergeLogs.js'
import { mergeSecretFolder } from './mergeSecretFolder.js'
import type { Conflict, MergeConflict, MergeContext, MergeDecision, SideName } from './types.js'

export type { ConflictReason, MergeConflict, MergeDecision, SideName } from './types.js'

export interface MergeInput {
  /** Needs no trust: a wrong one can stop a merge or withhold changes of theirs, but add nothing. */
  readonly base: View | undefined
  /** Both are opened under the newest access log of the two, which was checked against the pin: see `openSides`. */
  readonly ours: View
  readonly theirs: View
  /** Left out, only what needs no signature is merged; the rest is a conflict `no signer`. */
  readonly signer?: Writer | undefined
  /** Milliseconds since the Unix epoch. */
  readonly now: number
  /** Whether a person has accepted dates over 24 hours ahead of the clock. */
  readonly acceptsDates?: boolean | undefined
  /** The accepted states of a secret between the base and a side's tip, by the secret's folder: see `earlierStates`. */
  readonly earlier?: ((side: SideName, folder: string) => Promise<readonly SignedState[]>) | undefined
  /** Finds a version's file by its digest, for example in history, if none of the three trees has it. */
  readonly restore?: ((path: string, digest: string) => Promise<Uint8Array | undefined>) | undefined
}

export interface VaultMerge {
  /** Against ours: path to new bytes; `null` removes the file. Without the files of a secret that is in conflict. */
  readonly files: ReadonlyMap<string, Uint8Array | null>
  readonly decisions: readonly MergeDecision[]
  readonly conflicts: readonly MergeConflict[]
}

/** The changed paths of a vault, by what they belong to. */
interface Changed {
  access: boolean
  readonly keys: Set<string>
  /** By the secret's folder. */
  readonly secrets: Map<string, Set<string>>
  readonly others: Set<string>
}

/**
 * Merges the vault's files of two commits (FORMAT.md, "Merging"). Reads the three trees and nothing else. Signs only what
 * it has verified on both sides.
 * @param changed the paths in which ours and theirs differ; those outside the vault's folder are ignored
 */
export async function mergeVault(input: MergeInput, changed: Iterable<string>): Promise<VaultMerge> {
  const files = new Map<string, Uint8Array | null>()
  const decisions: MergeDecision[] = []
  const conflicts: MergeConflict[] = []
  const { ours, theirs, base } = input
  const { signer, now, acceptsDates } = input
  const context: MergeContext = { access: ours.access, signer, now, acceptsDates }
  const paths = sorted(changed, ours)

  let isLogExtended = false
  if (paths.access) {
    const path = ours.place.access
    const log = await mergeLog(input, path)
    if ('reason' in log) conflicts.push({ ...log, path, name: path })
    else if (log.bytes) {
      files.set(path, log.bytes)
      isLogExtended = true
    }
  }
  for (const path of paths.keys) {
    const at = keyAtPath(path, context, ours.place)
    if (!at) {
      paths.others.add(path)
      continue
    }
    const merged = await mergeKeyFile(
      path,
      at,
      { ours: ours.tree, theirs: theirs.tree },
      ours.acceptance,
      context
    )
    if (merged && 'reason' in merged) conflicts.push({ ...merged, path, name: at.key.alias })
    else if (merged) files.set(path, merged)
  }
  const { earlier, restore } = input
  for (const [folder, within] of paths.secrets) {
    const merged = await mergeSecretFolder({
      place: ours.place.secretIn(folder),
      base: base?.tree,
      ours,
      theirs,
      context,
      isLogExtended,
      earlier: earlier && (side => earlier(side, folder)),
      mayDiffer: path => within.has(path),
      restore
    })
    for (const [path, bytes] of merged.files) files.set(path, bytes)
    if (merged.decision) decisions.push(merged.decision)
    if (merged.conflict) conflicts.push(merged.conflict)
  }
  for (const path of paths.others) {
    const merged = await mergePlain(path, input)
    if (merged && 'reason' in merged) conflicts.push({ ...merged, path, name: path })
    else if (merged) files.set(path, merged.bytes)
  }
  return { files, decisions, conflicts }
}

function sorted(changed: Iterable<string>, { place }: View): Changed {
  const home = place.inRegion(undefined)
  const paths: Changed = { access: false, keys: new Set(), secrets: new Map(), others: new Set() }
  for (const path of changed) {
    if (!path.startsWith(`${place.folder}/`)) continue
    if (path === home.access) paths.access = true
    else if (path.startsWith(`${place.folder}/keys/`)) paths.keys.add(path)
    else if (isSecretFile(path, place.folder)) {
      const folder = ownerOf(path, place.folder)
      paths.secrets.set(folder, (paths.secrets.get(folder) ?? new Set()).add(path))
    } else paths.others.add(path)
  }
  return paths
}

/** Whether the path may be one of a secret's documents or versions. replica.yaml is a pointer that nobody signs. */
function isSecretFile(path: string, folder: string): boolean {
  const within = path.slice(folder.length + 1)
  return (
    /^(?:regions\/[^/]+\/)?secrets\//.test(within) &&
    /\/(?:secret|stages|versions\/[^/]+)(?:\.yaml)$/.test(within)
  )
}

async function mergeLog(
  { ours, theirs }: MergeInput,
  path: string
): Promise<{ readonly bytes?: Uint8Array } | Conflict> {
  const [own, other] = [await readLogBytes(ours.tree, path), await readLogBytes(theirs.tree, path)]
  if (!other) return { reason: 'refused', detail: `${path}: missing` }
  if (!own) return { bytes: other }
  const merged = await mergeLogs(own, other, path)
  if ('reason' in merged) return merged
  return merged.take === 'theirs' ? { bytes: other } : {}
}

const PLAIN_LIMIT = 1 << 24

/** Any other file, as git merges it: a side that is as in the base gives way. */
async function mergePlain(
  path: string,
  { base, ours, theirs }: MergeInput
): Promise<{ readonly bytes: Uint8Array | null } | Conflict | undefined> {
  const read = (tree: Tree | undefined) => tree?.read(path, PLAIN_LIMIT)
  try {
    const [before, own, other] = await Promise.all([read(base?.tree), read(ours.tree), read(theirs.tree)])
    if (isSame(own, other) || isSame(other, before)) return undefined
    if (isSame(own, before)) return { bytes: other ?? null }
    return { reason: 'removed and changed', detail: 'both branches have changed it' }
  } catch (error) {
    if (!(error instanceof VaultError && error.code === 'DocumentRefused')) throw error
    return { reason: 'refused', detail: error.message }
  }
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a && b ? isSameBytes(a, b) : a === b
}
