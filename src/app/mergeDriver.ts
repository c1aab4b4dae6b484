import { formerMember } from '../core/access/access.js'
import { VaultError } from '../core/errors.js'
import { parseDocument, type Kind } from '../core/format/documents.js'
import { isSameBytes } from '../core/format/parseCache.js'
import type { EntryReference } from '../core/generated/documents.js'
import { sodiumReady } from '../core/sodium.js'
import { readDriverFile, writeDriverFile } from '../system/files/driverFiles.js'
import { systemClock } from '../system/files/clock.js'
import { systemRandom } from '../system/files/random.js'
import { readHead } from '../system/git/head.js'
import { mergeHeads, refTips } from '../system/git/mergeHeads.js'
import { openRepository, type OpenRepository } from '../system/repository.js'
import { Acceptance } from '../vault/documents/acceptance.js'
import { findPlace, type Place, type SecretPlace } from '../vault/documents/place.js'
import { readAccess } from '../vault/memory/pin.js'
import { accessOfMerge } from '../vault/merging/accessOfMerge.js'
import { earlierStates, statesUntil } from '../vault/merging/earlierStates.js'
import { mergeFile, type FileInput } from '../vault/merging/mergeFile.js'
import { mergeLogs } from '../vault/merging/mergeLogs.js'
import { isConflict, type MergeConflict, type MergeContext, type SideName } from '../vault/merging/types.js'
import { virtualBase } from '../vault/merging/virtualBase.js'
import { carriedRoot, loadIdentity } from './identityFile.js'

/** The files and the path that git gives a merge driver. */
export interface DriverFiles {
  /** Relative to the repository's root. */
  readonly path: string
  /** Empty if the merge base has no such file. */
  readonly base: string
  /** Also receives the result. */
  readonly ours: string
  readonly theirs: string
}

export interface DriverOptions {
  readonly directory: string
  /** The length of git's conflict markers: longer than usual for a merge base that git makes up itself. */
  readonly markerLength: number
  readonly passphrase: () => Promise<string>
  readonly notice: (line: string) => void
}

type DriverResult = { readonly bytes: Uint8Array } | MergeConflict

/** git's conflict markers have 7 characters. It adds 2 for each level of merge bases that it merges first. */
const USUAL_MARKER = 7
/** Branches beyond these are not asked for their access log. */
const MAX_TIPS = 200

/** The largest file of a vault, in bytes. */
const MAX_BYTES = 4 << 20

/** One file of a merge, read. */
interface DriverRequest extends DriverOptions {
  readonly path: string
  readonly base: Uint8Array
  readonly ours: Uint8Array
  readonly theirs: Uint8Array
}

/**
 * Runs as git's merge driver for one file. Leaves the merged file in the place of ours, and returns `undefined`; or returns
 * the conflict, and leaves both sides between conflict markers, so that a reader knows of it.
 */
export async function runMergeDriver(
  files: DriverFiles,
  options: DriverOptions
): Promise<MergeConflict | undefined> {
  const { path } = files
  const [base, ours, theirs] = [files.base, files.ours, files.theirs].map(file =>
    readDriverFile(file, MAX_BYTES)
  ) as [Uint8Array, Uint8Array, Uint8Array]
  const request = { ...options, path, base, ours, theirs }
  const merged = await merge(request).catch((error: unknown): MergeConflict => {
    if (!(error instanceof VaultError)) throw error
    const hint = error.hint === undefined ? '' : ` (${error.hint})`
    return { reason: 'refused', path, name: path, detail: `${error.message}${hint}` }
  })
  if (!isConflict(merged)) {
    writeDriverFile(files.ours, merged.bytes)
    return undefined
  }
  writeDriverFile(files.ours, withMarkers(ours, theirs, options.markerLength))
  return merged
}

/** Both files whole, between git's conflict markers. */
function withMarkers(ours: Uint8Array, theirs: Uint8Array, length: number): Uint8Array {
  const line = (character: string, label = '') => Buffer.from(`${character.repeat(length)}${label}\n`)
  return Buffer.concat([line('<', ' ours'), ours, line('='), theirs, line('>', ' theirs')])
}

