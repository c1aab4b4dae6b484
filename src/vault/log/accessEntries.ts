import { entryHashes, type LogChange } from '../../core/access/accessLog.js'
import { CAPS, type AccessDocument } from '../../core/format/documents.js'
import { keepLast } from '../../core/format/parseCache.js'
import type { ChangedFile, History } from '../../core/ports.js'
import type { View } from '../view.js'
import { parseIfValid } from './signedChanges.js'

/** An entry that a commit adds to the access log. */
export interface AddedEntry {
  readonly path: string
  readonly hash: string
  readonly by: string
  readonly member: string
  readonly operation: string
  readonly time: string
}

interface HashedLog {
  readonly entries: AccessDocument['entries']
  readonly hashes: readonly string[]
}

/** How many logs are cached: the log before a commit is the one that an older commit left. */
const MAX_LOGS = 3

/** Reads the access logs of commits. */
export class AccessEntries {
  readonly #view: View
  readonly #history: History
  readonly #logs = new Map<string, Promise<HashedLog | undefined>>()

  constructor(view: View, history: History) {
    this.#view = view
    this.#history = history
  }

  /** Returns the entries that none of a commit's parents has and that this clone's log has, oldest first. */
  async addedBy({ path, blob, before }: ChangedFile): Promise<AddedEntry[]> {
    const found = await this.#log(blob)
    if (!found) return []
    const known = new Set<string>()
    for (const earlier of before) for (const hash of (await this.#log(earlier))?.hashes ?? []) known.add(hash)
    return found.entries.flatMap((entry, at) => {
      const hash = found.hashes[at]!
      if (known.has(hash) || this.#view.access.entries[at] !== hash) return []
      // a new recovery identity is also a new member, listed first
      const first = entry.changes.find(({ change }) => change === 'recovery') ?? entry.changes[0]
      const { by, time } = entry
      return [{ path, hash, by, member: this.#view.memberName(by), operation: titleOf(first), time }]
    })
  }

  #log(blob: string | undefined): Promise<HashedLog | undefined> {
    if (blob === undefined) return Promise.resolve(undefined)
    const log = this.#logs.get(blob) ?? this.#read(blob)
    keepLast(this.#logs, MAX_LOGS, blob, log)
    return log
  }

  async #read(blob: string): Promise<HashedLog | undefined> {
    const bytes = await this.#history.blob(blob, CAPS.access.bytes)
    const document = bytes && (await parseIfValid('access', bytes, this.#view.place.access))
    return document && { entries: document.entries, hashes: await entryHashes(document) }
  }
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
