import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { errno, fileFailed, removeIfThere, suffix } from './files.js'
import { holderOf, standing, type Holder } from './holder.js'
import { shown } from './paths.js'

/** How often a holder shows itself to those who cannot see its pid, and when they give it up. */
const HEARTBEAT = 2_000
const SILENT_AFTER = 20_000

export interface VaultLock {
  /** A holder died before this one: what it left must be repaired before anything else. */
  readonly stale: boolean
  /** When the oldest of those that died took the lock, in milliseconds. */
  readonly staleSince: number
  /** The dead are forgotten, once their work is repaired. */
  settle(): void
  release(): void
}

/**
 * The vault's lock is a folder with one entry for each process that wants it; the one that finds itself
 * alone among the living has it. Each makes its entry first and looks afterwards, so of two that come
 * together at least one sees the other and steps back. An entry's name is unique and says whose it is:
 * there is no moment at which it is incomplete, and removing a dead one can never remove a fresh one, which
 * is where locks that are a single file go wrong. The dead are removed only by a holder that has finished
 * their repair: dying in between changes nothing.
 * @param what it guards, for people who have to wait
 */
export async function takeLock(folder: string, timeout: number, what = 'this vault'): Promise<VaultLock> {
  const name = nameOf(holderOf(process.pid))
  const mine = join(folder, name)
  const since = Date.now()
  let wait = 2
  for (;;) {
    const living = await attempt(folder, name)
    if (living === undefined) return held(folder, name, mine)
    if (Date.now() - since > timeout) throw busy(folder, living, what)
    await new Promise(resolve => setTimeout(resolve, wait * (0.5 + Math.random())))
    wait = Math.min(wait * 1.5, 50)
  }
}

/** Whether some process is, or may be, in the middle of a write. */
export function isLocked(folder: string): boolean {
  return entries(folder).some(entry => !isDead(folder, entry))
}

/** The living entry in the way; undefined when ours is made and alone. */
async function attempt(folder: string, name: string): Promise<string | undefined> {
  const before = entries(folder).find(entry => !isDead(folder, entry))
  if (before !== undefined) return before
  const mine = join(folder, name)
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    fs.writeFileSync(mine, '', { flag: 'wx', mode: 0o600 })
  } catch (error) {
    throw fileFailed(`cannot write in ${shown(dirname(folder))}`, error)
  }
  const other = entries(folder).find(entry => entry !== name && !isDead(folder, entry))
  if (other !== undefined) removeIfThere(mine)
  return other
}

function held(folder: string, name: string, mine: string): VaultLock {
  const dead = entries(folder).filter(entry => entry !== name)
  const times = dead.map(entry => mtime(join(folder, entry)) ?? Date.now())
  const heartbeat = setInterval(() => touch(mine), HEARTBEAT)
  heartbeat.unref()
  return {
    stale: dead.length > 0,
    staleSince: Math.min(Date.now(), ...times),
    settle: () => dead.forEach(entry => removeIfThere(join(folder, entry))),
    release() {
      clearInterval(heartbeat)
      removeIfThere(mine)
    }
  }
}

function isDead(folder: string, entry: string): boolean {
  const path = join(folder, entry)
  const touched = mtime(path)
  // Released since the folder was listed.
  if (touched === undefined) return true
  const holder = holderIn(entry)
  const known = holder === undefined ? 'unknown' : standing(holder, touched)
  return known === 'dead' || (known === 'unknown' && fileTime(folder) - touched > SILENT_AFTER)
}

/** Now, by the clock of the file system: another machine's clock may be wrong by hours. */
function fileTime(folder: string): number {
  const probe = join(dirname(folder), `probe-${suffix()}`)
  try {
    fs.writeFileSync(probe, '', { flag: 'wx', mode: 0o600 })
    return mtime(probe) ?? 0
  } catch {
    // Where nothing can be written, nobody can be declared dead either.
    return 0
  } finally {
    removeIfThere(probe)
  }
}

function nameOf({ pid, start, boot, space, host }: Holder): string {
  return [pid, start, boot, space, host, suffix()].join('.')
}

function holderIn(entry: string): Holder | undefined {
  const match = /^(\d+)\.(\d*)\.([0-9a-f-]*)\.(\d*)\.([0-9a-f]*)\.[0-9a-f]+$/.exec(entry)
  if (match === null) return undefined
  const [, pid, start = '', boot = '', space = '', host = ''] = match
  return { pid: Number(pid), start, boot, space, host }
}

function busy(folder: string, entry: string, what: string): VaultError {
  const pid = holderIn(entry)?.pid
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
    // A missed heartbeat is made up for by the next.
  }
}
