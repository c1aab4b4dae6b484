import type { LogChange } from '../../core/access/accessLog.js'
import { foldLogInTurns } from '../../core/access/accessLog.js'
import type { Access } from '../../core/access/access.js'
import { mayInvalidate } from '../../core/access/readers.js'
import { VaultError } from '../../core/errors.js'
import type { AccessDocument } from '../../core/format/documents.js'
import type { Tree } from '../../core/ports.js'
import { Draft } from '../draft.js'
import type { Writer } from '../documents/encryptVersion.js'
import { MERGE } from '../documents/merged.js'
import { Overlay } from '../documents/overlay.js'
import type { Place } from '../documents/place.js'
import { refusalOf } from '../documents/refusal.js'
import { nothingSeen, Seen } from '../memory/seen.js'
import { moveSecretsIn } from '../team/rekey.js'
import type { Skipped } from '../team/skipped.js'
import { reSignSecrets } from '../team/reSign.js'
import type { Vault } from '../vault.js'
import { View } from '../view.js'
import { mergeVault, type MergeInput, type VaultMerge } from './mergeVault.js'
import { changeAgain, describeEntry, type Rotated } from './reapplyChange.js'
import { signAnew } from './reapplyDocuments.js'
import { changesNothing, describeAgain } from './reapplied.js'
import { ReappliedKeys } from './reapplyKeys.js'
import type { ForkedLogs } from './reapplyTrunk.js'

export interface ReapplyInput {
  readonly logs: ForkedLogs
  readonly place: Place
  readonly trees: { readonly base: Tree; readonly ours: Tree; readonly theirs: Tree }
  /** Our branch, such as `refs/heads/main`. */
  readonly branch: string
  /** The paths that our side has changed since the merge base, and those in which the two sides differ. */
  readonly changed: { readonly ours: readonly string[]; readonly between: readonly string[] }
  /** The paths of the trunk's files in the vault. */
  readonly trunkFiles: () => AsyncIterable<string>
  /** As in `MergeInput`, for a view under the new log. */
  readonly earlier: (view: View) => MergeInput['earlier']
  /** As in `MergeInput`. */
  readonly acceptsDates?: boolean | undefined
  /** The name of their branch, for people. */
  readonly upstream: string
}

/** A merge after which our own entries follow those of the trunk. */
export interface Reapplied extends VaultMerge {
  readonly member: string
  /** The new access log. Absent if there is a conflict. */
  readonly log?: Uint8Array
  /** Our entries, for people: what they were, and the numbers that they had. */
  readonly entries: readonly string[]
}

/** Stops the re-application. The message is for people. */
class Stopped extends Error {}

/**
 * Merges two branches that have both extended the access log (FORMAT.md, "Access-log forks"). Our own entries are made again
 * after the trunk's, checked and signed anew; then the key documents, then the documents that named our entries, then all
 * other files by the rules of `mergeVault`. Signs nothing that it has not verified. A conflict if an entry is somebody else's,
 * or would be refused or mean something else there.
 */
export async function reapply(vault: Vault, input: ReapplyInput): Promise<Reapplied> {
  const { logs, place } = input
  const identity = await vault.identity()
  const { keyId } = identity.public
  const name = logs.own.access.members.get(keyId)?.name ?? 'this identity'
  try {
    const entries = ownEntries(logs, keyId, name)
    const writer = writerOn(logs, { identity, random: vault.random }, input.upstream)
    return { ...(await makeAgain(vault, input, writer, entries)), member: name }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
    const conflict = {
      path: place.access,
      name: place.access,
      reason: 'log forked',
      detail: error.message
    } as const
    return { files: new Map(), decisions: [], conflicts: [conflict], member: name, entries: [] }
  }
}

type Entry = AccessDocument['entries'][number]

/** Returns our entries after the fork. Stops if somebody else has signed one. */
function ownEntries({ own, forkedAt }: ForkedLogs, keyId: string, name: string): readonly Entry[] {
  const entries = own.log.entries.slice(forkedAt.entries.length)
  for (const { entry, by, changes } of entries) {
    if (by === keyId) continue
    const signer = own.access.members.get(by)?.name ?? 'somebody else'
    throw new Stopped(
      `entry ${entry} here (${describeEntry(changes)}) was signed by ${signer}, not by ${name}: ` +
        `${signer} must run git-vault sync, here or where it was made`
    )
  }
  return entries
}

function writerOn({ trunk }: ForkedLogs, writer: Omit<Writer, 'member'>, upstream: string): Writer {
  const member = trunk.access.members.get(writer.identity.public.keyId)
  if (member?.adminSince !== undefined) return { ...writer, member }
  const lost =
    member?.removed !== undefined ? 'you are no longer a member there' : 'you are no longer an admin there'
  throw new Stopped(`${lost}, so your entries cannot be made again; ${takeTheirs(upstream)}`)
}

const takeTheirs = (upstream: string): string =>
  `take theirs, and make your changes again as far as you still may: git reset --keep ${upstream} && git-vault trust --accept-log`

