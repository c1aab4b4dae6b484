import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'

/** In milliseconds. A process that stays is not waited for any longer: the removal is then tried all the same. */
const LONGEST_WAIT = 15_000

/**
 * Removes the folder of a test once no process works in it. A server that was told to end still writes its cache of compiled
 * code, and git's processes outlive a git-vault that was killed: a folder that they write to cannot be removed.
 */
export async function removeFolder(folder: string): Promise<void> {
  const until = Date.now() + LONGEST_WAIT
  while (processesIn(folder).length > 0 && Date.now() < until)
    await new Promise(resolve => setTimeout(resolve, 50))
  fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** These wait for input from this process, and end with it: they write nothing meanwhile. */
const IDLE = /^\S*git .* (?:cat-file|fast-import|update-ref) /

/** Returns the ids of the other processes that have the path in their arguments, or work in the folder. */
export function processesIn(folder: string): number[] {
  if (process.platform === 'win32') return []
  const stdout = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], {
    encoding: 'utf8',
    maxBuffer: 1 << 26
  })
  return stdout.split('\n').flatMap(line => {
    const [, pid = '', parent = '', state = '', args = ''] =
      /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? []
    // a zombie has ended
    if (pid === '' || Number(pid) === process.pid || state.startsWith('Z')) return []
    if (Number(parent) === process.pid && (IDLE.test(args) || args.startsWith('ps -A'))) return []
    return args.includes(folder) || isInside(workingFolder(pid), folder) ? [Number(pid)] : []
  })
}

const isInside = (path: string | undefined, folder: string): boolean =>
  path === folder || path?.startsWith(`${folder}/`) === true

/** Only Linux tells it without another program. */
function workingFolder(pid: string): string | undefined {
  try {
    return fs.readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return undefined
  }
}
