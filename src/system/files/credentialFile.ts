import * as fs from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { errno, fileFailed, removeIfExists } from './files.js'
import { configFolder } from './keyFile.js'
import { takeLock } from './lock.js'
import { shown } from './paths.js'
import { replacePrivate } from './namedFiles.js'

type Environment = Readonly<Record<string, string | undefined>>

/** A write takes only a moment. */
const LOCK_TIMEOUT_MS = 10_000
/** A file system's clock ticks every few milliseconds, on some systems only every two seconds. */
const MIN_CACHEABLE_AGE_MS = 2_500

/** Returns the path of a vault's credentials: outside any repository, beside the identity. */
export function credentialPath(env: Environment, vaultId: string): string {
  return join(configFolder(env), 'credentials', `${vaultId}.json`)
}

/** A file with plaintext secrets. Only its owner may read it, and each change is atomic. */
export class PrivateFile {
  readonly path: string
  #cached: { readonly stamp: string; readonly bytes: Uint8Array | undefined } | undefined

  constructor(path: string) {
    this.path = path
  }

  /**
   * Returns the content; `undefined` if the file does not exist. Returns the same object until the content changes. Throws
   * `FileFailed` if other users can read the file, as ssh does for a key.
   */
  read(): Uint8Array | undefined {
    const stamp = this.#stamp()
    if (stamp !== undefined && this.#cached?.stamp === stamp) return this.#cached.bytes
    const bytes = this.#read()
    const cached = this.#cached?.bytes
    const isSame = bytes && cached ? Buffer.compare(bytes, cached) === 0 : bytes === cached
    // the stamp is from before the read, so a change during it is noticed next time
    this.#cached = { stamp: stamp ?? '', bytes: isSame ? cached : bytes }
    return this.#cached.bytes
  }

  #read(): Uint8Array | undefined {
    let handle: number
    try {
      handle = fs.openSync(this.path, 'r')
    } catch (error) {
      if (errno(error) === 'ENOENT') return undefined
      throw fileFailed(`cannot read ${this.path}`, error)
    }
    try {
      // fstat of the open file: the path may be another file by now
      if (process.platform !== 'win32' && (fs.fstatSync(handle).mode & 0o077) !== 0) {
        throw new VaultError('FileFailed', `${this.path} can be read by others`, {
          hint: `chmod 600 ${this.path}`
        })
      }
      return fs.readFileSync(handle)
    } catch (error) {
      throw error instanceof VaultError ? error : fileFailed(`cannot read ${this.path}`, error)
    } finally {
      fs.closeSync(handle)
    }
  }

  /**
   * Returns a text that differs after each change. `undefined` if the file is so new that a further change might not show:
   * an inode may be reused within one tick of the file system's clock.
   */
  #stamp(): string | undefined {
    const stat = fs.statSync(this.path, { bigint: true, throwIfNoEntry: false })
    if (!stat) return 'none'
    if (Math.abs(Date.now() - Number(stat.ctimeMs)) < MIN_CACHEABLE_AGE_MS) return undefined
    return [stat.dev, stat.ino, stat.size, stat.mode, stat.mtimeNs, stat.ctimeNs].join(' ')
  }

  /** Replaces the content with what `next` returns for it, while holding the file's lock. */
  async update(next: (current: Uint8Array | undefined) => Uint8Array): Promise<void> {
    const folder = dirname(this.path)
    try {
      fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    } catch (error) {
      throw fileFailed(`cannot write in ${folder}`, error)
    }
    const lock = await takeLock(`${this.path}.lock`, LOCK_TIMEOUT_MS, shown(this.path))
    try {
      if (lock.stale) {
        this.#removeTemporary(folder)
        lock.removeStale()
      }
      replacePrivate(this.path, next(this.#read()))
    } finally {
      lock.release()
    }
  }

  /** Removes the temporary files of killed processes, which hold the secrets too. */
  #removeTemporary(folder: string): void {
    const prefix = `${basename(this.path)}.`
    for (const name of fs.readdirSync(folder)) {
      if (name.startsWith(prefix) && /^[0-9a-f]{12}$/.test(name.slice(prefix.length)))
        removeIfExists(join(folder, name))
    }
  }
}