/** Merges one file of the vault for `git merge` and the like (gitattributes(5), "Defining a custom merge driver"). */
async function merge(request: DriverRequest): Promise<DriverResult> {
  await sodiumReady
  const { path, base, ours, theirs } = request
  if (request.markerLength > USUAL_MARKER) return { bytes: await virtualBase(path, ours, theirs) }
  const repository = await openRepository(request.directory, { onWarning: request.notice })
  try {
    const head = (await readHead(repository.place)).oid
    if (head === undefined) return { reason: 'refused', path, name: path, detail: 'there is no commit yet' }
    const place = await findPlace(repository.treeOf(head))
    const commits = commitsOf(repository, head)
    const isLog = path === place.access
    const named = isLog ? [] : await namedEntries(path, place, [ours, theirs])
    const access = await accessOfMerge(commits, place, named)
    if (isConflict(access)) return { ...access, path, name: path }
    if (isLog) {
      const merged = await mergeLogs(ours, theirs, path)
      if (isConflict(merged)) return { ...merged, path, name: path }
      const bytes = request[merged.take]
      await verifyLog(bytes, place, repository)
      return { bytes }
    }
    const acceptance = new Acceptance(access, place)
    const context = { access, now: systemClock.now() }
    const other = await otherCommit(repository, commits.known, path, theirs)
    const input: FileInput = {
      path,
      base: base.length === 0 ? undefined : base,
      ours,
      theirs,
      trees: {
        ours: [repository.treeOf(head)],
        theirs: commits.known.map(commit => repository.treeOf(commit))
      },
      earlier: (side, at) => earlier(repository, { side, at, head, other, base }, acceptance, context)
    }
    const unsigned = await mergeFile(input, place, acceptance, context)
    if (!isConflict(unsigned) || unsigned.reason !== 'no signer') return unsigned
    return await signed(request, input, place, acceptance, context, unsigned)
  } finally {
    await repository.close()
  }
}

/** Throws `DocumentRefused` unless the log is verified and continues the pin, or is a part of it. */
async function verifyLog(bytes: Uint8Array, place: Place, { memory }: OpenRepository): Promise<void> {
  const tree = { read: async (path: string) => (path === place.access ? bytes : undefined) }
  await readAccess(tree, place, memory, () => carriedRoot(process.env))
}

/** Merges again, with the identity: the first time showed that the result needs a signature. */
async function signed(
  { passphrase }: DriverRequest,
  input: FileInput,
  place: Place,
  acceptance: Acceptance,
  context: MergeContext,
  unsigned: MergeConflict
): Promise<DriverResult> {
  try {
    const identity = (await loadIdentity(process.env, passphrase))()
    const member = context.access.members.get(identity.public.keyId)
    if (!member || member.removed !== undefined)
      return { ...unsigned, reason: 'no right', detail: notMember(context.access, identity.public.keyId) }
    const signer = { member, identity, random: systemRandom }
    return await mergeFile(input, place, acceptance, { ...context, signer })
  } catch (error) {
    if (!(error instanceof VaultError && IDENTITY_FAILURES.includes(error.code))) throw error
    return { ...unsigned, detail: error.message }
  }
}

const notMember = (access: MergeContext['access'], keyId: string): string =>
  formerMember(access, keyId) ?? 'this identity is not a member of this vault'

const IDENTITY_FAILURES: readonly string[] = ['IdentityNotFound', 'IdentityLocked', 'FileFailed']

function commitsOf(repository: OpenRepository, head: string) {
  const { merged, picked } = mergeHeads(repository.place, process.env, head)
  const known = [...merged, ...picked]
  return {
    history: repository,
    memory: repository.memory,
    trustedRoot: () => carriedRoot(process.env),
    head,
    merged: merged.length === 1 ? merged[0] : undefined,
    known,
    async *candidates() {
      yield* known
      yield* await refTips(repository.place, MAX_TIPS)
    }
  }
}

/** The entries of the access log that the documents name. Files that are malformed name none. */
async function namedEntries(
  path: string,
  place: Place,
  files: readonly Uint8Array[]
): Promise<EntryReference[]> {
  const kind = kindOf(path, place)
  if (kind === undefined) return []
  const named: EntryReference[] = []
  for (const bytes of files) {
    const document = await parseDocument(kind, bytes, path).catch(() => undefined)
    if (document && 'signed' in document) named.push(document.signed.access)
  }
  return named
}

function kindOf(path: string, { folder }: Place): Exclude<Kind, 'identity'> | undefined {
  if (path.startsWith(`${folder}/keys/`)) return 'key'
  const [, file] = /\/(secret|stages|versions\/[^/]+)\.yaml$/.exec(path) ?? []
  if (file === undefined) return undefined
  return file === 'secret' || file === 'stages' ? file : 'version'
}

/** Returns the commit that the other side's file is from. */
async function otherCommit(
  repository: OpenRepository,
  known: readonly string[],
  path: string,
  theirs: Uint8Array
): Promise<string | undefined> {
  for (const commit of known) {
    const bytes = await repository
      .treeOf(commit)
      .read(path, MAX_BYTES)
      .catch(() => undefined)
    if (bytes && isSameBytes(bytes, theirs)) return repository.commitId(commit)
  }
  return undefined
}

interface EarlierQuestion {
  readonly side: SideName
  readonly at: SecretPlace
  readonly head: string
  readonly other: string | undefined
  readonly base: Uint8Array
}

function earlier(
  repository: OpenRepository,
  { side, at, head, other, base }: EarlierQuestion,
  acceptance: Acceptance,
  context: MergeContext
) {
  if (other !== undefined) {
    const range = side === 'ours' ? { from: other, to: head } : { from: head, to: other }
    return earlierStates(repository, range, at, acceptance, context)
  }
  // git does not say which commit theirs is from
  return side === 'ours' ? statesUntil(repository, base, at, acceptance, context) : Promise.resolve([])
}
