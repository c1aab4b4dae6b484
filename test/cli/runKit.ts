import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'
import { diskFolder } from '../fastFolder.js'
import { COMMAND, SCRIPT } from '../program.js'
import { removeFolder } from '../removeFolder.js'

export const PROGRAM = fileURLToPath(new URL('../../bin/git-vault.js', import.meta.url))
/** No other process on the machine has it among its arguments. */
export const VALUE = `correct horse ${process.pid} staple`
export const PEM = '-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END KEY-----\n'

const folders: string[] = []
const started: ChildProcess[] = []
afterAll(async () => {
  for (const child of started) killGroup(child)
  for (const folder of folders) await removeFolder(folder)
})

/** A test that failed may have left the program running. */
function killGroup(leader: ChildProcess): void {
  if (leader.exitCode !== null || leader.signalCode !== null) return
  try {
    process.kill(-leader.pid!, 'SIGKILL')
  } catch {
    // it does not lead its group yet
    leader.kill('SIGKILL')
  }
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A vault with secrets, and the built program in processes of its own. */
export class RunSandbox {
  /** On a disk, because the program also runs without storage in memory. */
  readonly home = diskFolder('git-vault-run-')
  readonly repository = join(this.home, 'repository')
  /** Storage in memory that no other test uses. */
  readonly memory = fs.mkdtempSync('/dev/shm/git-vault-test-')
  readonly env: Record<string, string> = {
    GIT_VAULT_MEMORY_DIR: this.memory,
    PATH: `${join(this.home, 'bin')}:${process.env['PATH']}`,
    HOME: this.home,
    XDG_CONFIG_HOME: join(this.home, 'config'),
    GIT_CONFIG_GLOBAL: join(this.home, 'gitconfig'),
    TMPDIR: join(this.home, 'tmp')
  }

  constructor() {
    folders.push(this.home, this.memory)
    for (const folder of ['repository', 'bin', 'tmp']) fs.mkdirSync(join(this.home, folder))
    fs.writeFileSync(join(this.home, 'bin/git-vault'), SCRIPT, { mode: 0o755 })
    spawnSync('git', ['init', '-q'], { cwd: this.repository, env: this.env })
    this.must('identity', 'new', '--no-passphrase')
    this.must('init', '--yes', '--member', 'ana')
    this.put('dev/app', JSON.stringify({ DB_USER: 'ana', DB_PASS: VALUE, PORT: 5432 }))
    this.put('dev/pem', PEM)
    this.put('dev/bytes', Buffer.from([0, 255, 10, 128]))
  }

  put(name: string, value: string | Uint8Array): void {
    const { code, stderr } = this.run(['put', name, '-', '--create'], { input: value })
    if (code !== 0) throw new Error(stderr)
  }

  must(...args: string[]): void {
    const { code, stderr } = this.run(args)
    if (code !== 0) throw new Error(stderr)
  }

  run(
    args: readonly string[],
    more: { input?: string | Uint8Array; env?: Record<string, string>; cwd?: string; shell?: string } = {}
  ): Ended {
    const command = more.shell === undefined ? [...COMMAND, ...args] : ['sh', '-c', more.shell]
    const { status, stdout, stderr, error } = spawnSync(command[0]!, command.slice(1), {
      cwd: more.cwd ?? this.repository,
      env: { ...this.env, ...more.env },
      input: more.input ?? '',
      encoding: 'utf8',
      timeout: 60_000
    })
    if (error) throw error
    return { code: status, stdout, stderr }
  }

  /** Starts the program, with further variables, and does not wait for anything. */
  launch(args: readonly string[], env: Readonly<Record<string, string>>): Running {
    const stdio = ['ignore', 'pipe', 'inherit'] as const
    return new Running(
      spawn(COMMAND[0], [...COMMAND.slice(1), ...args], {
        cwd: this.repository,
        env: { ...this.env, ...env },
        stdio: [...stdio]
      })
    )
  }

  /**
   * Starts the program, and returns once it has printed `ready`. It leads a process group of its own: Ctrl-Z stops no group
   * whose parents have all ended, and the tests may run in such a group.
   */
  async start(args: readonly string[]): Promise<Running> {
    const lead = 'import os, sys; os.setpgid(0, 0); os.execv(sys.argv[1], sys.argv[1:])'
    const child = spawn('python3', ['-c', lead, ...COMMAND, ...args], {
      cwd: this.repository,
      env: this.env,
      stdio: ['ignore', 'pipe', 'inherit']
    })
    started.push(child)
    const running = new Running(child)
    await running.until('ready')
    return running
  }
}

export class Running {
  readonly child: ChildProcess
  readonly ended: Promise<number | NodeJS.Signals | null>
  shown = ''

  constructor(child: ChildProcess) {
    this.child = child
    child.stdout!.on('data', chunk => (this.shown += String(chunk)))
    this.ended = new Promise(resolve => child.once('exit', (code, signal) => resolve(code ?? signal)))
  }

  async until(text: string): Promise<void> {
    await eventually(() => this.shown.includes(text))
  }

  /** The pid that the program has printed after `ready`. */
  get program(): number {
    return Number(/ready (\d+)/.exec(this.shown)![1])
  }
}

export async function eventually(isTrue: () => boolean): Promise<void> {
  for (let tries = 0; !isTrue(); tries++) {
    if (tries === 3000) throw new Error(`never true: ${String(isTrue)}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/** The state of a process, as proc(5) has it. */
export const stateOf = (pid: number): string => {
  const line = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
  return line[line.lastIndexOf(')') + 2]!
}
