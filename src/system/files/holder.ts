import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { processStat } from './processStat.js'
import { programPath } from './programs.js'

/** Identifies a process well enough for another one to find out later whether it is still running. */
export interface Holder {
  readonly pid: number
  /** Clock ticks between boot and start, because a pid may be reused; empty without /proc. */
  readonly start: string
  /** The kernel's boot id; empty if the system has none. */
  readonly boot: string
  /** The pid namespace, which differs in a container; empty if the system has none. */
  readonly space: string
  readonly host: string
}

/** `unknown`: a process of another machine or container, whose pid means nothing here. */
export type HolderState = 'alive' | 'dead' | 'unknown'

const BOOT = readLine('/proc/sys/kernel/random/boot_id')
const SPACE = pidNamespace()
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 12)

export function holderOf(pid: number): Holder {
  return { pid, start: processStat(pid)?.start ?? '', boot: BOOT, space: SPACE, host: HOST }
}

/** Returns the holder as text that is safe as a file name. */
export const holderText = ({ pid, start, boot, space, host }: Holder): string =>
  [pid, start, boot, space, host].join('.')

/** Parses what begins with a `holderText`. Returns undefined if the text is not one. */
export function parseHolder(text: string): Holder | undefined {
  const match = /^(\d+)\.(\d*)\.([0-9a-f-]*)\.(\d*)\.([0-9a-f]*)(?:\.|$)/.exec(text)
  if (match === null) return undefined
  const [, pid, start = '', boot = '', space = '', host = ''] = match
  return { pid: Number(pid), start, boot, space, host }
}

/** @param since a time at which the holder was running, in milliseconds since the epoch */
export function holderState(holder: Holder, since: number): HolderState {
  const isSameBoot = holder.boot !== '' && holder.boot === BOOT
  if (!isSameBoot && holder.host !== HOST) return 'unknown'
  if (!isSameBoot && holder.boot !== '') return 'dead'
  if (holder.space !== SPACE) return 'unknown'
  return isRunning(holder, since) ? 'alive' : 'dead'
}

function isRunning({ pid, start }: Holder, since: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it is running as another user
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const stat = processStat(pid)
  // a killed process stays a zombie until its parent waits for it, which in containers may be never
  if (stat !== undefined) return !'ZX'.includes(stat.state) && (start === '' || stat.start === start)
  return start !== '' || !startedAfter(pid, since)
}

/** For systems without /proc. A process that started after `since` has only reused the pid. */
function startedAfter(pid: number, since: number): boolean {
  const ps = programPath('ps')
  if (ps === undefined) return false
  try {
    const options = { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' }, stdio: 'pipe' } as const
    const started = Date.parse(execFileSync(ps, ['-o', 'lstart=', '-p', String(pid)], options))
    return started > since + 2000
  } catch {
    // the process has just ended, which the next check shows
    return false
  }
}

/** Returns an empty string if the file cannot be read. */
function readLine(path: string): string {
  try {
    return readFileSync(path, 'utf8').trimEnd()
  } catch {
    // no such process, or no /proc
    return ''
  }
}

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? ''
  } catch {
    // a system without namespaces
    return ''
  }
}
