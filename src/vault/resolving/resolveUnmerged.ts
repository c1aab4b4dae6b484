import { CAPS } from '../../core/format/documents.js'
import { expectMember, type Relation } from '../../core/access/access.js'
import { VaultError } from '../../core/errors.js'
import type { History, Random, Tree } from '../../core/ports.js'
import { sodiumReady } from '../../core/sodium.js'
import { findPlace, type Place } from '../documents/place.js'
import { findVersion } from '../documents/findVersion.js'
import { ownerOf } from '../documents/owner.js'
import type { SeenSecret } from '../../core/versions/seen.js'
import { inspectLog } from '../memory/pin.js'
import { REMOVED, removedState, seenState } from '../memory/seenState.js'
import { mergeVault, type MergeDecision } from '../merging/mergeVault.js'
import { openSides, type Sides } from '../merging/openSides.js'
import type { Vault } from '../vault.js'
import { isSecret } from '../verify/verify.js'
import { unlessRefused } from '../documents/refusal.js'
import type { View } from '../view.js'
import { Overlay } from '../documents/overlay.js'
import { shownLabels } from './shownLabels.js'
import { acceptedBeneath } from './acceptedBeneath.js'
import { beforeRemoval } from './beforeRemoval.js'
import { carriedOver } from './carriedOver.js'
import { openCandidate, stateThen, viewsUnder, type Opened } from './openCandidate.js'
import { resolveFolder } from './resolveFolder.js'
import { folderNamed } from './folderNamed.js'
import type { Resolution } from './resolveCommitted.js'
import type {
  Answers,
  Candidate,
  FolderSides,
  Question,
  ResolveContext,
  ResolvedFolder,
  Unresolved
} from './types.js'

/** A merge that git could not finish: the three sides, and the files in which they differ. */
export interface UnmergedSides {
  readonly operation: string
  readonly base: Tree
  readonly ours: Tree
  readonly theirs: Tree
  /** The commits of both sides, if it is a merge. */
  readonly commits?: { readonly ours: string; readonly theirs: string }
  /** The commit of ours. */
  readonly head?: string
  /** The commit of the base. */
  readonly since?: string
  readonly paths: ReadonlySet<string>
  readonly changed: ReadonlySet<string>
}

export interface UnmergedOptions {
  /** Names or ARNs; empty, all. */
  readonly names: readonly string[]
  /** The region of the names; left out, the vault's home region. */
  readonly region?: string | undefined
  readonly answers: Answers
  readonly random: Random
  /** Lists the files below a folder that the work tree or git's index has. */
  readonly filesIn: (folder: string) => Promise<readonly string[]>
}

export interface UnmergedResolution extends Resolution {
  /** The files to write and stage: path to new bytes; `null` removes the file. */
  readonly files: ReadonlyMap<string, Uint8Array | null>
}

