import { spawnSync } from 'node:child_process'
import { VaultError } from '../../core/errors.js'
import { programPath, withSafePath } from '../files/programs.js'

type Environment = Readonly<Record<string, string | undefined>>

/** The absolute path of a program, and its arguments. */
export type Command = readonly [program: string, ...args: string[]]

/** The programs by which this session's clipboard is used. They are the platform's own. */
export interface ClipboardPrograms {
  /** The name of the program that copies, for messages. */
  readonly name: string
  /** Puts its standard input on the clipboard. */
  readonly copy: Command
  /** Prints what is on the clipboard. Absent if the system has no program for that. */
  readonly paste?: Command
  /** Empties the clipboard. Its standard input is empty. */
  readonly clear: Command
  /** What `copy` reads; UTF-8 if left out. */
  readonly encoding?: 'utf16le'
  /** Whether clipboard managers are told to keep no copy. */
  readonly isSensitive: boolean
}

/**
 * Returns the programs for this session's clipboard: of Wayland or X11, of WSL, Windows, macOS or Termux. Throws
 * `FileFailed`, saying what to install, if there are none.
 */
export function clipboardPrograms(env: Environment, platform: NodeJS.Platform): ClipboardPrograms {
  if (platform === 'darwin') return macOs(env) ?? missing('pbcopy', 'add /usr/bin to PATH')
  if (platform === 'win32') return windows(env) ?? missing('clip', 'add System32 to PATH')
  const hasWayland = Boolean(env['WAYLAND_DISPLAY'])
  const hasX11 = Boolean(env['DISPLAY'])
  const found =
    (hasWayland ? wayland(env) : undefined) ??
    (hasX11 ? x11(env) : undefined) ??
    (isWsl(env) ? windows(env) : undefined) ??
    termux(env)
  if (found) return found
  if (hasWayland) return missing('wl-copy', 'install wl-clipboard')
  if (hasX11) return missing('xclip or xsel', 'install xclip')
  if (isWsl(env)) return missing('clip.exe', 'add /mnt/c/Windows/System32 to PATH')
  if (env['TERMUX_VERSION']) return missing('termux-clipboard-set', 'install termux-api')
  throw new VaultError('FileFailed', 'this session has no clipboard: it has no display', {
    hint: 'to let the terminal copy it, also over ssh: git-vault copy NAME --terminal'
  })
}

function missing(program: string, hint: string): never {
  throw new VaultError('FileFailed', `there is no program for the clipboard: ${program}`, { hint })
}

const isWsl = (env: Environment): boolean => Boolean(env['WSL_DISTRO_NAME'] ?? env['WSL_INTEROP'])

function wayland(env: Environment): ClipboardPrograms | undefined {
  const copy = programPath('wl-copy', env)
  const paste = programPath('wl-paste', env)
  if (copy === undefined) return undefined
  const isSensitive = knowsSensitive(copy, env)
  return {
    name: 'wl-copy',
    // without a type, wl-copy looks at the value with another program
    copy: [copy, ...(isSensitive ? ['--sensitive'] : []), '--type', 'text/plain'],
    ...(paste === undefined ? {} : { paste: [paste, '--no-newline', '--type', 'text/plain'] }),
    clear: [copy, '--clear'],
    isSensitive
  }
}

/** Older versions refuse the option. */
function knowsSensitive(program: string, env: Environment): boolean {
  const { stdout } = spawnSync(program, ['--help'], {
    env: withSafePath(env),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 2_000
  })
  return (stdout ?? '').includes('--sensitive')
}

function x11(env: Environment): ClipboardPrograms | undefined {
  const xclip = programPath('xclip', env)
  if (xclip !== undefined) {
    const copy: Command = [xclip, '-selection', 'clipboard', '-in']
    return {
      name: 'xclip',
      copy,
      paste: [xclip, '-selection', 'clipboard', '-out'],
      clear: copy,
      isSensitive: false
    }
  }
  const xsel = programPath('xsel', env)
  if (xsel === undefined) return undefined
  return {
    name: 'xsel',
    copy: [xsel, '--clipboard', '--input'],
    paste: [xsel, '--clipboard', '--output'],
    clear: [xsel, '--clipboard', '--clear'],
    isSensitive: false
  }
}

function macOs(env: Environment): ClipboardPrograms | undefined {
  const copy = programPath('pbcopy', env)
  const paste = programPath('pbpaste', env)
  if (copy === undefined) return undefined
  return {
    ...{ name: 'pbcopy', copy: [copy], clear: [copy], isSensitive: false },
    ...(paste === undefined ? {} : { paste: [paste] })
  }
}

/** Prints the clipboard in UTF-8, without a newline at the end. */
const GET_CLIPBOARD =
  '[Console]::OutputEncoding = [Text.UTF8Encoding]::new($false); [Console]::Out.Write((Get-Clipboard -Raw))'

function windows(env: Environment): ClipboardPrograms | undefined {
  const isNative = process.platform === 'win32'
  const copy = programPath(isNative ? 'clip' : 'clip.exe', env)
  const paste = programPath(isNative ? 'powershell' : 'powershell.exe', env)
  if (copy === undefined) return undefined
  return {
    ...{ name: 'clip.exe', copy: [copy], clear: [copy], encoding: 'utf16le', isSensitive: false },
    ...(paste === undefined
      ? {}
      : { paste: [paste, '-NoProfile', '-NonInteractive', '-Command', GET_CLIPBOARD] })
  }
}

function termux(env: Environment): ClipboardPrograms | undefined {
  const copy = programPath('termux-clipboard-set', env)
  const paste = programPath('termux-clipboard-get', env)
  if (copy === undefined) return undefined
  return {
    ...{ name: 'termux-clipboard-set', copy: [copy], clear: [copy], isSensitive: false },
    ...(paste === undefined ? {} : { paste: [paste] })
  }
}
