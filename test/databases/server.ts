import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import * as fs from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { fastFolder } from '../fastFolder.js'

/** How the server of a database is started. All its programs run as the same user. */
export interface ServerPlan {
  readonly name: string
  /** The user that the programs run as if this process is root's; else they run as the user of this process. */
  readonly user: string
  /** Fills the folder before the first start. `run` runs a program in it. */
  readonly prepare?: (folder: string, run: (program: string, args: readonly string[]) => void) => void
  /** Returns the program with its arguments. It stays in the foreground, and listens on the loopback address only. */
  readonly command: (folder: string, port: number) => readonly [string, ...string[]]
  /** Ends the server without waiting for its clients. */
  readonly signal: 'QUIT' | 'TERM'
  /** Returns whether the server accepts a client. */
  readonly answers: (port: number) => Promise<boolean>
}

export interface DatabaseServer {
  readonly host: '127.0.0.1'
  readonly port: number
  readonly folder: string
  readonly pid: number
  /** Ends the server, and removes its folder. */
  stop(): Promise<void>
}

/** Another program may take the free port first. */
const TRIES = 5

/**
 * Starts a server with a folder of its own, in memory if there is room. It ends with `stop`, and with this process, however
 * that ends.
 */
export async function startServer(plan: ServerPlan): Promise<DatabaseServer> {
  const identity = ownerOf(plan.user)
  const folder = folderFor(identity !== undefined)
  if (identity) fs.chownSync(folder, identity.uid, identity.gid)
  const reaper = startReaper(folder, plan.signal)
  const stop = async (): Promise<void> => {
    reaper.stdin!.end()
    if (reaper.exitCode === null) await new Promise(resolve => reaper.once('close', resolve))
  }
  const options = { cwd: folder, env: { PATH: process.env['PATH'], HOME: folder, LC_ALL: 'C' }, ...identity }
  try {
    plan.prepare?.(folder, (program, args) => void execFileSync(program, args, { ...options, stdio: 'pipe' }))
    for (let attempt = 1; ; attempt++) {
      const port = await freePort()
      const [program, ...args] = plan.command(folder, port)
      const log = fs.openSync(join(folder, 'server.log'), 'a')
      const child = spawn(program, args, { ...options, stdio: ['ignore', log, log], detached: true })
      fs.closeSync(log)
      child.unref()
      await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
      reaper.stdin!.write(`${child.pid}\n`)
      if (await isReady(child, () => plan.answers(port)))
        return { host: '127.0.0.1', port, folder, pid: child.pid!, stop }
      if (attempt === TRIES) {
        const wrote = fs.readFileSync(join(folder, 'server.log'), 'utf8')
        throw new Error(`${plan.name} does not start: ${wrote}`)
      }
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Returns false if the server ended before it accepted a client. */
async function isReady(child: ChildProcess, answers: () => Promise<boolean>): Promise<boolean> {
  while (child.exitCode === null && child.signalCode === null) {
    if (await answers()) return true
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return false
}

/**
 * Starts a shell that ends the last server and removes the folder once its standard input ends: that is also if this
 * process is killed. Nothing waits longer than ten seconds, because a container may have no process that collects the ended
 * ones of others.
 */
function startReaper(folder: string, signal: string): ChildProcess {
  const script = `
    while read -r each; do pid=$each; done
    if [ -n "$pid" ]; then
      kill -${signal} "$pid" 2>/dev/null
      for wait in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    fi
    rm -rf "$0"`
  // a session of its own, so that Ctrl-C of the tests does not end it
  const reaper = spawn('sh', ['-c', script, folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  // it may have ended
  reaper.stdin.on('error', () => undefined)
  reaper.unref()
  return reaper
}

/** The ids of the server's user; `undefined` if this process is not root's, and cannot have another user. */
function ownerOf(user: string): { uid: number; gid: number } | undefined {
  if (process.platform === 'win32' || userInfo().uid !== 0) return undefined
  const id = (option: string): number => Number(execFileSync('id', [option, user], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

function folderFor(isForOther: boolean): string {
  const folder = fastFolder('git-vault-database-')
  if (!isForOther || isOpen(dirname(folder))) return folder
  // TMPDIR is a folder that only root can enter
  fs.rmdirSync(folder)
  const parent = ['/dev/shm', '/tmp'].find(path => fs.existsSync(path)) ?? tmpdir()
  return fs.mkdtempSync(join(parent, 'git-vault-database-'))
}

/** Whether every user can enter a folder. */
const isOpen = (folder: string): boolean =>
  (fs.statSync(folder).mode & 0o001) !== 0 && (dirname(folder) === folder || isOpen(dirname(folder)))

/** A port of the loopback address that no program listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
