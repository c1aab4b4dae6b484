import * as fs from 'node:fs'
import { join } from 'node:path'
import type { Spool } from '../../core/ports.js'
import { fileFailed, removeIfExists, suffix } from '../files/files.js'
import { shown } from '../files/paths.js'
import { writeFolder, type Place } from '../git/place.js'

/** Bytes are written in pieces of about this size. */
const PIECE = 1 << 18

/** A temporary file for the bytes of a large write, which are ciphertexts. It has no name, so a killed process leaves none. */
export class FileSpool implements Spool {
  readonly #place: Place
  #file: { readonly handle: number; readonly path: string } | undefined
  #length = 0
  /** The bytes that are not in the file yet. */
  #pending: Uint8Array[] = []
  #pendingLength = 0

  constructor(place: Place) {
    this.#place = place
  }

  put(bytes: Uint8Array): number {
    const { length } = bytes
    const at = this.#length
    this.#length += length
    this.#pending.push(bytes)
    this.#pendingLength += length
    if (this.#pendingLength >= PIECE) this.#flush()
    return at
  }

  /** Nothing can be read any more. */
  close(): void {
    if (!this.#file) return
    fs.closeSync(this.#file.handle)
    removeIfExists(this.#file.path)
    this.#file = undefined
  }

  read(at: number, length: number): Uint8Array {
    this.#flush()
    const bytes = Buffer.allocUnsafe(length)
    let done = 0
    while (done < length) {
      const read = fs.readSync(this.#open(), bytes, done, length - done, at + done)
      if (read === 0) throw new Error('the temporary file of the write is too short')
      done += read
    }
    return bytes
  }

  #flush(): void {
    if (this.#pendingLength === 0) return
    const bytes = Buffer.concat(this.#pending)
    const at = this.#length - this.#pendingLength
    try {
      for (let done = 0; done < bytes.length;)
        done += fs.writeSync(this.#open(), bytes, done, bytes.length - done, at + done)
    } catch (error) {
      throw fileFailed(`cannot write a temporary file in ${shown(writeFolder(this.#place))}`, error)
    }
    this.#pending = []
    this.#pendingLength = 0
  }

  #open(): number {
    if (this.#file) return this.#file.handle
    fs.mkdirSync(writeFolder(this.#place), { recursive: true, mode: 0o700 })
    const path = join(writeFolder(this.#place), `file-${suffix()}`)
    const handle = fs.openSync(path, 'wx+', 0o600)
    this.#file = { handle, path }
    // Windows may refuse: then `close` removes it
    if (process.platform !== 'win32') fs.unlinkSync(path)
    return handle
  }
}
