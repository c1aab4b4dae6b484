import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { existsSync } from 'node:fs'
import { VaultError } from '../../core/errors.js'
import { scrubbedEnvironment } from './environment.js'
import { shown } from '../files/paths.js'
import type { Place } from './place.js'

export interface GitOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Stay in the terminal's group: for a child that may ask the user something. */
  readonly attached?: boolean
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** Bounds what is kept of a program's complaints. */
const STDERR_LIMIT = 8192

/**
 * What makes git do the same thing whatever the user's configuration: no hooks, names that differ by case
 * kept apart, everything a commit needs synced to disk, objects kept as the pack that was synced.
 */
const COMMON = [
  '--literal-pathspecs',
  ...['-c', 'safe.bareRepository=explicit'],
  ...['-c', 'core.hooksPath=/dev/null'],
  // Hooks from the configuration, git 2.54 and later, do not heed hooksPath.
  ...['-c', 'hook.reference-transaction.enabled=false'],
  ...['-c', 'hook.post-index-change.enabled=false'],
  ...['-c', 'core.ignoreCase=false'],
  ...['-c', 'core.fsync=committed,loose-object,reference'],
  ...['-c', 'core.fsyncMethod=fsync'],
  ...['-c', 'core.filesRefLockTimeout=2000'],
  ...['-c', 'fastimport.unpackLimit=0'],
  ...['-c', 'i18n.commitEncoding=UTF-8']
]

export const commonArguments = (place: Place): string[] => [
  `--git-dir=${place.gitDir}`,
  `--work-tree=${place.root}`,
  ...COMMON
]

/** One git process for a repository that was found without git's help. */
export class Git {
  readonly child: ChildProcessWithoutNullStreams
  readonly exit: Promise<Exit>
  readonly #name: string
  #stderr = ''

  constructor(place: Place, args: readonly string[], options: GitOptions = {}) {
    this.#name = args[0] ?? ''
    this.child = spawn('git', [...commonArguments(place), ...args], {
      cwd: place.root,
      env: scrubbedEnvironment(options.env),
      stdio: ['pipe', 'pipe', 'pipe'],
      // A session of its own: Ctrl-C must not kill it between two steps of a write.
      detached: options.attached !== true,
      windowsHide: true
    })
    this.exit = new Promise((resolve, reject) => {
      this.child.once('error', error => reject(unstartable(place, error)))
      this.child.once('close', (code, signal) => resolve({ code, signal }))
    })
    // It is awaited late, or never when the write is given up.
    this.exit.catch(() => undefined)
    // A child that died is noticed by its exit, not by the broken pipe.
    this.child.stdin.on('error', () => undefined)
    this.child.stderr.on('data', (chunk: Buffer) => {
      if (this.#stderr.length < STDERR_LIMIT) this.#stderr += chunk.toString('utf8')
    })
  }

  get stderr(): string {
    return this.#stderr
  }

  /** Whether the program waits for it to end. */
  hold(isHeld: boolean): void {
    for (const handle of [this.child, this.child.stdin, this.child.stdout, this.child.stderr]) {
      const each = handle as unknown as { ref?(): void; unref?(): void }
      if (isHeld) each.ref?.()
      else each.unref?.()
    }
  }

  /** Resolves when it ended well. */
  async succeeded(): Promise<void> {
    const exit = await this.exit
    if (exit.code !== 0) throw this.failure(exit)
  }

  failure(exit: Exit): VaultError {
    const how = exit.signal === null ? `failed with status ${exit.code}` : `was killed by ${exit.signal}`
    const lines = this.#stderr
      .split('\n')
      .filter(line => line.trim() !== '' && !line.includes('crash report'))
    const said = shown(lines.join('; '), 600)
    return new VaultError('GitFailed', `git ${this.#name} ${how}${said === '' ? '' : `: ${said}`}`)
  }
}

/** What is read of the output of a git process while it comes; whoever stops listening stops git. */
export async function* streamed<T>(
  process: Git,
  read: (output: AsyncIterable<Buffer>) => AsyncIterable<T>
): AsyncGenerator<T> {
  const { stdin, stdout } = process.child
  stdin.end()
  let isComplete = false
  try {
    yield* read(stdout)
    isComplete = true
    await process.succeeded()
  } finally {
    if (!isComplete) {
      stdout.destroy()
      process.child.kill()
    }
  }
}

/** The whole output of one git command. */
export async function git(
  place: Place,
  args: readonly string[],
  options: GitOptions & { readonly input?: Uint8Array; readonly accept?: readonly number[] } = {}
): Promise<{ code: number; output: Buffer }> {
  const process = new Git(place, args, options)
  const chunks: Buffer[] = []
  process.child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  process.child.stdin.end(options.input)
  const exit = await process.exit
  if (exit.code === null || !(options.accept ?? [0]).includes(exit.code)) throw process.failure(exit)
  return { code: exit.code, output: Buffer.concat(chunks) }
}

function unstartable(place: Place, error: NodeJS.ErrnoException): VaultError {
  if (error.code === 'ENOENT' && existsSync(place.root)) {
    return new VaultError('GitFailed', 'the program git was not found', {
      hint: 'install git 2.39 or newer and make sure that it is in PATH',
      cause: error
    })
  }
  return new VaultError('GitFailed', `git cannot be started: ${shown(error.message)}`, { cause: error })
}
