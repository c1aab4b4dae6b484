import { lstatSync, mkdirSync, type Stats } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { errno, fileFailed } from '../files/files.js'
import { shown } from '../files/paths.js'

type Environment = Readonly<Record<string, string | undefined>>

/** What the system has room for in the address of a socket, less its closing zero; a longer one would be cut short. */
const LONGEST_ADDRESS = process.platform === 'linux' ? 107 : 103
/** A name on the way to its place has this much more, see `IdentityAgent`. */
const LONGEST_SUFFIX = 13

/** A socket's name: an id of a key, 128 bits in base64url. */
export const SOCKET_NAME = /^[\w-]{22}$/

/**
 * Where the sockets of unlocked identities are: in the folder that the system gives a user for what lives as long as the
 * session. `undefined` where it gives none.
 */
export function socketFolder(env: Environment): string | undefined {
  if (process.platform === 'win32') return undefined
  const given = env['XDG_RUNTIME_DIR'] || (process.platform === 'darwin' && env['TMPDIR'])
  if (!given || !isAbsolute(given)) return undefined
  // without a slash at its end, which would make lstat follow a link
  return join(resolve(given), 'git-vault')
}

export const socketPath = (folder: string, keyId: string): string => join(folder, keyId)

/** Throws `FileFailed` where there can be none. */
export function socketFolderOrFail(env: Environment): string {
  if (process.platform === 'win32')
    throw new VaultError('FileFailed', 'no identity can be kept unlocked on Windows')
  const folder = socketFolder(env)
  if (folder === undefined) {
    const variable = process.platform === 'darwin' && !env['XDG_RUNTIME_DIR'] ? 'TMPDIR' : 'XDG_RUNTIME_DIR'
    throw new VaultError('FileFailed', `${variable} names no folder for the socket of an unlocked identity`, {
      hint: `set ${variable} to the full path of a folder of yours with mode 700, on the machine itself`
    })
  }
  return folder
}

/**
 * Makes the folder where it is not there. Throws `FileFailed` where others could put a socket of theirs in it or reach
 * one of ours, or where the path is too long for one.
 */
export function prepareSocketFolder(folder: string): void {
  if (Buffer.byteLength(socketPath(folder, 'x'.repeat(22))) + LONGEST_SUFFIX > LONGEST_ADDRESS) {
    throw new VaultError('FileFailed', `the path ${shown(folder)} is too long for a socket in it`, {
      hint: 'set XDG_RUNTIME_DIR to a folder with a shorter path'
    })
  }
  refuseOpen(dirname(folder))
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    if (errno(error) !== 'EEXIST') throw fileFailed(`cannot make the folder ${shown(folder)}`, error)
  }
  refuseOpen(folder)
}

/** Throws `FileFailed` where others have a way into the folder. */
export function refuseOpen(folder: string): void {
  const fault = faultOf(folder, stat => stat.isDirectory())
  if (fault === undefined) return
  throw new VaultError('FileFailed', `${shown(folder)} ${fault}: no place for the socket of an identity`, {
    hint: 'it has to be a folder of yours with mode 700'
  })
}

/**
 * The socket for a key, where there is one that nobody else can have put there or listen at. Where nothing is, which is
 * nearly always, this is one look.
 */
export function socketFor(env: Environment, keyId: string): string | undefined {
  const folder = socketFolder(env)
  if (folder === undefined) return undefined
  const path = socketPath(folder, keyId)
  return isThere(path) && isOwnSocket(path) ? path : undefined
}

/** Not so either where a folder of somebody else keeps it from being seen. */
export function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return false
  }
}

/** Whether the socket and the folders around it are this user's alone. */
export function isOwnSocket(path: string): boolean {
  const folder = dirname(path)
  return [dirname(folder), folder, path].every(
    each => faultOf(each, stat => (each === path ? stat.isSocket() : stat.isDirectory())) === undefined
  )
}

function faultOf(path: string, isRight: (stat: Stats) => boolean): string | undefined {
  let stat: Stats | undefined
  try {
    // of the entry itself: a link could lead elsewhere by the time that it is followed
    stat = lstatSync(path, { throwIfNoEntry: false })
  } catch (error) {
    return `cannot be looked at (${errno(error)})`
  }
  if (!stat) return 'is not there'
  if (stat.isSymbolicLink()) return 'is a symbolic link'
  if (!isRight(stat)) return 'is of another kind'
  if (stat.uid !== process.geteuid?.()) return 'belongs to another user'
  return (stat.mode & 0o077) === 0 ? undefined : 'is open to others'
}
