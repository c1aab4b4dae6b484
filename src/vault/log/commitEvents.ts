import { operations } from '../../core/generated/operations.js'
import { parseMessage } from '../../core/format/message.js'
import type { CommitEntry, History } from '../../core/ports.js'
import type { View } from '../view.js'
import { AccessEntries, type AddedEntry } from './accessEntries.js'
import type { LogEntry } from './entry.js'
import type { CommitStory, Event } from './originals.js'
import { CREATES_VERSION, SignedChanges, type OwnKind, type SignedChange } from './signedChanges.js'

/** The document that names a change, first: a version is signed once and never again. */
const KINDS: readonly OwnKind[] = ['version', 'stages', 'secret']

/** A commit's message, parsed. Anybody who can push can write one. */
interface Claim {
  readonly operation: string
  readonly member: string
  readonly entry: Pick<LogEntry, 'operation' | 'secret' | 'versionId' | 'token' | 'member' | 'rotation'>
  readonly arns: readonly string[]
}

/** Returns what members signed in a commit, and what its message says. */
export class CommitEvents {
  readonly #view: View
  readonly #changes: SignedChanges
  readonly #entries: AccessEntries

  constructor(view: View, history: History) {
    this.#view = view
    this.#changes = new SignedChanges(view, history)
    this.#entries = new AccessEntries(view, history)
  }

