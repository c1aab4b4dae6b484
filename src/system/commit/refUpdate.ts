import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { errno, readIfThere, removeIfThere, syncFolder } from '../files/files.js'
import { Git, type Exit } from '../git/git.js'
import type { Place } from '../git/place.js'

/** `git update-ref`, started early; it moves nothing before it is told to. */
export class RefUpdate {
  readonly #git: Git

  constructor(place: Place, reason: string, env: Readonly<Record<string, string>>) {
    this.#git = new Git(place, ['update-ref', '-m', reason, '--stdin', '-z'], { env })
    this.#git.child.stdout.resume()
  }

  get pid(): number {
    return this.#git.child.pid ?? 0
  }

  /** A compare-and-swap. An empty old value would mean "whatever it is"; an unborn branch is zeros. */
  async move(ref: string, from: string | undefined, to: string): Promise<Exit> {
    this.#git.child.stdin.end(`update ${ref}\0${to}\0${from ?? '0'.repeat(to.length)}\0`)
    return this.#git.exit
  }

  failure(exit: Exit): Error {
    return this.#git.failure(exit)
  }

  async discard(): Promise<void> {
    this.#git.child.stdin.end()
    await this.#git.exit.catch(() => undefined)
  }
}

/** git syncs the file of a branch and never its folder, so that a power cut undoes the rename. */
export function syncRef(place: Place, ref: string): void {
  const reftable = join(place.commonDir, 'reftable')
  if (fs.existsSync(reftable)) return syncFolder(reftable)
  const top = join(place.commonDir, 'refs')
  // The folders on the way may be as new as the file.
  for (let folder = dirname(join(place.commonDir, ref)); ; folder = dirname(folder)) {
    syncFolder(folder)
    if (folder === top || folder.length <= top.length) return
  }
}

/** A lock without our id in it is ours only if it stays as it is while no git of ours is running. */
const OBSERVED_FOR = 1_500

/**
 * Removes the locks that a killed update-ref left behind. The branch's own holds the new id, or nothing
 * yet; HEAD's holds nothing at all, because HEAD itself does not change. When the branch's holds another
 * id, the user's git is at work, and HEAD's is its as well.
 */
export async function removeRefLocks(place: Place, ref: string, oid: string, since: number): Promise<void> {
  const locks = [
    join(place.commonDir, `${ref}.lock`),
    join(place.gitDir, 'HEAD.lock'),
    join(place.commonDir, 'reftable', 'tables.list.lock')
  ]
  for (const lock of locks) {
    const content = readIfThere(lock)?.toString('utf8').trim()
    if (content === undefined) continue
    if (content !== '' && content !== oid) return
    if (content === oid || (await isAbandoned(lock, since))) removeIfThere(lock)
  }
}

async function isAbandoned(lock: string, since: number): Promise<boolean> {
  const before = fs.statSync(lock, { throwIfNoEntry: false })
  // Two seconds of grace for coarse file times.
  if (before === undefined || before.mtimeMs < since - 2_000) return false
  const age = Date.now() - before.mtimeMs
  if (age < OBSERVED_FOR) await new Promise(resolve => setTimeout(resolve, OBSERVED_FOR - Math.max(0, age)))
  try {
    const after = fs.statSync(lock)
    return after.ino === before.ino && after.size === 0 && after.mtimeMs === before.mtimeMs
  } catch (error) {
    if (errno(error) === 'ENOENT') return false
    throw error
  }
}
