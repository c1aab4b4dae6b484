import * as fs from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { errno, fileFailed, removeIfThere } from './files.js'
import { configFolder } from './keyFile.js'
import { takeLock } from './lock.js'
import { shown } from './paths.js'
import { replacePrivate } from './namedFiles.js'

type Environment = Readonly<Record<string, string | undefined>>

/** Whoever writes it does so in a moment. */
const TIMEOUT = 10_000
/** The clock of a file system ticks every few milliseconds, and some only every two seconds. */
const UNSETTLED = 2_500

/** Where a vault's credentials are: outside of every repository, beside the identity. */
export function credentialPath(env: Environment, vaultId: string): string {
  return join(configFolder(env), 'credentials', `${vaultId}.json`)
}

/** A file with secrets in clear: nobody but its owner may read it, and each change of it is whole. */
export class PrivateFile {
  readonly path: string
  #known: { readonly mark: string; readonly bytes: Uint8Array | undefined } | undefined

  constructor(path: string) {
    this.path = path
  }

  /**
   * `undefined` where there is none; the same object as long as the file is the same. Throws `FileFailed` where others
   * can read it, as ssh refuses a key.
   */
  read(): Uint8Array | undefined {
    const mark = this.#mark()
    if (mark !== undefined && this.#known?.mark === mark) return this.#known.bytes
    const bytes = this.#read()
    const known = this.#known?.bytes
    const isSame = bytes && known ? Buffer.compare(bytes, known) === 0 : bytes === known
    // what is changed after the mark was taken shows in the next
    this.#known = { mark: mark ?? '', bytes: isSame ? known : bytes }
    return this.#known.bytes
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
      // of what was opened: another file may stand there by now
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
   * Another one after each change. `undefined` where the file is so young that a further change might not show, for an
   * inode may be taken again within one tick of the file system's clock.
   */
  #mark(): string | undefined {
    const stat = fs.statSync(this.path, { bigint: true, throwIfNoEntry: false })
    if (!stat) return 'none'
    if (Math.abs(Date.now() - Number(stat.ctimeMs)) < UNSETTLED) return undefined
    return [stat.dev, stat.ino, stat.size, stat.mode, stat.mtimeNs, stat.ctimeNs].join(' ')
  }

  /** Replaces the file by what `next` makes of it, while no other process does. */
  async update(next: (present: Uint8Array | undefined) => Uint8Array): Promise<void> {
    const folder = dirname(this.path)
    try {
      fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    } catch (error) {
      throw fileFailed(`cannot write in ${folder}`, error)
    }
    const lock = await takeLock(`${this.path}.lock`, TIMEOUT, shown(this.path))
    try {
      if (lock.stale) {
        this.#removeLeft(folder)
        lock.settle()
      }
      replacePrivate(this.path, next(this.#read()))
    } finally {
      lock.release()
    }
  }

  /** What one that was killed has left: it holds the secrets, too. */
  #removeLeft(folder: string): void {
    const own = `${basename(this.path)}.`
    for (const name of fs.readdirSync(folder)) {
      if (name.startsWith(own) && /^[0-9a-f]{12}$/.test(name.slice(own.length)))
        removeIfThere(join(folder, name))
    }
  }
}
