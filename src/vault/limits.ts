import type { Access } from '../core/access/access.js'
import type { Secret } from './view.js'

/** Limits on writes that come from outside the access log: from whoever runs the endpoint, and from its policies. */
export interface WriteLimits {
  /** Set to `false` if no write may add an entry to the access log. */
  readonly mayAmend?: boolean
  /** Called before a write replaces another region's own secret by a replica. Throws to refuse that. */
  readonly beforeReplacing?: (replaced: Secret, access: Access) => void
}
