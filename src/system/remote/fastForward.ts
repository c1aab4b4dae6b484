import { VaultError } from '../../core/errors.js'
import { refuseInProgress } from '../commit/obstacles.js'
import { hasJournal } from '../commit/journal.js'
import { hasMoved } from '../commit/publication.js'
import { repair } from '../commit/repair.js'
import { takeLock } from '../files/lock.js'
import { shown } from '../files/paths.js'
import { Git } from '../git/git.js'
import type { Head } from '../git/head.js'
import { lockFolder, type Place } from '../git/place.js'
import { reasonIn } from './remoteGit.js'

const LOCK_TIMEOUT_MS = 30_000

/**
 * Holds the vault's lock and moves the branch, the index and the work tree forward to the commit that `make` returns, which
 * must descend from HEAD. What the user has staged or edited stays as it is. Returns `undefined`, with nothing changed, if
 * HEAD is no longer `head`. Throws `RepositoryState` if an edit is in the way.
 */
export async function moveForward(
  place: Place,
  head: Head,
  make: () => Promise<string>,
  onWarning: (line: string) => void
): Promise<string | undefined> {
  const lock = await takeLock(lockFolder(place), LOCK_TIMEOUT_MS)
  try {
    if (lock.stale || hasJournal(place)) await repair(place, lock, onWarning)
    await refuseInProgress(place)
    if (await hasMoved(place, head)) return undefined
    const to = await make()
    // the user may have committed meanwhile
    if (await hasMoved(place, head)) return undefined
    return (await mergeForward(place, to)) ? to : undefined
  } finally {
    lock.release()
  }
}

async function mergeForward(place: Place, to: string): Promise<boolean> {
  const args = ['merge', '--ff-only', '--quiet', '--no-stat', '--no-autostash', to]
  // Not attached to the terminal: Ctrl-C must not end it while it changes files. A partial clone may fetch files now.
  const merge = new Git(place, args, { asUser: true, env: { GIT_NO_LAZY_FETCH: '0' } })
  merge.child.stdin.end()
  merge.child.stdout.resume()
  const exit = await merge.exit
  if (exit.code === 0) return true
  if (/Not possible to fast-forward/i.test(merge.stderr)) return false
  throw refusalIn(merge.stderr) ?? (exit.code === null ? merge.failure(exit) : failed(merge.stderr))
}

/** Recognizes the user's own files in the way, which git lists one to a line, after a tab. */
function refusalIn(stderr: string): VaultError | undefined {
  const lock = /Unable to create '([^']+\.lock)': File exists/.exec(stderr)?.[1]
  if (lock !== undefined)
    return new VaultError('RepositoryBusy', `git is busy in this work tree: the lock ${shown(lock)} exists`, {
      hint: `if no git is running, remove it: rm '${shown(lock)}'`
    })
  const files = stderr.split('\n').flatMap(line => (line.startsWith('\t') ? [line.slice(1)] : []))
  if (!/would be overwritten by merge/.test(stderr) || files.length === 0) return undefined
  const names = `${shown(files.slice(0, 3).join(', '))}${files.length > 3 ? ` and ${files.length - 3} more` : ''}`
  return /untracked working tree files/.test(stderr)
    ? inTheWay(`files that git does not track are in the way: ${names}`, 'move them away')
    : inTheWay(`uncommitted changes are in the way: ${names}`, 'commit them, or run git stash')
}

const inTheWay = (message: string, action: string): VaultError =>
  new VaultError('RepositoryState', message, { hint: `${action}, then run git-vault sync again` })

const failed = (stderr: string): VaultError =>
  new VaultError('GitFailed', `git cannot update the work tree: ${reasonIn(stderr)}`)