async function makeAgain(
  vault: Vault,
  input: ReapplyInput,
  writer: Writer,
  entries: readonly Entry[]
): Promise<Omit<Reapplied, 'member'>> {
  const { logs, place, trees } = input
  const { memory } = vault.repository
  const now = vault.clock.now()
  const anywhere = nothingSeen()
  const view = (tree: Tree, access: Access, seen = anywhere) => new View(tree, place, access, seen, now)
  const draft = new Draft(
    view(trees.theirs, logs.trunk.access),
    async () => logs.trunk.log,
    writer,
    MERGE,
    now
  )
  const own = view(trees.ours, logs.own.access)

  const keys = new ReappliedKeys(draft, own, logs.forkedAt)
  for (const entry of entries) await addAgain(draft, keys, entry, input)
  // the signer of entries that are left out must sign the log without them
  if (draft.access === logs.trunk.access)
    await draft.amend([changesNothing(entries, logs.own.access, draft.access)])
  const stale = await stoppedBy(keys.write(), entries, input)
  const { access } = draft
  for (const { path, why } of await followTrunk(draft, input)) vault.notice(`skipped ${path}: ${why}`)

  const trunkFiles = draft.change?.files ?? new Map<string, Uint8Array>()
  const anew = await signAnew({ own, forkedAt: logs.forkedAt, access, writer }, input.changed.ours)
  const described = entries.map(entry => describeAgain(entry, access, logs.trunk.access))
  if ('reason' in anew)
    return { files: new Map(), decisions: [], conflicts: [{ ...anew, name: anew.path }], entries: described }
  const common = new Map<string, Uint8Array | null>()
  for (const [path, bytes] of trunkFiles)
    if (path === place.access || path.startsWith(`${place.folder}/keys/`)) common.set(path, bytes)
  for (const path of stale) common.set(path, null)

  const ours = new Overlay(trees.ours)
  ours.apply(common)
  ours.apply(anew)
  const theirs = new Overlay(trees.theirs)
  theirs.apply(trunkFiles)
  const ourView = view(ours, access, new Seen(memory, input.branch, vault.baseline))
  const merged = await mergeVault(
    {
      ...{ base: view(trees.base, access), ours: ourView, theirs: view(theirs, access) },
      ...{ signer: { ...writer, member: access.members.get(writer.member.keyId) ?? writer.member }, now },
      earlier: input.earlier(ourView),
      acceptsDates: input.acceptsDates
    },
    new Set([...input.changed.between, ...anew.keys(), ...trunkFiles.keys()])
  )
  const log = trunkFiles.get(place.access)
  return {
    ...merged,
    files: new Map([...common, ...anew, ...merged.files]),
    ...(log && merged.conflicts.length === 0 ? { log } : {}),
    entries: described
  }
}

/** Moves the trunk's secrets to the keys that they now have, and signs anew what would be refused under the new log. */
async function followTrunk(draft: Draft, input: ReapplyInput): Promise<readonly Skipped[]> {
  const { access, view } = draft
  const quiet = (): void => undefined
  const isBound = access.bindings.length !== view.access.bindings.length
  const moved = isBound ? await moveSecretsIn(draft, kept(input), quiet) : []
  if (!mayInvalidate(view.access, access)) return moved
  // those that were moved are signed already
  const unmoved = (path: string) => !draft.change?.files.has(path)
  return [...moved, ...(await reSignSecrets(draft, kept(input, unmoved), quiet))]
}

/** Makes one of our entries again, after those of the trunk. */
async function addAgain(draft: Draft, keys: ReappliedKeys, entry: Entry, input: ReapplyInput): Promise<void> {
  const { logs, place, upstream } = input
  const stop = (why: string): never => {
    throw new Stopped(
      `entry ${entry.entry} here (${describeEntry(entry.changes)}) cannot be made again: ${why}; ${takeTheirs(upstream)}`
    )
  }
  const number = Number(entry.entry)
  const around = {
    before: await prefix(logs.own.log, number - 1, place),
    after: await prefix(logs.own.log, number, place),
    now: draft.access,
    trunk: logs.trunk.log.entries.slice(logs.forkedAt.entries.length).flatMap(({ changes }) => changes)
  }
  const rotated: Rotated = new Set()
  const changes: LogChange[] = []
  for (const change of entry.changes) {
    const again = changeAgain(change, around, rotated)
    if ('refused' in again) return stop(again.refused)
    for (const one of again) changes.push(one)
  }
  const added = entry.changes.filter(change => change.change === 'generation')
  const created = new Set(changes.flatMap(change => (change.change === 'key' ? [change.key] : [])))
  const generations = await keys.again(added, rotated, created)
  const [first, ...others] = inOrder(changes, generations)
  if (!first) return
  try {
    await draft.amend([first, ...others])
  } catch (error) {
    return stop(refusalOf(error).message)
  }
}

/** A created key needs its generation before the grants on it; a member's loss comes before the new generation. */
function inOrder(changes: readonly LogChange[], generations: readonly LogChange[]): LogChange[] {
  const isGrant = ({ change }: LogChange): boolean => change === 'grant'
  const isCreation = changes.some(({ change }) => change === 'key')
  if (!isCreation) return [...changes, ...generations]
  return [...changes.filter(one => !isGrant(one)), ...generations, ...changes.filter(isGrant)]
}

async function prefix(log: AccessDocument, length: number, { access: path }: Place): Promise<Access> {
  const [first, ...rest] = log.entries
  return foldLogInTurns({ ...log, entries: [first, ...rest.slice(0, length - 1)] }, path, Infinity)
}

async function stoppedBy<T>(
  work: Promise<T>,
  entries: readonly Entry[],
  { upstream }: ReapplyInput
): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof VaultError && ['AccessDeniedException', 'Usage'].includes(error.code))) throw error
    const all = entries.map(({ entry }) => entry).join(', ')
    throw new Stopped(`entry ${all} here cannot be made again: ${error.message}; ${takeTheirs(upstream)}`)
  }
}

/** The trunk's files, without those that our side has removed. */
async function* kept(
  { changed, trees, trunkFiles }: ReapplyInput,
  isWanted: (path: string) => boolean = () => true
): AsyncIterable<string> {
  const ours = new Set(changed.ours)
  for await (const path of trunkFiles())
    if (isWanted(path) && !(ours.has(path) && !(await trees.ours.read(path, 1 << 20)))) yield path
}
