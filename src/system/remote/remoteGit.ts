import { VaultError } from '../../core/errors.js'
import { shown } from '../files/paths.js'
import { Git } from '../git/git.js'
import type { Place } from '../git/place.js'

/** Whether git, ssh and credential helpers can ask the user, and where their questions are shown. */
export interface Dialogue {
  /** Whether there is a terminal. Without one, a question makes git fail at once. */
  readonly mayAsk: boolean
  /** Receives what git prints while it waits, for example for the touch of a security key. */
  readonly show?: (text: string) => void
  /** Ends git, and what it started, after so many milliseconds. */
  readonly limit?: number
  /** Ends git, and what it started. Afterwards, none is started. */
  readonly stop?: AbortSignal
}

/** A message that git prints just before it fails is in the error, so it need not be shown as well. In milliseconds. */
const SHOWN_AFTER_MS = 400

export interface Ended {
  readonly code: number
  readonly output: string
  readonly stderr: string
}

/**
 * Runs a git command that talks to a remote, as the user would. In a terminal, git stays attached to it: questions for a
 * password or a passphrase go to /dev/tty. Returns whatever the exit status.
 * @param place a repository, or a folder to run in
 */
export async function remoteGit(
  place: Place | string,
  args: readonly string[],
  dialogue: Dialogue,
  input?: string
): Promise<Ended> {
  if (dialogue.stop?.aborted === true) throw remoteFailed(`git ${args[0]}`, 'git-vault is stopping')
  const process = new Git(place, args, {
    asUser: true,
    attached: dialogue.mayAsk,
    env: { GIT_TERMINAL_PROMPT: dialogue.mayAsk ? '1' : '0', GIT_NO_LAZY_FETCH: '0' }
  })
  const { stdin, stdout, stderr } = process.child
  stdin.end(input)
  const chunks: Buffer[] = []
  stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  const late = new LateOutput(dialogue.show)
  stderr.on('data', (chunk: Buffer) => late.add(chunk))
  const ending = new Ending(process, dialogue)
  const exit = await process.exit.finally(() => ending.dispose())
  late.end()
  if (ending.reason !== undefined && exit.code !== 0) throw remoteFailed(`git ${args[0]}`, ending.reason)
  if (exit.code === null) throw process.failure(exit)
  return { code: exit.code, output: Buffer.concat(chunks).toString('utf8'), stderr: process.stderr }
}

/** Ends a git that takes too long, together with its ssh or remote helper: they are in a process group of their own. */
class Ending {
  reason: string | undefined
  readonly #process: Git
  readonly #dialogue: Dialogue
  readonly #timer: NodeJS.Timeout | undefined

  constructor(process: Git, dialogue: Dialogue) {
    const { limit } = dialogue
    this.#process = process
    this.#dialogue = dialogue
    if (limit !== undefined)
      this.#timer = setTimeout(() => this.#end(`no answer for ${Math.round(limit / 1000)} s`), limit)
    dialogue.stop?.addEventListener('abort', this.#onStop)
  }

  dispose(): void {
    clearTimeout(this.#timer)
    this.#dialogue.stop?.removeEventListener('abort', this.#onStop)
  }

  readonly #onStop = (): void => this.#end('git-vault is stopping')

  #end(reason: string): void {
    this.reason ??= reason
    const { pid } = this.#process.child
    try {
      if (pid !== undefined && !this.#dialogue.mayAsk) process.kill(-pid, 'SIGTERM')
      else this.#process.child.kill()
    } catch {
      // it has just ended, or there are no process groups
      this.#process.child.kill()
    }
  }
}

/** Shows output if the process is still running a moment after it. */
class LateOutput {
  readonly #show: ((text: string) => void) | undefined
  #pending = ''
  #timer: NodeJS.Timeout | undefined

  constructor(show: ((text: string) => void) | undefined) {
    this.#show = show
  }

  add(chunk: Buffer): void {
    if (this.#show === undefined) return
    this.#pending += chunk.toString('utf8')
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#show?.(this.#pending)
      this.#pending = ''
    }, SHOWN_AFTER_MS)
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}

/** Returns the error for a remote that cannot be reached or that refused something. */
export function remoteFailed(what: string, stderr: string, hint?: string): VaultError {
  return new VaultError('RemoteFailed', `${what}: ${reasonIn(stderr)}`, { hint })
}

/** Lines that git and ssh print beside the reason. */
const BESIDE =
  /^(?:hint: |warning: |remote: *$|To |From |fatal: Could not read from remote repository|Please make sure you have|and the repository exists|error: failed to push some refs| *! )/

/** Returns git's own reason for a failure, in one line, without the passwords that a URL may contain. */
export function reasonIn(stderr: string): string {
  const lines = stderr
    .split(/[\r\n]+/)
    .map(line => line.trimEnd())
    .filter(line => line !== '' && !BESIDE.test(line))
    .map(line => line.replace(/^(?:fatal|error): /, ''))
  const [first = 'git gave no reason'] = lines.length > 0 ? lines : stderr.trim().split('\n')
  const reason = [first, ...lines.slice(1, 3)].join('; ')
  return shown(withoutPasswords(reason), 400)
}

/** Removes user names and passwords from the URLs in a text. */
export const withoutPasswords = (text: string): string => text.replace(/:\/\/[^/\s@]+@/g, '://')
