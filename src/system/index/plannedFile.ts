/** One file of a write: what it replaces and what it becomes. */
export interface PlannedFile {
  readonly path: string
  readonly mode: string
  /** The blob in the newest commit; undefined when the file is new. */
  readonly old: string | undefined
  /** Undefined: the file is removed. */
  readonly bytes: Uint8Array | undefined
  readonly new: string | undefined
}
