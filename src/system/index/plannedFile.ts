/** A file that a write changes. */
export interface PlannedFile {
  readonly path: string
  readonly mode: string
  /** The blob in the newest commit; undefined if the file is new. */
  readonly old: string | undefined
  /** The new content; undefined if the file is removed. */
  readonly bytes: Uint8Array | undefined
  /** The new blob; undefined if the file is removed. */
  readonly new: string | undefined
}
