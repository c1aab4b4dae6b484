import type { Clock } from '../core/ports.js'
import type { Vault } from '../vault/vault.js'
import type { OperationName } from '../core/generated/operations.js'
import type { Input } from './context.js'
import type { Credentials } from './credentials.js'

/** The state of every file that an answer was made from. */
export interface Trace {
  /** Whether nothing has changed since. Checks the disk synchronously. */
  isCurrent(): boolean
}

/** What the endpoint needs from the rest of the program; `app/serve` builds it. */
export interface Backend {
  readonly clock: Clock
  /** A new request id. */
  uuid(): string
  /** The account in the vault's ARNs. */
  readonly account: string
  /** The region that the agent's protocol reads from. */
  readonly home: string
  /** Set to `true` if a resource policy's Allow lets no credential of this endpoint do anything. */
  readonly ownPolicyOnly?: boolean
  /** Completes a write that another process left unfinished. */
  ready(): Promise<void>
  vault(region: string): Vault
  /** Runs what reads the work tree, so that it sees no state in which other files are still missing. */
  reading<T>(work: () => Promise<T>): Promise<T>
  /**
   * A vault for one answer, which records what it reads. `trace` returns `undefined` if the record is not
   * reliable.
   */
  traceReads(region: string): { readonly vault: Vault; trace(): Trace | undefined }
  /** Answers in place of the vault, which `ask` asks: the endpoint of a rotation adds what only that rotation sees. */
  answer?(operation: OperationName, input: Input, ask: (input: Input) => Promise<object>): Promise<object>
  /** Whether a credential existed when the server started, so that a client may have used it before. */
  readonly hasOldKeys: boolean
  /** The credentials as of the last `refresh`; the same object while they are unchanged. */
  credentials(): Credentials
  /**
   * Called when requests that arrived together have been read, before any is answered. Drops what was read
   * earlier, which may have changed.
   */
  refresh(): void
}
