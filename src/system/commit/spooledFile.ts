import type { Change } from '../../core/ports.js'
import type { PlannedFile } from '../index/plannedFile.js'
import { blobId } from './fastImport.js'

/** Each further block of ids is for so many. */
const BLOCK = 1_024

/** Blob ids as bytes: strings would take three times the memory. */
export class BlobIds {
  /** In hexadecimal digits. */
  readonly #length: number
  readonly #blocks: Buffer[] = []
  #count = 0

  constructor(length: number) {
    this.#length = length
  }

  /** Returns the number of the id of a blob with these bytes. */
  add(bytes: Uint8Array): number {
    const number = this.#count++
    if (number % BLOCK === 0) this.#blocks.push(Buffer.alloc((BLOCK * this.#length) / 2))
    this.#blocks.at(-1)!.write(blobId(bytes, this.#length), this.#start(number), 'hex')
    return number
  }

  id(number: number): string {
    const start = this.#start(number)
    return this.#blocks[Math.floor(number / BLOCK)]!.toString('hex', start, start + this.#length / 2)
  }

  #start(number: number): number {
    return ((number % BLOCK) * this.#length) / 2
  }
}

/** A file of a large write. A class, because objects with a getter of their own take several times the memory. */
export class SpooledFile implements PlannedFile {
  readonly path: string
  readonly mode: string
  readonly old: string | undefined
  readonly #files: Change['files']
  readonly #ids: BlobIds
  readonly #number: number

  constructor(
    { path, mode, old }: Pick<PlannedFile, 'path' | 'mode' | 'old'>,
    files: Change['files'],
    ids: BlobIds,
    number: number
  ) {
    this.path = path
    this.mode = mode
    this.old = old
    this.#files = files
    this.#ids = ids
    this.#number = number
  }

  get bytes(): Uint8Array {
    return this.#files.get(this.path)!
  }

  get new(): string {
    return this.#ids.id(this.#number)
  }
}
