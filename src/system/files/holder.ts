import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Enough about a process to tell later, from another one, whether it is still running. */
export interface Holder {
  readonly pid: number
  /** Clock ticks between boot and start; empty where there is no /proc. A pid alone may be reused. */
  readonly start: string
  /** Which boot of which kernel; empty where the system does not say. */
  readonly boot: string
  /** The pid namespace, as in a container; empty where there are none. */
  readonly space: string
  readonly host: string
}

/** `unknown`: another machine's or another container's process, whose pid says nothing here. */
export type HolderState = 'alive' | 'dead' | 'unknown'

const BOOT = firstLine('/proc/sys/kernel/random/boot_id')
const SPACE = pidNamespace()
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 12)

export function holderOf(pid: number): Holder {
  return { pid, start: stateOf(pid)?.start ?? '', boot: BOOT, space: SPACE, host: HOST }
}

/** `since`: a time in milliseconds at which the holder was running. */
export function standing(holder: Holder, since: number): HolderState {
  const sameKernel = holder.boot !== '' && holder.boot === BOOT
  if (!sameKernel && holder.host !== HOST) return 'unknown'
  if (!sameKernel && holder.boot !== '') return 'dead'
  if (holder.space !== SPACE) return 'unknown'
  return isRunning(holder, since) ? 'alive' : 'dead'
}

function isRunning({ pid, start }: Holder, since: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM is a running process of another user.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const state = stateOf(pid)
  // A killed process whose parent does not wait for it stays as a zombie, in containers for good.
  if (state !== undefined) return !state.ended && (start === '' || state.start === start)
  return start !== '' || !startedAfter(pid, since)
}

/** Without /proc: a process that began after the holder was seen has only inherited its number. */
function startedAfter(pid: number, since: number): boolean {
  try {
    const options = { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' }, stdio: 'pipe' } as const
    const started = Date.parse(execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], options))
    return started > since + 2000
  } catch {
    // No ps, or the process has just ended: the next look will tell.
    return false
  }
}

function stateOf(pid: number): { ended: boolean; start: string } | undefined {
  const line = firstLine(`/proc/${pid}/stat`)
  // The program's name, in parentheses, may itself hold spaces and parentheses.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const start = fields[19]
  return start === undefined ? undefined : { ended: 'ZX'.includes(fields[0] ?? ''), start }
}

function firstLine(path: string): string {
  try {
    return readFileSync(path, 'utf8').trimEnd()
  } catch {
    // No such process, or a system without /proc.
    return ''
  }
}

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? ''
  } catch {
    // A system without namespaces.
    return ''
  }
}
