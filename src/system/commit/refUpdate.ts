import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { errno, readIfExists, removeIfExists, syncFolder } from '../files/files.js'
import { Git, type Exit } from '../git/git.js'
import { shown } from '../files/paths.js'
import type { Place } from '../git/place.js'

/** A `git update-ref` for one ref update. It is started in advance and waits for its input. */
export class RefUpdate {
  readonly #git: Git

  constructor(place: Place, reason: string, env: Readonly<Record<string, string>>) {
    this.#git = new Git(place, ['update-ref', '-m', reason, '--stdin', '-z'], { env })
    this.#git.child.stdout.resume()
  }

  get pid(): number {
    return this.#git.child.pid ?? 0
  }

  /** Moves the ref by compare-and-swap. For an unborn branch the old value is zeros; an empty one would match any value. */
  async move(ref: string, from: string | undefined, to: string): Promise<Exit> {
    this.#git.child.stdin.end(`update ${ref}\0${to}\0${from ?? '0'.repeat(to.length)}\0`)
    return this.#git.exit
  }

  failure(exit: Exit): Error {
    return this.#git.failure(exit)
  }

  /** Ends the process. If `move` was not called, nothing is moved. */
  async discard(): Promise<void> {
    this.#git.child.stdin.end()
    await this.#git.exit.catch(() => undefined)
  }
}

/** Syncs the folders of a ref. git syncs only the ref's file, so a power cut could undo its rename. */
export function syncRef(place: Place, ref: string): void {
  const reftable = join(place.commonDir, 'reftable')
  if (fs.existsSync(reftable)) return syncFolder(reftable)
  const top = join(place.commonDir, 'refs')
  // the folders above may be new, too
  for (let folder = dirname(join(place.commonDir, ref)); ; folder = dirname(folder)) {
    syncFolder(folder)
    if (folder === top || folder.length <= top.length) return
  }
}

/** The locks that a ref update takes. */
const refLocks = (place: Place, ref: string): string[] => [
  join(place.commonDir, `${ref}.lock`),
  join(place.gitDir, 'HEAD.lock'),
  join(place.commonDir, 'reftable', 'tables.list.lock')
]

/** The inodes of the locks that exist, by path: right after a ref update, those that git could not remove. */
export function presentLocks(place: Place, ref: string): ReadonlyMap<string, number> {
  const found = refLocks(place, ref).map(
    lock => [lock, fs.statSync(lock, { throwIfNoEntry: false })?.ino] as const
  )
  return new Map(found.filter((entry): entry is [string, number] => entry[1] !== undefined))
}

/** Returns the error for a ref update that failed. If a lock was in its way, the hint names it. */
export function refUpdateFailed(error: Error): Error {
  const lock = /Unable to create '([^']+\.lock)': File exists/.exec(error.message)?.[1]
  if (lock === undefined) return error
  return new VaultError('GitFailed', `git cannot move the branch: the lock ${shown(lock)} exists`, {
    hint: `if no git is running, remove it: rm '${shown(lock)}'`,
    cause: error
  })
}

/** An incomplete lock that does not change for this long, while no git of ours is running, is one that we left behind. */
const ABANDONED_AFTER_MS = 1_500

/**
 * Removes the locks that an update-ref of ours left behind: it was killed, or could not remove them. The branch's lock holds
 * the new id, a part of it, or nothing yet. HEAD's lock is always empty, because HEAD itself does not change. If the
 * branch's lock holds another id, the user's own git is running, and HEAD's lock is also its own.
 * @param since the start of the ref update, in milliseconds since the epoch
 */
export async function removeRefLocks(place: Place, ref: string, oid: string, since: number): Promise<void> {
  for (const lock of refLocks(place, ref)) {
    const content = readIfExists(lock)?.toString('utf8').trim()
    if (content === undefined) continue
    if (!oid.startsWith(content)) return
    if (content === oid || (await isAbandoned(lock, since))) removeIfExists(lock)
  }
}

async function isAbandoned(lock: string, since: number): Promise<boolean> {
  const before = fs.statSync(lock, { throwIfNoEntry: false })
  // two seconds of tolerance, the resolution of file times on some file systems
  if (before === undefined || before.mtimeMs < since - 2_000) return false
  const age = Date.now() - before.mtimeMs
  if (age < ABANDONED_AFTER_MS)
    await new Promise(resolve => setTimeout(resolve, ABANDONED_AFTER_MS - Math.max(0, age)))
  try {
    const after = fs.statSync(lock)
    return after.ino === before.ino && after.size === before.size && after.mtimeMs === before.mtimeMs
  } catch (error) {
    if (errno(error) === 'ENOENT') return false
    throw error
  }
}
