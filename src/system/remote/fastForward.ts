import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { refuseInProgress } from '../commit/obstacles.js'
import { hasJournal, removeJournal, writeJournal, type Journal, type JournalFile } from '../commit/journal.js'
import { hasMoved, tidy, type HeadBranch } from '../commit/publication.js'
import { syncRef } from '../commit/refUpdate.js'
import { holderOf } from '../files/holder.js'
import { changedFiles } from './history.js'
import { repair } from '../commit/repair.js'
import { removeIfExists, suffix, syncFileAsync, syncFolders } from '../files/files.js'
import { takeLock } from '../files/lock.js'
import { shown } from '../files/paths.js'
import { scrubbedEnvironment } from '../git/environment.js'
import { AS_USER, commonArguments, type Exit } from '../git/git.js'
import { lockFolder, writeFolder, type Place } from '../git/place.js'
import { gitProgram } from '../git/program.js'
import { reasonIn } from './remoteGit.js'

const LOCK_TIMEOUT_MS = 30_000

export interface Forward {
  /** The vault's folder. */
  readonly folder: string
  readonly onWarning: (line: string) => void
  /** Runs what changes the files one by one, for a program that keeps its readers out meanwhile. */
  readonly whileMoving?: <T>(work: () => Promise<T>) => Promise<T>
}

/**
 * Holds the vault's lock and moves the branch, the index and the work tree forward to the commit that `make` returns, which
 * must descend from HEAD. What the user has staged or edited stays as it is. Returns `undefined`, with nothing changed, if
 * HEAD is no longer `head`. Throws `RepositoryState` if an edit is in the way. If it is interrupted, even by a power cut, the
 * next command puts the files of `folder` into the state of the branch.
 */
export async function moveForward(
  place: Place,
  head: HeadBranch,
  make: () => Promise<string>,
  { folder, onWarning, whileMoving = at => at() }: Forward
): Promise<string | undefined> {
  const lock = await takeLock(lockFolder(place), LOCK_TIMEOUT_MS)
  try {
    if (lock.stale || hasJournal(place)) await repair(place, lock, onWarning)
    await refuseInProgress(place)
    if (await hasMoved(place, head)) return undefined
    const to = await make()
    // the user may have committed meanwhile
    if (await hasMoved(place, head)) return undefined
    return (await mergeForward(place, head, to, { folder, whileMoving })) ? to : undefined
  } catch (error) {
    // a hook refused the move, for example, after git had changed the files
    if (hasJournal(place)) await tidy(onWarning, () => whileMoving(() => repair(place, lock, onWarning)))
    throw error
  } finally {
    lock.release()
  }
}

async function mergeForward(
  place: Place,
  head: HeadBranch,
  to: string,
  { folder, whileMoving }: Pick<Required<Forward>, 'folder' | 'whileMoving'>
): Promise<boolean> {
  const files = await changedFiles(place, head.oid ?? '', to, folder)
  const journal = (pid: number): Journal => ({
    ...{ format: 1, ref: head.branch, old: head.oid ?? null, new: to, isForward: true, files },
    ...{ mover: holderOf(pid), time: Date.now() }
  })
  fs.mkdirSync(writeFolder(place), { recursive: true, mode: 0o700 })
  writeJournal(place, journal(process.pid))
  const args = ['merge', '--ff-only', '--quiet', '--no-stat', '--no-autostash', to]
  const { exit, stderr } = await whileMoving(() =>
    outliving(place, args, pid => writeJournal(place, journal(pid)))
  )
  if (exit.code === 0) {
    syncRef(place, head.branch)
    await syncWritten(place, files)
    removeJournal(place)
    return true
  }
  const refused = refusalIn(stderr)
  const isPassed = /Not possible to fast-forward/i.test(stderr)
  // nothing was changed; otherwise the journal stays, for the repair
  if (isPassed || refused) removeJournal(place)
  if (isPassed) return false
  throw refused ?? failed(exit, stderr)
}

const SYNCED_AT_ONCE = 16

/** Writes the files, their names and the index to disk. */
async function syncWritten(place: Place, files: readonly JournalFile[]): Promise<void> {
  const written = files.filter(file => file.new !== null).values()
  const worker = async (): Promise<void> => {
    for (const { path } of written) await syncFileAsync(join(place.root, path))
  }
  await Promise.all(Array.from({ length: SYNCED_AT_ONCE }, worker))
  await syncFolders([place.gitDir, ...files.map(({ path }) => dirname(join(place.root, path)))])
}

/**
 * Runs a git command that completes even if this program is killed: it has a session of its own, and it writes to a file,
 * because a pipe would break and kill it.
 */
async function outliving(
  place: Place,
  args: readonly string[],
  onStart: (pid: number) => void
): Promise<{ exit: Exit; stderr: string }> {
  const path = join(writeFolder(place), `file-${suffix()}`)
  const file = fs.openSync(path, 'wx+', 0o600)
  try {
    const child = spawn(gitProgram(), [...commonArguments(place, AS_USER), ...args], {
      cwd: place.root,
      // a partial clone may fetch files now
      env: scrubbedEnvironment({ GIT_NO_LAZY_FETCH: '0' }),
      stdio: ['ignore', 'ignore', file],
      detached: true,
      windowsHide: true
    })
    const ended = new Promise<Exit>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => resolve({ code, signal }))
    })
    if (child.pid !== undefined) onStart(child.pid)
    return { exit: await ended, stderr: fs.readFileSync(path, 'utf8') }
  } finally {
    fs.closeSync(file)
    removeIfExists(path)
  }
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

function failed({ code, signal }: Exit, stderr: string): VaultError {
  const reason = code === null ? `it was killed by ${signal}` : reasonIn(stderr)
  return new VaultError('GitFailed', `git cannot update the work tree: ${reason}`)
}
