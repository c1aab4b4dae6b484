import { readFileSync } from 'node:fs'

/** Facts about a process, as Linux has them (proc_pid_stat(5)). */
export interface ProcessStat {
  /** A letter: Z and X are of a process that has ended. */
  readonly state: string
  /** Its process group. */
  readonly group: string
  /** The process group that its terminal sends signals to. */
  readonly foreground: string
  /** When it started, in clock ticks since the system did. */
  readonly start: string
}

/** `undefined` if there is no such process, or no /proc. */
export function processStat(pid: number | 'self'): ProcessStat | undefined {
  let line
  try {
    line = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return undefined
  }
  // the program's name is in parentheses and may itself contain spaces and parentheses
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const [state = '', , group = '', , , foreground = ''] = fields
  const start = fields[19]
  return start === undefined ? undefined : { state, group, foreground, start }
}
