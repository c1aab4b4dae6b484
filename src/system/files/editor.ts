import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { posix, resolve } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { fileFailed } from './files.js'
import { programPath, shellPath, withSafePath } from './programs.js'

type Environment = Readonly<Record<string, string | undefined>>

/** Vim keeps swap, backup and undo files, and the text that was copied. `-c` runs after the user's own settings. */
const VIM = ['-n', '-i', 'NONE', '-c', 'set noswapfile nobackup nowritebackup noundofile']
const EMACS = [
  '--eval',
  '(setq auto-save-default nil make-backup-files nil create-lockfiles nil auto-save-list-file-prefix nil)'
]
/** The options by which an editor keeps no copy of what it edits. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  vim: VIM,
  nvim: VIM,
  gvim: ['-f', ...VIM],
  emacs: EMACS,
  nano: ['--ignorercfiles'],
  micro: ['-backup', 'false', '-savehistory', 'false', '-saveundo', 'false', '-savecursor', 'false'],
  joe: ['-nobackups'],
  ed: [],
  kak: [],
  hx: [],
  helix: []
}

export interface Editor {
  /** A line of the user's own for the shell, such as `code --wait`. */
  readonly command: string
  /** Arguments between the command and the file. */
  readonly options: readonly string[]
  /** Whether its options are known to keep no copy of the text. */
  readonly isKnown: boolean
}

/** Returns `$VISUAL`, else `$EDITOR`, else `vi`. On a dumb terminal, `$VISUAL` is ignored, as git does. */
export function editorOf(env: Environment): Editor {
  const visual = env['TERM'] === 'dumb' ? undefined : env['VISUAL']
  const command = visual || env['EDITOR'] || 'vi'
  const program = posix.basename(command.trim().split(/\s+/, 1)[0] ?? '')
  // many systems call vim by this name
  const name = ['vi', 'view', 'editor'].includes(program) && isVim(command, env) ? 'vim' : program
  const options = OPTIONS[name]
  return { command, options: options ?? [], isKnown: options !== undefined }
}

function isVim(command: string, env: Environment): boolean {
  const [program, ...words] = commandLine(command, ['--version'], env)
  const { stdout } = spawnSync(program, words, {
    env: withSafePath(env),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 2_000
  })
  return (stdout ?? '').startsWith('VIM - Vi IMproved')
}

/** Words that mean the same to every shell, the first of which is a program. */
const PLAIN = /^[\w./+@,:-]+(?: +[\w./+@,:=-]+)*$/

/**
 * Returns the program to start and its arguments. As git does, a command with characters that mean something to a shell is a
 * line for the shell, and the other arguments are passed to it as they are. Any other is started without a shell, which
 * would be between this process and the editor. Throws `FileFailed` if there is no such program.
 */
function commandLine(
  command: string,
  args: readonly string[],
  env: Environment
): [program: string, ...args: string[]] {
  const plain = command.trim()
  // the shell must outlive a Ctrl-C that the editor handles
  if (!PLAIN.test(plain)) return [shellPath(), '-c', `trap : INT QUIT; ${command} "$@"`, command, ...args]
  const [name = '', ...words] = plain.split(/ +/)
  const program = name.includes('/') ? resolve(name) : programPath(name, env)
  if (program === undefined)
    throw new VaultError('FileFailed', `there is no editor ${name}`, { hint: 'set VISUAL or EDITOR' })
  return [program, ...words, ...args]
}

/**
 * Runs the editor on a file, at the terminal, with its temporary files in `folder`. The command is the user's own. Throws
 * `FileFailed` if it fails. SIGTERM and SIGHUP end the editor first, and then this process.
 */
export async function runEditor(
  { command, options }: Editor,
  file: string,
  folder: string,
  env: Environment
): Promise<void> {
  const [program, ...words] = commandLine(command, [...options, file], env)
  const child = spawn(program, words, {
    stdio: 'inherit',
    // not in the repository, where an editor could find settings of somebody else
    cwd: folder,
    env: withSafePath({ ...env, TMPDIR: folder, TMP: folder, TEMP: folder })
  })
  const stopWatching = endTogether(child)
  try {
    const status = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) => resolve(code ?? signal))
    }).catch((error: unknown) => {
      throw fileFailed('cannot start the editor', error)
    })
    if (status === 0) return
    throw new VaultError(
      'FileFailed',
      typeof status === 'number'
        ? `the editor ended with exit code ${status}`
        : `the editor was ended by ${status}`
    )
  } finally {
    await stopWatching()
  }
}

/** The terminal sends Ctrl-C to the editor too, and it means something there. */
function endTogether(child: ChildProcess): () => Promise<void> {
  const ignore = (): void => undefined
  const handlers = (['SIGINT', 'SIGQUIT'] as const).map(signal => [signal, ignore] as const)
  let received: NodeJS.Signals | undefined
  const endings = (['SIGTERM', 'SIGHUP'] as const).map(signal => {
    const end = (): void => {
      received = signal
      child.kill(signal)
    }
    return [signal, end] as const
  })
  for (const [signal, handler] of [...handlers, ...endings]) process.on(signal, handler)
  return async () => {
    for (const [signal, handler] of [...handlers, ...endings]) process.removeListener(signal, handler)
    if (received === undefined) return
    // whatever wipes the folder has a handler of its own, which runs later
    process.kill(process.pid, received)
    await new Promise(resolve => setTimeout(resolve, 10_000))
  }
}