  async of(commit: CommitEntry): Promise<CommitStory> {
    const changes: SignedChange[] = []
    const entries: AddedEntry[] = []
    const undone: string[] = []
    const removed: string[] = []
    this.#changes.next()
    for (const file of commit.files) {
      if (file.path === this.#view.place.access) {
        for (const entry of await this.#entries.addedBy(file)) entries.push(entry)
        continue
      }
      const change = await this.#changes.of(file)
      if (change) changes.push(change)
      else undone.push(file.path)
      const arn = await this.#changes.removedArn(file)
      if (arn !== undefined) removed.push(arn)
    }
    const isMerge = (commit.files[0]?.before.length ?? 2) > 1
    const claim = claimOf(commit)
    const groups = grouped(changes, claim)
    const events = [
      ...groups
        .filter(([first]) => !isConsequence(first, entries, claim))
        .map(group => ofGroup(group, commit, claim)),
      ...entries.filter(entry => !isPartOf(entry, groups, claim)).map(entry => ofEntry(entry, commit, claim))
    ].sort((a, b) => b.entry.time.getTime() - a.entry.time.getTime())
    const isSilent = isMerge && commit.files.length === 0
    const message = isSilent ? undefined : messageEntry(commit, claim, removed)
    const isOwnMessage =
      message !== undefined &&
      (events.length === 0 || (claim ? !events.some(event => event.isClaimed) : removed.length > 0))
    // what a merge signs is newer than all its parents, so no older commit has it
    const settled = isMerge ? events.map(event => ({ ...event, isClaimed: true })) : events
    return { events: settled, message, isOwnMessage, undone }
  }
}

/**
 * The changes of a commit by operation. A write signs several documents for one operation; a commit that somebody made of
 * several ones has several operations.
 */
function grouped(changes: readonly SignedChange[], claim: Claim | undefined): (readonly SignedChange[])[] {
  const groups = new Map<string, SignedChange[]>()
  // first the documents that name a change
  for (const kind of KINDS)
    for (const change of changes) {
      if (change.kind !== kind) continue
      // others re-encrypt a version that was there before
      if (kind === 'version' && !CREATES_VERSION.test(change.operation)) continue
      const { operation, by, token, arn, time } = change
      const isWhole = !isService(operation) || (claims(claim, change) && !CREATES_VERSION.test(operation))
      const which = isWhole ? '' : `${token ?? time} ${arn}`
      const id = `${operation} ${by} ${which}`
      const group = groups.get(id)
      if (group) group.push(change)
      else groups.set(id, [change])
    }
  return [...groups.values()]
}

const isService = (operation: string): boolean => Object.hasOwn(operations, operation)

const claims = (claim: Claim | undefined, { operation, member }: SignedChange): boolean =>
  claim?.operation === operation && claim.member === member

/** Whether a document was signed again because of an entry of the access log, which names the reason. */
const isConsequence = (
  change: SignedChange | undefined,
  entries: readonly AddedEntry[],
  claim: Claim | undefined
): boolean =>
  change !== undefined &&
  !isService(change.operation) &&
  entries.some(
    ({ by, operation }) =>
      by === change.by && (claims(claim, change) || operation.startsWith(`${change.operation} `))
  )

/** Whether a write of a secret added the entry: it moves a name to another key, for example. */
const isPartOf = (
  entry: AddedEntry,
  groups: readonly (readonly SignedChange[])[],
  claim: Claim | undefined
): boolean =>
  groups.some(
    ([change]) =>
      change &&
      isService(change.operation) &&
      change.by === entry.by &&
      (claims(claim, change) || change.time === entry.time)
  )

function ofGroup(group: readonly SignedChange[], commit: CommitEntry, claim: Claim | undefined): Event {
  const [first] = group
  if (first === undefined) throw new Error('an empty group')
  const { operation, token, name, member, by, path, time } = first
  const names = new Set(group.map(change => change.name))
  const createsVersion =
    token !== undefined &&
    (CREATES_VERSION.test(operation) || operation === 'RotateSecret') &&
    group.some(({ kind }) => kind !== 'secret')
  const isClaimed = claims(claim, first)
  return {
    id: first.blob,
    isClaimed,
    entry: {
      ...base(commit),
      time: new Date(time),
      operation,
      ...(names.size === 1 ? { secret: name } : {}),
      ...(token === undefined ? {} : { token }),
      ...(createsVersion ? { versionId: token } : {}),
      ...(isClaimed && claim?.entry.rotation ? { rotation: claim.entry.rotation } : {}),
      ...{ member, by, arns: [...new Set(group.map(({ arn }) => arn))], path, signed: true }
    }
  }
}

function ofEntry(added: AddedEntry, commit: CommitEntry, claim: Claim | undefined): Event {
  const { hash, operation, member, by, path, time } = added
  return {
    id: hash,
    isClaimed: claim?.member === member && !isService(claim.operation),
    entry: { ...base(commit), time: new Date(time), operation, member, by, arns: [], path, signed: true }
  }
}

const base = ({ commit, author }: CommitEntry): Pick<LogEntry, 'commit' | 'author'> => ({ commit, author })

/** Parses the message. Of a message that no write made, returns its first line. */
function messageEntry(commit: CommitEntry, claim: Claim | undefined, removed: readonly string[]): LogEntry {
  const said = claim?.entry ?? { operation: commit.message.split('\n', 1)[0] ?? '' }
  const path = commit.files[0]?.path ?? ''
  const arns = removed.length > 0 ? removed : (claim?.arns ?? [])
  return { ...base(commit), time: new Date(commit.time), ...said, arns, path, signed: false }
}

/** Returns what the message claims, or `undefined` if it is not in the form of a write's message. */
function claimOf({ message }: CommitEntry): Claim | undefined {
  const { operation, subject, trailers } = parseMessage(message)
  const all = (key: string) => trailers.flatMap(([name, value]) => (name === key ? [value] : []))
  const [member] = all('Member')
  if (member === undefined) return undefined
  const [[versionId], [token]] = [all('Version-Id'), all('Client-Request-Token')]
  const [[name], [step]] = [all('Rotation-Function'), all('Rotation-Step')]
  const entry = {
    operation,
    ...(subject ? { secret: subject } : {}),
    ...(versionId === undefined ? {} : { versionId }),
    ...(token === undefined ? {} : { token }),
    ...(name === undefined ? {} : { rotation: { function: name, ...(step === undefined ? {} : { step }) } }),
    member
  }
  return { operation, member, entry, arns: all('Secret-Arn') }
}
