import type { Trailer } from '../core/format/message.js'
import type { Access } from '../core/access/access.js'
import type { Spool } from '../core/ports.js'
import type { Secret, View } from './view.js'

/** What a draft is given besides its writer. */
export interface FromOutside {
  readonly limits?: WriteLimits | undefined
  /** Without it, all files stay in memory. */
  readonly spool?: Spool | undefined
}

/**
 * What a caller adds to a write: limits that come from outside the access log, from whoever runs the endpoint or from its
 * policies, and what it wants to know.
 */
export interface WriteLimits {
  /** Set to `false` if no write may add an entry to the access log. */
  readonly mayAmend?: boolean
  /** Trailers for the message of each commit, such as the step of a rotation. */
  readonly trailers?: () => readonly Trailer[]
  /** Called with the newest commit's state before a write is decided on it. Throws to refuse the write. */
  readonly beforeWriting?: (view: View) => Promise<void>
  /** Called before a write replaces another region's own secret by a replica. Throws to refuse that. */
  readonly beforeReplacing?: (replaced: Secret, access: Access) => void
  /** Called with the files of a write, once it is committed: `null` for a file that it removed. */
  readonly afterWriting?: (files: ReadonlyMap<string, Uint8Array | null>) => void
}
