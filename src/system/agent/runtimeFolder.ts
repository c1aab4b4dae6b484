import { lstatSync, mkdirSync, type Stats } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { errno, fileFailed } from '../files/files.js'
import { shown } from '../files/paths.js'

type Environment = Readonly<Record<string, string | undefined>>

/** The system's limit on a socket's path, in bytes without the final NUL. It would truncate a longer one. */
const MAX_SOCKET_PATH_LENGTH = process.platform === 'linux' ? 107 : 103
/** A dot and 12 digits, which a temporary name adds (see `Agent`). */
const SUFFIX_LENGTH = 13

/** A socket is named after a key id: 128 bits in base64url. */
export const SOCKET_NAME = /^[\w-]{22}$/

/**
 * Returns the folder for the agents' sockets: inside the one that the system provides for the user's session. `undefined`
 * if the system provides none.
 */
export function socketFolder(env: Environment): string | undefined {
  if (process.platform === 'win32') return undefined
  const runtimeFolder = env['XDG_RUNTIME_DIR'] || (process.platform === 'darwin' && env['TMPDIR'])
  if (!runtimeFolder || !isAbsolute(runtimeFolder)) return undefined
  // resolve removes a trailing slash, which would make lstat follow a link
  return join(resolve(runtimeFolder), 'git-vault')
}

export const socketPath = (folder: string, keyId: string): string => join(folder, keyId)

/** As `socketFolder`. Throws `FileFailed` if there is none. */
export function socketFolderOrFail(env: Environment): string {
  if (process.platform === 'win32')
    throw new VaultError('FileFailed', 'an identity cannot be kept unlocked on Windows')
  const folder = socketFolder(env)
  if (folder === undefined) {
    const variable = process.platform === 'darwin' && !env['XDG_RUNTIME_DIR'] ? 'TMPDIR' : 'XDG_RUNTIME_DIR'
    throw new VaultError('FileFailed', `${variable} does not name a folder for the agent's socket`, {
      hint: `set ${variable} to the absolute path of a local folder that you own, with mode 700`
    })
  }
  return folder
}

/**
 * Creates the folder if it does not exist. Throws `FileFailed` if other users could reach a socket in it or add their
 * own, or if its path is too long for a socket.
 */
export function prepareSocketFolder(folder: string): void {
  if (Buffer.byteLength(socketPath(folder, 'x'.repeat(22))) + SUFFIX_LENGTH > MAX_SOCKET_PATH_LENGTH) {
    throw new VaultError('FileFailed', `the path ${shown(folder)} is too long for a socket`, {
      hint: 'set XDG_RUNTIME_DIR to a folder with a shorter path'
    })
  }
  requirePrivateFolder(dirname(folder))
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    if (errno(error) !== 'EEXIST') throw fileFailed(`cannot create the folder ${shown(folder)}`, error)
  }
  requirePrivateFolder(folder)
}

/** Throws `FileFailed` unless the folder is the user's own, with no access for others. */
export function requirePrivateFolder(folder: string): void {
  const problem = problemWith(folder, stat => stat.isDirectory())
  if (problem === undefined) return
  throw new VaultError('FileFailed', `${shown(folder)} cannot hold the agent's socket: it ${problem}`, {
    hint: 'it must be a folder that you own, with mode 700'
  })
}

/**
 * Returns the path of a key's socket; `undefined` if it does not exist, or if another user could have made it or could
 * connect to it. Usually there is none, which costs one `lstat`.
 */
export function socketFor(env: Environment, keyId: string): string | undefined {
  const folder = socketFolder(env)
  if (folder === undefined) return undefined
  const path = socketPath(folder, keyId)
  return pathExists(path) && isOwnSocket(path) ? path : undefined
}

/** False also if the user may not search a folder on the way. */
export function pathExists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return false
  }
}

/** Whether the path is a socket, and it and the two folders above it are the user's own, with no access for others. */
export function isOwnSocket(path: string): boolean {
  const folder = dirname(path)
  return [dirname(folder), folder, path].every(
    each => problemWith(each, stat => (each === path ? stat.isSocket() : stat.isDirectory())) === undefined
  )
}

function problemWith(path: string, isWantedType: (stat: Stats) => boolean): string | undefined {
  let stat: Stats | undefined
  try {
    // not stat: a link could be changed after this check
    stat = lstatSync(path, { throwIfNoEntry: false })
  } catch (error) {
    return `cannot be checked (${errno(error)})`
  }
  if (!stat) return 'does not exist'
  if (stat.isSymbolicLink()) return 'is a symbolic link'
  if (!isWantedType(stat)) return 'has the wrong file type'
  if (stat.uid !== process.geteuid?.()) return 'belongs to another user'
  return (stat.mode & 0o077) === 0 ? undefined : 'is open to others'
}
