import { chmodSync, linkSync, lstatSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { errno, fileFailed, readIfThere, removeIfThere, suffix, syncFolder, writeSynced } from './files.js'

/** Where an identity comes from, in the order in which they are looked for. */
export type KeySource =
  /** `GIT_VAULT_IDENTITY`, or what `GIT_VAULT_IDENTITY_COMMAND` printed: the secret string itself. */
  | { readonly kind: 'text'; readonly text: string; readonly from: string }
  /** `GIT_VAULT_IDENTITY_FILE`, or the user's own file. */
  | { readonly kind: 'file'; readonly path: string; readonly bytes: Uint8Array }

type Environment = Readonly<Record<string, string | undefined>>

/** `$XDG_CONFIG_HOME/git-vault/identity.yaml`, or the same under `~/.config` (`%APPDATA%` on Windows). */
export function keyFilePath(env: Environment): string {
  if (env['GIT_VAULT_IDENTITY_FILE']) return resolve(env['GIT_VAULT_IDENTITY_FILE'])
  return join(configFolder(env), 'identity.yaml')
}

/** Where the user's own files are. */
export function configFolder(env: Environment): string {
  const base =
    env['XDG_CONFIG_HOME'] || (process.platform === 'win32' && env['APPDATA']) || join(homeOf(env), '.config')
  return join(base, 'git-vault')
}

/** Throws `IdentityNotFound` where there is none. */
export function findKey(env: Environment): KeySource {
  const text = env['GIT_VAULT_IDENTITY']
  if (text) return { kind: 'text', text, from: 'GIT_VAULT_IDENTITY' }
  const command = env['GIT_VAULT_IDENTITY_COMMAND']
  if (command) return { kind: 'text', text: runCommand(command), from: 'GIT_VAULT_IDENTITY_COMMAND' }
  const path = keyFilePath(env)
  const bytes = readKeyFile(path)
  if (bytes) return { kind: 'file', path, bytes }
  throw new VaultError('IdentityNotFound', `there is no identity at ${path}`, {
    hint: 'git-vault identity new makes one; a machine can be given one in GIT_VAULT_IDENTITY'
  })
}

/** `undefined` where no file is. */
export function readKeyFile(path: string): Uint8Array | undefined {
  try {
    return readIfThere(path)
  } catch (error) {
    throw fileFailed(`cannot read the identity ${path}`, error)
  }
}

/** A private key that others can read is refused as ssh does; a wrapped one is its passphrase's affair. */
export function refuseReadable(path: string): void {
  if (process.platform === 'win32') return
  if ((statSync(path).mode & 0o077) === 0) return
  throw new VaultError('IdentityLocked', `the identity ${path} can be read by others`, {
    hint: `chmod 600 ${path}`
  })
}

/** Writes a new identity with mode 0600. Throws `FileFailed` where there is a file already: nothing replaces a key. */
export function createKeyFile(path: string, bytes: Uint8Array): void {
  const temporary = `${path}.${suffix()}`
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeSynced(temporary, bytes, 0o600)
    chmodSync(temporary, 0o600)
    // a link fails where the name is taken, a rename would replace it
    linkSync(temporary, path)
    syncFolder(dirname(path))
  } catch (error) {
    if (errno(error) === 'EEXIST') throw taken(path)
    throw fileFailed(`cannot write the identity ${path}`, error)
  } finally {
    removeIfThere(temporary)
  }
}

export function refuseTaken(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })) throw taken(path)
}

function taken(path: string): VaultError {
  return new VaultError('FileFailed', `there is an identity at ${path} already`, {
    hint: 'to make another, name another file; git-vault identity show shows the one there'
  })
}

/** The user's own environment names the command; nothing of the repository does. */
function runCommand(command: string): string {
  // not loaded above: few reads run a command
  const { execFileSync } = process.getBuiltinModule('node:child_process')
  try {
    return execFileSync(command, {
      shell: true,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 1 << 16
    })
  } catch (error) {
    const status = error instanceof Error && 'status' in error ? ` (exit status ${String(error.status)})` : ''
    throw new VaultError('IdentityNotFound', `GIT_VAULT_IDENTITY_COMMAND failed${status}`)
  }
}

function homeOf(env: Environment): string {
  const home = env['HOME'] || process.getBuiltinModule('node:os').homedir()
  if (home) return home
  throw new VaultError('IdentityNotFound', 'there is no home directory to look for an identity in', {
    hint: 'set HOME, or GIT_VAULT_IDENTITY_FILE'
  })
}