/** Decides what git could not merge. Writes nothing. */
export async function resolveUnmerged(
  vault: Vault,
  unmerged: UnmergedSides,
  options: UnmergedOptions
): Promise<UnmergedResolution> {
  await sodiumReady
  const { repository, clock } = vault
  const sides = await openSides(vault, unmerged, undefined).catch(async (error: unknown) => {
    const path = await forkedInRebase(vault, unmerged, error)
    throw path === undefined ? error : logForked(path, unmerged.operation)
  })
  if ('reason' in sides) throw logForked(sides.path, unmerged.operation)
  const { access } = sides.ours
  const identity = await vault.identity()
  const member = expectMember(access, identity.public.keyId)
  const writer = { member, identity, random: options.random }
  const now = clock.now()
  const context = { access, writer, now }
  const place = sides.ours.place.inRegion(undefined)
  const restore = async (path: string, digest: string) => findVersion(repository, path, digest)
  const changed = wanted(unmerged.changed, options, place, access.region)
  const merged = await mergeVault({ ...sides, signer: writer, now, restore }, changed)

  const files = new Map(merged.files)
  const resolved: ResolvedFolder[] = []
  for (const decision of merged.decisions) resolved.push(await shownDecision(decision, sides, files))
  const unresolved: Unresolved[] = []
  const questions: Question[] = []
  for (const { path, name, reason, detail } of merged.conflicts) {
    const folder = ownerOf(path, place.folder)
    if (!isSecret(folder, place)) {
      unresolved.push({ folder: path, name, why: detail === undefined ? reason : `${reason}: ${detail}` })
      continue
    }
    const outcome = await resolveFolder({
      sides: await folderSides(repository, unmerged, sides, { folder, context }),
      place,
      context,
      answers: options.answers,
      restore
    })
    if ('question' in outcome) questions.push(outcome.question)
    else if ('unresolved' in outcome) unresolved.push(outcome.unresolved)
    else {
      resolved.push(outcome.resolved)
      // git's merge may have removed files of ours already, which the index then lacks
      for (const path of new Set([...(await options.filesIn(folder)), ...changed]))
        if (!outcome.resolved.files.has(path) && ownerOf(path, place.folder) === folder) files.set(path, null)
      for (const [path, bytes] of outcome.resolved.files) files.set(path, bytes)
    }
  }
  // a file that needs no change against ours is still in conflict
  const open = new Set([...unresolved, ...questions].map(({ folder }) => folder))
  for (const path of changed)
    if (!files.has(path) && !open.has(path) && !open.has(ownerOf(path, place.folder)))
      files.set(path, (await sides.ours.tree.read(path, 1 << 24)) ?? null)
  return { resolved, unresolved, questions, files }
}

/** The states of a secret in the three sides. */
async function folderSides(
  history: History,
  { base, ours, theirs, operation, commits, head, since }: UnmergedSides,
  sides: Sides,
  { folder, context }: { readonly folder: string; readonly context: ResolveContext }
): Promise<FolderSides> {
  const { access, place } = sides.ours
  const open = viewsUnder(access, place)
  const path = place.secretIn(folder).secret
  const beside = { folder, path, open, place, context }
  const own = await openBeside({ label: 'ours', tree: ours, commit: commits?.ours }, theirs, beside)
  const other = await openBeside({ label: 'theirs', tree: theirs, commit: commits?.theirs }, ours, beside)
  const candidates: Candidate[] = [own, other]
  const beneath = async (side: Opened, commit: string | undefined): Promise<void> => {
    if (side.refused === undefined || commit === undefined) return
    // what was forged has no honest state beneath it
    if (!(await stateThen(side.tree, place, folder))) return
    for (const before of await acceptedBeneath(history, place, access, { commit, folder }))
      candidates.push({ label: side.label, tree: history.treeOf(before) })
  }
  await beneath(own, commits?.ours)
  await beneath(other, commits?.theirs)
  const before = await openCandidate({ label: 'base', tree: base }, folder, open)
  const seen: SeenSecret[] = []
  for (const tree of [ours, theirs]) {
    const state = await stateThen(tree, place, folder)
    if (state) seen.push(seenState(state))
  }
  const isAbsent = ({ secret, refused }: Opened): boolean => !secret && refused === undefined
  const isKept = own.secret !== undefined || other.secret !== undefined || candidates.length > 2
  for (const [side, to] of [[own, head] as const, [other, commits?.theirs] as const]) {
    if (!isKept || !isAbsent(side) || to === undefined) continue
    // what was changed there before the removal must not be lost if the secret is kept
    for (const state of await beforeRemoval(history, place, { from: since, to }, folder)) {
      seen.push(state)
      candidates.push({ label: `${side.label} before its removal`, tree: history.treeOf(state.commit) })
    }
  }
  // one side has no documents of what the base has, or it has created and removed the secret since
  const wasThere = !isAbsent(before) || seen.some(({ secret }) => secret.digest === REMOVED)
  const isRemoved = (isAbsent(own) || isAbsent(other)) && (wasThere || !isKept)
  if (isRemoved && before.secret) seen.push(removedState(seenState(before.secret)))
  // what a signer without `manage` lacks is no deletion, whoever has signed it again: so no base may drop it from the other side
  const isCarried = own.isCarried === true || other.isCarried === true
  return {
    ...{ folder, candidates, seen, isRemoved },
    base: isCarried ? undefined : base,
    ...(operation === 'revert' ? { revertedTo: theirs } : {}),
    mustSign: false
  }
}

