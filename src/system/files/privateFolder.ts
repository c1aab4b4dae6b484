import * as fs from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { errno, fileFailed, suffix } from './files.js'

// Reads of a secret sweep leftovers too, so this file loads nothing else before it has found one.

/** A folder for plain text: in memory, of mode 0700, and wiped whenever this process ends. */
export interface PrivateFolder {
  readonly path: string
  /** Creates a file of mode 0600 and returns its path. Throws `FileFailed` if it cannot. */
  write(name: string, bytes: Uint8Array | string): string
  /** Reads a file of the folder, or its first bytes: one more than `limit`. Throws `FileFailed` for a link. */
  read(path: string, limit: number): Uint8Array
  /** Overwrites every file and removes the folder. May be called again. */
  wipe(): void
}

type Environment = Readonly<Record<string, string | undefined>>

const PREFIX = 'git-vault-private.'
/** File systems of Linux that are in memory: tmpfs and ramfs (statfs(2)). A tmpfs may be swapped out. */
const IN_MEMORY: ReadonlySet<number> = new Set([0x01021994, 0x858458f6])
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/** Throws `FileFailed` if the system has no storage in memory that this user can write to. */
export async function createPrivateFolder(env: Environment): Promise<PrivateFolder> {
  const { holderOf, holderText } = await import('./holder.js')
  const parent = parents(env).find(path => isUsable(path, env))
  if (parent === undefined) throw noMemory()
  const path = join(parent, `${PREFIX}${holderText(holderOf(process.pid))}.${suffix()}`)
  try {
    fs.mkdirSync(path, { mode: 0o700 })
    // the umask may have removed the owner's rights
    fs.chmodSync(path, 0o700)
  } catch (error) {
    throw fileFailed(`cannot create a private folder in ${parent}`, error)
  }
  const stopWatching = atEveryEnd(() => wipeFolder(path))
  return {
    path,
    write(name, bytes) {
      const file = join(path, name)
      try {
        fs.writeFileSync(file, bytes, { flag: 'wx', mode: 0o600 })
      } catch (error) {
        throw fileFailed(`cannot write ${name} into the private folder ${path}`, error)
      }
      return file
    },
    read(file, limit) {
      try {
        return readPart(file, limit + 1)
      } catch (error) {
        throw fileFailed(`cannot read ${file}`, error)
      }
    },
    wipe() {
      wipeFolder(path)
      stopWatching()
    }
  }
}

/**
 * Wipes the folders of processes that were killed. Leaves those of processes that run, and of other machines and
 * containers, whose processes it cannot see. Never throws.
 */
export async function wipeLeftovers(env: Environment): Promise<void> {
  for (const parent of parents(env))
    for (const name of namesIn(parent).filter(each => each.startsWith(PREFIX))) {
      const path = join(parent, name)
      try {
        const { parseHolder, holderState } = await import('./holder.js')
        const stat = fs.lstatSync(path)
        const holder = parseHolder(name.slice(PREFIX.length))
        const isOwn = stat.isDirectory() && stat.uid === process.geteuid?.()
        if (isOwn && holder && holderState(holder, stat.birthtimeMs) === 'dead') wipeFolder(path)
      } catch {
        // another command has just wiped it
      }
    }
}

/** The folders that may be in memory, in the order in which they are tried. */
function parents(env: Environment): string[] {
  const named = [env['GIT_VAULT_MEMORY_DIR'], env['XDG_RUNTIME_DIR']]
  const standard = process.platform === 'linux' ? ['/dev/shm'] : []
  return [...new Set([...named, ...standard])].filter(
    path => path !== undefined && isAbsolute(path)
  ) as string[]
}

/** Only Linux tells which file systems are in memory. Elsewhere the user vouches for GIT_VAULT_MEMORY_DIR. */
function isUsable(path: string, env: Environment): boolean {
  try {
    fs.accessSync(path, fs.constants.W_OK | fs.constants.X_OK)
    if (process.platform === 'linux') return isInMemory(path)
    return path === env['GIT_VAULT_MEMORY_DIR']
  } catch {
    return false
  }
}

/** Whether a folder is in memory. Only Linux tells. */
export const isInMemory = (path: string): boolean =>
  process.platform === 'linux' && IN_MEMORY.has(fs.statfsSync(path).type)

const noMemory = (): VaultError =>
  new VaultError(
    'FileFailed',
    'there is no storage in memory for plain text, and it is never written to a disk',
    {
      hint: 'set GIT_VAULT_MEMORY_DIR to a folder on a RAM disk'
    }
  )

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder)
  } catch {
    return []
  }
}

function readPart(path: string, length: number): Uint8Array {
  const handle = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK)
  try {
    const bytes = Buffer.alloc(length)
    return bytes.subarray(0, fs.readSync(handle, bytes, 0, length, 0))
  } finally {
    fs.closeSync(handle)
  }
}

function wipeFolder(path: string): void {
  for (const entry of entriesOf(path))
    if (entry.isFile()) overwrite(join(entry.parentPath ?? entry.path, entry.name))
  fs.rmSync(path, { recursive: true, force: true })
}

function entriesOf(path: string): fs.Dirent[] {
  try {
    return fs.readdirSync(path, { recursive: true, withFileTypes: true })
  } catch (error) {
    if (errno(error) === 'ENOENT') return []
    throw error
  }
}

function overwrite(path: string): void {
  try {
    // not through a link, which could lead out of the folder
    const handle = fs.openSync(path, fs.constants.O_WRONLY | fs.constants.O_NOFOLLOW)
    try {
      const { size, nlink } = fs.fstatSync(handle)
      if (nlink === 1) fs.writeSync(handle, Buffer.alloc(size), 0, size, 0)
    } finally {
      fs.closeSync(handle)
    }
  } catch {
    // it is removed all the same
  }
}

/** Runs `work` when the process ends for any reason but a kill. Returns a function that ends this. */
function atEveryEnd(work: () => void): () => void {
  process.on('exit', work)
  const handlers = SIGNALS.map(signal => {
    const handler = (): void => {
      // a program with handlers of its own decides when it ends
      if (process.listenerCount(signal) > 1) return
      work()
      process.removeListener(signal, handler)
      process.kill(process.pid, signal)
    }
    process.on(signal, handler)
    return () => process.removeListener(signal, handler)
  })
  return () => {
    process.removeListener('exit', work)
    for (const remove of handlers) remove()
  }
}
