/** Something that was done in a vault. */
export interface LogEntry {
  readonly commit: string
  /** When the member signed the change; if nobody signed one, the commit's time. */
  readonly time: Date
  readonly author: string
  readonly operation: string
  readonly secret?: string
  readonly versionId?: string
  readonly token?: string
  /** The signer, or the member that the message names if nobody signed. */
  readonly member?: string
  /** The rotation that wrote it, as the commit's message says: nobody has signed that. */
  readonly rotation?: { readonly function: string; readonly step?: string }
  /** The signer's key id. */
  readonly by?: string
  /** The secrets that changed. */
  readonly arns: readonly string[]
  /** A file that the commit changed for it. */
  readonly path: string
  /** False if only the commit's message says so. */
  readonly signed: boolean
}