/**
 * Opens one side of a merge. If it is refused, takes what `carriedOver` can sign again. If its secret.yaml is refused, takes
 * that of the other side: a branch that did not know of a removal still has what the former member had signed, and the other
 * one has signed it anew.
 */
async function openBeside(
  side: Candidate,
  other: Tree,
  {
    folder,
    path,
    open,
    place,
    context
  }: { folder: string; path: string; open: (tree: Tree) => View; place: Place; context: ResolveContext }
): Promise<Opened> {
  const opened = await openCandidate(side, folder, open)
  if (opened.refused === undefined) return opened
  const carried = await carriedOver(side.tree, { folder, place, other, context })
  const own = carried && (await openCandidate({ ...side, tree: carried }, folder, open))
  if (own?.secret) return { ...own, isCarried: true }
  const bytes = await unlessRefused(() => other.read(path, CAPS.secret.bytes))
  if (!bytes) return opened
  const tree = new Overlay(side.tree)
  tree.apply(new Map([[path, bytes]]))
  const signed = await openCandidate({ ...side, tree }, folder, open)
  return signed.secret ? signed : opened
}

function wanted(
  changed: ReadonlySet<string>,
  { names, region }: Pick<UnmergedOptions, 'names' | 'region'>,
  place: Place,
  home: string
): ReadonlySet<string> {
  if (names.length === 0) return changed
  const folders = names.map(name => folderNamed(name, region, place, home))
  // whatever belongs to no secret is needed for each of them
  return new Set(
    [...changed].filter(path => {
      const folder = ownerOf(path, place.folder)
      return !isSecret(folder, place) || folders.includes(folder)
    })
  )
}

/** Describes what the merge made of a secret or another file. */
async function shownDecision(
  { name, path }: MergeDecision,
  sides: Sides,
  files: ReadonlyMap<string, Uint8Array | null>
): Promise<ResolvedFolder> {
  const { access, place } = sides.ours
  const open = viewsUnder(access, place)
  const tree = new Overlay(sides.ours.tree)
  tree.apply(files)
  const before = await openCandidate({ label: 'ours', tree: sides.ours.tree }, path, open)
  const { secret, view } = await openCandidate({ label: 'merged', tree }, path, open)
  const labels = secret ? shownLabels(view, secret, before.secret) : []
  return { folder: path, name, files: new Map(), labels, notes: [], ...(secret ? { secret } : {}) }
}

/**
 * Returns the access log's path if the log of ours, which in a rebase is the upstream's, was refused because it forks from
 * the one that this clone has verified, and the log of theirs does not. `sync` then checks the upstream's log.
 */
async function forkedInRebase(
  { repository }: Vault,
  { ours, theirs }: UnmergedSides,
  error: unknown
): Promise<string | undefined> {
  if (!(error instanceof VaultError && error.code === 'DocumentRefused')) return undefined
  const place = await findPlace(ours)
  const relationOf = async (tree: Tree): Promise<Relation> =>
    (await inspectLog(tree, place, repository.memory)).relation
  if ((await relationOf(ours)) !== 'fork') return undefined
  const own = await relationOf(theirs)
  return own === 'fork' || own === 'foreign' ? undefined : place.access
}

function logForked(path: string, operation: string): VaultError {
  return new VaultError(
    'RepositoryState',
    `${path}: both branches have added to the access log, which has one order`,
    {
      hint: operation === 'other' ? 'git-vault sync' : `git ${operation} --abort, and then: git-vault sync`
    }
  )
}
