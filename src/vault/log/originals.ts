import type { LogEntry } from './entry.js'

/** An entry, and what decides whether it was done in its commit. */
export interface Event {
  readonly entry: LogEntry
  /** The same for the same signed change in any commit. */
  readonly id: string
  /** Whether the commit made this change for certain: its message claims it, as that of every write does, or it is a merge. */
  readonly isClaimed: boolean
}

/** The changes that a commit made, and its message if they were made elsewhere. */
export interface CommitStory {
  readonly events: readonly Event[]
  /** What the message says. */
  readonly message: LogEntry | undefined
  /** Whether the message says something that is in no event. */
  readonly isOwnMessage: boolean
  /** Files that the commit removes or takes back to an older state. */
  readonly undone: readonly string[]
}

interface Queued {
  readonly commit: CommitStory
  /** The number of its commit, from 1. */
  readonly number: number
  /** Undefined: the message. */
  readonly event?: Event
  state: 'ready' | 'waiting' | 'restored'
}

/** How many older commits an entry waits for. */
const MAX_WAIT = 200

/**
 * Assigns each signed change to the commit that made it. A later commit may have the same document again: the revert of
 * a revert, a cherry-pick, a copied folder. Commits come newest first, so an entry whose message does not claim it waits
 * for an older commit with the same change, but not for more than `MAX_WAIT` commits: then it has the change. Entries after it
 * wait as well, because their order stays.
 */
export class Originals {
  #queue: Queued[] = []
  /** By path: the changes that have an entry, unless a commit undid the file in between. */
  readonly #done = new Map<string, Set<string>>()
  readonly #waiting = new Map<string, Queued>()
  /** The changes of entries that have waited for long enough. */
  readonly #kept = new Set<string>()
  readonly #told = new WeakSet<CommitStory>()
  #number = 0

  /** Adds a commit. Returns the entries that are decided by now. */
  add(commit: CommitStory): Iterable<LogEntry> {
    this.#number++
    for (const path of commit.undone) this.#done.delete(path)
    for (const event of commit.events) this.#addEvent(commit, event)
    if (commit.isOwnMessage) this.#queue.push({ commit, number: this.#number, state: 'ready' })
    for (const [id, queued] of this.#waiting) {
      if (queued.number + MAX_WAIT > this.#number) break
      queued.state = 'ready'
      this.#waiting.delete(id)
      this.#kept.add(id)
    }
    return this.#decided()
  }

  /** Returns the entries that are left: no older commit has their changes. */
  end(): Iterable<LogEntry> {
    for (const queued of this.#waiting.values()) queued.state = 'ready'
    return this.#decided()
  }

  #addEvent(commit: CommitStory, event: Event): void {
    const { id, isClaimed, entry } = event
    const waiting = this.#waiting.get(id)
    if (waiting) {
      waiting.state = 'restored'
      this.#waiting.delete(id)
    }
    const done = this.#done.get(entry.path) ?? new Set()
    this.#done.set(entry.path, done)
    if (!waiting && (done.has(id) || this.#kept.has(id))) return
    done.add(id)
    const queued: Queued = { commit, number: this.#number, event, state: isClaimed ? 'ready' : 'waiting' }
    if (!isClaimed) this.#waiting.set(id, queued)
    this.#queue.push(queued)
  }

  #decided(): LogEntry[] {
    if (this.#queue[0]?.state === 'waiting') return []
    const end = this.#queue.findIndex(({ state }) => state === 'waiting')
    const decided = end < 0 ? this.#queue : this.#queue.slice(0, end)
    this.#queue = end < 0 ? [] : this.#queue.slice(end)
    return decided.flatMap(({ commit, event, state }) => {
      if (event && state === 'ready') return [event.entry]
      if (!commit.message || this.#told.has(commit)) return []
      this.#told.add(commit)
      return [commit.message]
    })
  }
}
