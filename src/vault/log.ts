import { hashEntry, type LogChange } from '../core/access/accessLog.js'
import { CAPS, parseDocument, verifyDocument, type Envelope } from '../core/format/documents.js'
import { VaultError } from '../core/errors.js'
import { parseMessage } from '../core/format/message.js'
import { parseArn } from '../core/service/name.js'
import type { CommitEntry } from '../core/ports.js'
import type { Vault } from './vault.js'
import type { View } from './view.js'

export interface LogOptions {
  readonly secretId?: string
  readonly limit?: number
}

export interface LogEntry {
  readonly commit: string
  readonly time: Date
  readonly author: string
  readonly operation: string
  readonly secret?: string
  readonly versionId?: string
  readonly token?: string
  /** The signer, or the member that the message names if nobody signed. */
  readonly member?: string
  /** False if only the commit's message says so. */
  readonly signed: boolean
}

/** Operations whose token is the id of the version that they create. */
const CREATES_VERSION = /^(?:CreateSecret|PutSecretValue|UpdateSecret)$/

/**
 * The vault's commits, newest first. An entry describes the change that a member signed. If nobody signed one, it has
 * what the message claims, and `signed` is false.
 */
export async function* log(vault: Vault, { secretId, limit }: LogOptions): AsyncIterable<LogEntry> {
  const view = await vault.read()
  const place = secretId === undefined ? undefined : (await view.secret(secretId)).place
  const paths = place ? [place.secret, place.stages] : [view.place.folder]
  const options = { paths, ...(limit === undefined ? {} : { limit }) }
  for await (const commit of vault.repository.log(options))
    yield describe(commit, await signedChange(vault, view, commit))
}

/**
 * The change that a member signed. A write of a value may add an entry to the access log too, and is then described as
 * that write. In any other commit with a new entry, the entry is the reason why the rest was signed.
 */
async function signedChange(
  vault: Vault,
  view: View,
  commit: CommitEntry
): Promise<SignedChange | undefined> {
  const change = await changeOfSecret(vault, view, commit)
  if (change && CREATES_VERSION.test(change.change.operation)) return change
  return (await signedEntry(vault, view, commit)) ?? change
}

interface SignedChange {
  /** The changed secret, if any. */
  readonly name?: string
  readonly member: string
  readonly change: Envelope['change']
  /** Whether stages.yaml was signed for it. */
  readonly isOfStages: boolean
}

function describe(
  { commit, time, author, message }: CommitEntry,
  signed: SignedChange | undefined
): LogEntry {
  const base = { commit, time: new Date(time), author }
  if (signed) {
    const { operation, token } = signed.change
    const createsVersion = token !== undefined && signed.isOfStages && CREATES_VERSION.test(operation)
    return {
      ...base,
      operation,
      ...(signed.name === undefined ? {} : { secret: signed.name }),
      ...(token === undefined ? {} : { token }),
      ...(createsVersion ? { versionId: token } : {}),
      member: signed.member,
      signed: true
    }
  }
  const { operation, subject, trailers } = parseMessage(message)
  const trailer = (key: string) => trailers.find(([name]) => name === key)?.[1]
  const [versionId, token, member] = [
    trailer('Version-Id'),
    trailer('Client-Request-Token'),
    trailer('Member')
  ]
  // a merge, or a commit by hand: there is nothing to show but its first line
  if (member === undefined) return { ...base, operation: message.split('\n', 1)[0] ?? '', signed: false }
  return {
    ...base,
    operation,
    ...(subject ? { secret: subject } : {}),
    ...(versionId === undefined ? {} : { versionId }),
    ...(token === undefined ? {} : { token }),
    member,
    signed: false
  }
}

/** The change that the commit's stages.yaml or secret.yaml was signed for, if a present or former member signed it. */
async function changeOfSecret(
  vault: Vault,
  view: View,
  { files }: CommitEntry
): Promise<SignedChange | undefined> {
  // stages.yaml, which comes last, says more than secret.yaml: a write of a value changes it
  for (const { path, blob } of files.toReversed()) {
    const kind = path.endsWith('/stages.yaml')
      ? 'stages'
      : path.endsWith('/secret.yaml')
        ? 'secret'
        : undefined
    if (!kind || blob === undefined) continue
    const bytes = await vault.repository.blob(blob, CAPS[kind].bytes)
    const document = bytes && (await parseIfValid(kind, bytes, path))
    const signer = document && view.access.members.get(document.signed.by)
    if (signer && verifyDocument(document, view.access.vaultId, signer.signKey)) {
      const arn = document.kind === 'git-vault/stages' ? document.secret : document.arn
      const { name, region } = parseArn(arn)
      // a document at another path than its name's proves nothing about this commit
      if (path === view.inRegion(region).place.secret(name)[kind])
        return { name, member: signer.name, change: document.signed.change, isOfStages: kind === 'stages' }
    }
  }
  return undefined
}

/** The newest entry of the commit's access log, if this clone's log has it. The message is not read. */
async function signedEntry(
  vault: Vault,
  view: View,
  { files }: CommitEntry
): Promise<SignedChange | undefined> {
  const blob = files.find(({ path }) => path === view.place.access)?.blob
  const bytes = blob === undefined ? undefined : await vault.repository.blob(blob, CAPS.access.bytes)
  const entry = bytes && (await parseIfValid('access', bytes, view.place.access))?.entries.at(-1)
  if (!entry || view.access.entries[Number(entry.entry) - 1] !== hashEntry(entry)) return undefined
  // a new recovery identity is also a new member, listed first
  const first = entry.changes.find(({ change }) => change === 'recovery') ?? entry.changes[0]
  const change = { operation: titleOf(first), time: entry.time }
  return { member: view.memberName(entry.by), change, isOfStages: false }
}

/** The title of an access log entry, after one of its changes. */
function titleOf(change: LogChange): string {
  switch (change.change) {
    case 'vault':
      return 'CreateVault'
    case 'member':
      return `AddMember ${change.name}`
    case 'role':
      return `SetRole ${change.member} ${change.role}`
    case 'remove':
      return `RemoveMember ${change.member}`
    case 'key':
      return `CreateKey ${change.key}`
    case 'names':
      return `BindNames ${change.key}`
    case 'generation':
      return `NewGeneration ${change.key}`
    case 'grant':
      return `GrantRights ${change.member}`
    case 'revoke':
      return `RevokeRights ${change.member}`
    case 'waiver':
      return `WaiveExposure ${change.secret}`
    case 'recovery':
      return `CreateRecovery ${change.member}`
    case 'drill':
      return `RecordDrill ${change.member}`
    case 'pruning':
      return 'SetPruning'
  }
}

/** Returns `undefined` if the bytes are not a valid document: an old commit may contain anything. */
async function parseIfValid<K extends 'access' | 'stages' | 'secret'>(
  kind: K,
  bytes: Uint8Array,
  path: string
) {
  try {
    return await parseDocument(kind, bytes, path)
  } catch (error) {
    if (error instanceof VaultError) return undefined
    throw error
  }
}
