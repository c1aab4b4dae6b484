import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { VaultError } from '../../core/errors.js'
import { scrubbedEnvironment } from './environment.js'
import { shown } from '../files/paths.js'
import type { Place } from './place.js'
import { gitProgram } from './program.js'

export interface GitOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Stays in the terminal's process group: for a child that may prompt the user. */
  readonly attached?: boolean
  /** For the one command that refuses `--literal-pathspecs`, check-ignore. Its paths MUST start with `./`. */
  readonly withMagic?: boolean
  /** With the user's own hooks and settings, as if they had typed the command: for fetch, merge and push. */
  readonly asUser?: boolean
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** In characters: later output of a process to stderr is dropped. */
const MAX_STDERR_LENGTH = 8192

const LITERAL = '--literal-pathspecs'

/**
 * Overrides the user's configuration: no hooks, names that differ by case are different, everything that a commit needs is
 * synced to disk, and objects stay in the pack that was synced.
 */
const COMMON = [
  LITERAL,
  ...['-c', 'safe.bareRepository=explicit'],
  ...['-c', 'core.hooksPath=/dev/null'],
  // hooks in the configuration (git 2.54 and later) ignore hooksPath
  ...['-c', 'hook.reference-transaction.enabled=false'],
  ...['-c', 'hook.post-index-change.enabled=false'],
  ...['-c', 'core.ignoreCase=false'],
  ...['-c', 'core.fsync=committed,loose-object,reference,index'],
  ...['-c', 'core.fsyncMethod=fsync'],
  ...['-c', 'core.filesRefLockTimeout=2000'],
  ...['-c', 'fastimport.unpackLimit=0'],
  ...['-c', 'i18n.commitEncoding=UTF-8']
]

/** A command of the user's own overrides only what safety and durability need. */
export const AS_USER = [
  ...['-c', 'safe.bareRepository=explicit'],
  ...['-c', 'core.fsync=committed,loose-object,reference,index'],
  ...['-c', 'core.fsyncMethod=fsync']
]

export const commonArguments = (place: Place, overrides: readonly string[] = COMMON): string[] => [
  `--git-dir=${place.gitDir}`,
  `--work-tree=${place.root}`,
  ...overrides
]

/**
 * One git process. It is given the repository that `discover` found and does not search for one; or only a folder to run in,
 * for a command that makes a repository.
 */
export class Git {
  readonly child: ChildProcessWithoutNullStreams
  readonly exit: Promise<Exit>
  readonly #name: string
  #stderr = ''

  constructor(place: Place | string, args: readonly string[], options: GitOptions = {}) {
    this.#name = args[0] ?? ''
    const overrides = options.asUser === true ? AS_USER : COMMON
    const all = typeof place === 'string' ? overrides : commonArguments(place, overrides)
    const common = all.filter(each => !options.withMagic || each !== LITERAL)
    this.child = spawn(gitProgram(), [...common, ...args], {
      cwd: typeof place === 'string' ? place : place.root,
      env: scrubbedEnvironment(options.env),
      stdio: ['pipe', 'pipe', 'pipe'],
      // in a session of its own, because Ctrl-C must not kill it between two steps of a write
      detached: options.attached !== true,
      windowsHide: true
    })
    this.exit = new Promise((resolve, reject) => {
      this.child.once('error', error => reject(startFailed(error)))
      this.child.once('close', (code, signal) => resolve({ code, signal }))
    })
    // `exit` may be awaited late, or never if the write is aborted
    this.exit.catch(() => undefined)
    // a broken pipe is ignored: `exit` shows that the child died
    this.child.stdin.on('error', () => undefined)
    this.child.stderr.on('data', (chunk: Buffer) => {
      if (this.#stderr.length < MAX_STDERR_LENGTH) this.#stderr += chunk.toString('utf8')
    })
  }

  get stderr(): string {
    return this.#stderr
  }

  /** Sets whether this program stays alive until git ends. */
  keepAlive(isKept: boolean): void {
    for (const handle of [this.child, this.child.stdin, this.child.stdout, this.child.stderr]) {
      // the pipes of a child are sockets, which the stream types do not show
      const each = handle as unknown as { ref?(): void; unref?(): void }
      if (isKept) each.ref?.()
      else each.unref?.()
    }
  }

  /** Resolves when git has exited with status 0. Throws `GitFailed` for another end. */
  async succeeded(): Promise<void> {
    const exit = await this.exit
    if (exit.code !== 0) throw this.failure(exit)
  }

  failure(exit: Exit): VaultError {
    const how = exit.signal === null ? `failed with status ${exit.code}` : `was killed by ${exit.signal}`
    if (/lazy fetching disabled|from promisor remote/.test(this.#stderr)) return notFetched()
    const lines = this.#stderr
      .split('\n')
      .filter(line => line.trim() !== '' && !line.includes('crash report'))
    const reason = shown(lines.join('; '), 600)
    return new VaultError('GitFailed', `git ${this.#name} ${how}${reason === '' ? '' : `: ${reason}`}`)
  }
}

/** Yields what `read` makes of git's output as it arrives. If the consumer stops early, git is killed. */
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

/**
 * Returns the whole output of one git command. Throws `GitFailed` for an exit status that is not in `accept`, which is
 * `[0]` by default.
 */
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

/** git-vault never fetches by itself. A checkout fetches the files that it writes. */
function notFetched(): VaultError {
  return new VaultError('RepositoryState', "this partial clone lacks files of the vault's newest commit", {
    hint: "fetch them by checking out the vault's folder, for example: git sparse-checkout add vault"
  })
}

function startFailed(error: Error): VaultError {
  return new VaultError('GitFailed', `cannot start git: ${shown(error.message)}`, { cause: error })
}
