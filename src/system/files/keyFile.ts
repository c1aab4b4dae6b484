import {
  closeSync,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { errno, fileFailed, readIfExists, removeIfExists, syncFolder, writeSynced } from './files.js'
import { homeFolder } from './homeFolder.js'
import { shellPath, withSafePath } from './programs.js'

/** The sources of an identity, in the order in which they are tried. */
export type KeySource =
  /** `GIT_VAULT_IDENTITY`, or the output of `GIT_VAULT_IDENTITY_COMMAND`: the secret string itself. */
  | { readonly kind: 'text'; readonly text: string; readonly from: string }
  /** `GIT_VAULT_IDENTITY_FILE`, or the user's own file. */
  | { readonly kind: 'file'; readonly path: string; readonly bytes: Uint8Array }

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Returns `$GIT_VAULT_IDENTITY_FILE`, else `$XDG_CONFIG_HOME/git-vault/identity.yaml`, else the same under `~/.config`
 * (`%APPDATA%` on Windows).
 */
export function keyFilePath(env: Environment): string {
  if (env['GIT_VAULT_IDENTITY_FILE']) return resolve(env['GIT_VAULT_IDENTITY_FILE'])
  return join(configFolder(env), 'identity.yaml')
}

/** Returns the folder of the user's own files. */
export function configFolder(env: Environment): string {
  const base =
    env['XDG_CONFIG_HOME'] ||
    (process.platform === 'win32' && env['APPDATA']) ||
    join(homeFolder(env), '.config')
  return join(base, 'git-vault')
}

/** Throws `IdentityNotFound` if there is none. */
export function findKey(env: Environment): KeySource {
  const text = env['GIT_VAULT_IDENTITY']
  if (text) return { kind: 'text', text, from: 'GIT_VAULT_IDENTITY' }
  const command = env['GIT_VAULT_IDENTITY_COMMAND']
  if (command) return { kind: 'text', text: runCommand(command), from: 'GIT_VAULT_IDENTITY_COMMAND' }
  const path = keyFilePath(env)
  const bytes = readKeyFile(path)
  if (bytes) return { kind: 'file', path, bytes }
  throw new VaultError('IdentityNotFound', `there is no identity at ${path}`, {
    hint: 'make one with: git-vault identity new; in CI set GIT_VAULT_IDENTITY'
  })
}

/** Returns `undefined` if the file does not exist. */
export function readKeyFile(path: string): Uint8Array | undefined {
  try {
    return readIfExists(path)
  } catch (error) {
    throw fileFailed(`cannot read the identity ${path}`, error)
  }
}

/** Throws `IdentityLocked` if other users can read the file, as ssh does. Needed only for an identity without a passphrase. */
export function requirePrivateFile(path: string): void {
  if (process.platform === 'win32') return
  if ((statSync(path).mode & 0o077) === 0) return
  throw new VaultError('IdentityLocked', `the identity ${path} can be read by others`, {
    hint: `chmod 600 ${path}`
  })
}

/**
 * Writes a new identity with mode 0600. Throws `FileFailed` if the file exists: a key is never replaced. There is no
 * temporary file, which a kill would leave behind with the key in it, and no hard link, which some file systems lack.
 */
export function createKeyFile(path: string, bytes: Uint8Array): void {
  let handle: number
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    handle = openSync(path, 'wx', 0o600)
  } catch (error) {
    if (errno(error) === 'EEXIST') throw alreadyExists(path)
    throw fileFailed(`cannot write the identity ${path}`, error)
  }
  try {
    // the umask may have removed the owner's rights
    if (process.platform !== 'win32') fchmodSync(handle, 0o600)
    writeFileSync(handle, bytes)
    fsyncSync(handle)
    syncFolder(dirname(path))
  } catch (error) {
    // created above, so it is not the file of another process
    removeIfExists(path)
    throw fileFailed(`cannot write the identity ${path}`, error)
  } finally {
    closeSync(handle)
  }
}

/**
 * Replaces an identity atomically, with mode 0600: after a kill or a power cut, the file has either content. What a killed
 * process left beside it is removed. Throws `FileFailed`.
 */
export function replaceKeyFile(path: string, bytes: Uint8Array): void {
  try {
    // replace the file itself, not a link to it
    const target = realpathSync(path)
    const temporary = `${target}.new`
    removeIfExists(temporary)
    writeSynced(temporary, bytes, 0o600)
    renameSync(temporary, target)
    syncFolder(dirname(target))
  } catch (error) {
    throw fileFailed(`cannot replace the identity ${path}`, error)
  }
}

/** Throws `FileFailed` if the file exists. */
export function refuseExisting(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })) throw alreadyExists(path)
}

function alreadyExists(path: string): VaultError {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat?.isFile() && stat.size === 0)
    return new VaultError('FileFailed', `the file ${path} is empty: its creation was interrupted`, {
      hint: `rm ${path}`
    })
  return new VaultError('FileFailed', `an identity already exists at ${path}`, {
    hint: 'choose another file for a new one, or show this one with: git-vault identity show'
  })
}

/** The command comes from the user's own environment, never from the repository. */
function runCommand(command: string): string {
  // loaded here, because few reads run a command
  const { execFileSync } = process.getBuiltinModule('node:child_process')
  try {
    return execFileSync(command, {
      shell: shellPath(),
      // a command by name must not be a file of the repository
      env: withSafePath(process.env),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 1 << 16
    })
  } catch (error) {
    const status = error instanceof Error && 'status' in error ? ` (exit status ${String(error.status)})` : ''
    throw new VaultError('IdentityNotFound', `GIT_VAULT_IDENTITY_COMMAND failed${status}`)
  }
}
