/** A file that a write changes. */
export interface PlannedFile {
  readonly path: string
  readonly mode: string
  /** The blob in the newest commit; undefined if the file is new. */
  readonly old: string | undefined
  /** The new content; undefined if the file is removed. Of a large write, read from disk each time. */
  readonly bytes: Uint8Array | undefined
  /** The new blob; undefined if the file is removed. */
  readonly new: string | undefined
}

export interface WrittenFile extends PlannedFile {
  readonly bytes: Uint8Array
  readonly new: string
}

/** Whether a file is written, and not removed. Does not read its content. */
export const isWritten = (file: PlannedFile): file is WrittenFile => file.new !== undefined
