import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { errno, fileFailed, removeIfExists, suffix } from './files.js'
import { holderOf, holderState, holderText, parseHolder } from './holder.js'
import { shown } from './paths.js'

/** A holder's heartbeat is for processes that cannot check its pid, such as those in another container. */
const HEARTBEAT_INTERVAL_MS = 2_000
/** A holder without a heartbeat for this long is dead. */
const HEARTBEAT_TIMEOUT_MS = 20_000

export interface VaultLock {
  /** An earlier holder died. Its unfinished work must be repaired first. */
  readonly stale: boolean
  /** The time of the oldest dead holder's entry, in milliseconds since the epoch. */
  readonly staleSince: number
  /** Removes the entries of dead holders. To be called after their work has been repaired. */
  removeStale(): void
  release(): void
}

/**
 * The lock is a folder with one entry for each process that wants it. A process holds it if its entry is the only one of
 * a living process. Each process first creates its entry and then lists the folder, so of two that come together at least
 * one sees the other and withdraws. An entry's name is unique and identifies its process. So an entry is never incomplete,
 * and removing a dead one cannot remove a new one, as it can with a lock that is a single file. Dead entries are removed
 * only after their work has been repaired, so a crash during the repair changes nothing.
 * @param timeout milliseconds, after which it throws `RepositoryBusy`
 * @param what what the lock protects, for the error message
 */
export async function takeLock(folder: string, timeout: number, what = 'this vault'): Promise<VaultLock> {
  const name = `${holderText(holderOf(process.pid))}.${suffix()}`
  // not the time of day, which may be set back
  const since = performance.now()
  let wait = 2
  for (;;) {
    const other = await tryAcquire(folder, name)
    if (other === undefined) return heldLock(folder, name)
    if (performance.now() - since > timeout) throw busy(folder, other, what)
    await new Promise(resolve => setTimeout(resolve, wait * (0.5 + Math.random())))
    wait = Math.min(wait * 1.5, 50)
  }
}

/** Whether a process holds the lock, or may hold it. */
export function isLocked(folder: string): boolean {
  return entries(folder).some(entry => !isDead(folder, entry))
}

/** Returns the entry of another living process; undefined if the lock was acquired. */
async function tryAcquire(folder: string, name: string): Promise<string | undefined> {
  const holder = entries(folder).find(entry => !isDead(folder, entry))
  if (holder !== undefined) return holder
  const path = join(folder, name)
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    fs.writeFileSync(path, '', { flag: 'wx', mode: 0o600 })
  } catch (error) {
    throw fileFailed(`cannot write in ${shown(dirname(folder))}`, error)
  }
  const other = entries(folder).find(entry => entry !== name && !isDead(folder, entry))
  if (other !== undefined) removeIfExists(path)
  return other
}

function heldLock(folder: string, name: string): VaultLock {
  const path = join(folder, name)
  const dead = entries(folder).filter(entry => entry !== name)
  const times = dead.map(entry => mtime(join(folder, entry)) ?? Date.now())
  const heartbeat = setInterval(() => touch(path), HEARTBEAT_INTERVAL_MS)
  heartbeat.unref()
  return {
    stale: dead.length > 0,
    staleSince: Math.min(Date.now(), ...times),
    removeStale: () => dead.forEach(entry => removeIfExists(join(folder, entry))),
    release() {
      clearInterval(heartbeat)
      removeIfExists(path)
    }
  }
}

function isDead(folder: string, entry: string): boolean {
  const path = join(folder, entry)
  const touched = mtime(path)
  // released since the folder was listed
  if (touched === undefined) return true
  const holder = parseHolder(entry)
  const state = holder === undefined ? 'unknown' : holderState(holder, touched)
  return state === 'dead' || (state === 'unknown' && fileSystemTime(folder) - touched > HEARTBEAT_TIMEOUT_MS)
}

/** The file system's current time, in milliseconds. A machine's own clock may be hours off. */
function fileSystemTime(folder: string): number {
  const probe = join(dirname(folder), `probe-${suffix()}`)
  try {
    fs.writeFileSync(probe, '', { flag: 'wx', mode: 0o600 })
    return mtime(probe) ?? 0
  } catch {
    // if nothing can be written, no holder is declared dead
    return 0
  } finally {
    removeIfExists(probe)
  }
}

function busy(folder: string, entry: string, what: string): VaultError {
  const pid = parseHolder(entry)?.pid
  return new VaultError(
    'RepositoryBusy',
    `another git-vault process (${pid ?? entry}) is writing to ${what}`,
    {
      hint: `wait for it to end; its lock is ${shown(join(folder, entry))}`
    }
  )
}

function entries(folder: string): string[] {
  try {
    return fs.readdirSync(folder)
  } catch (error) {
    if (errno(error) === 'ENOENT') return []
    throw fileFailed(`cannot read ${shown(folder)}`, error)
  }
}

function mtime(path: string): number | undefined {
  return fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs
}

function touch(path: string): void {
  try {
    fs.utimesSync(path, new Date(), new Date())
  } catch {
    // the next heartbeat makes up for a missed one
  }
}
