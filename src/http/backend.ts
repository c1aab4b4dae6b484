import type { Clock } from '../core/ports.js'
import type { Vault } from '../vault/vault.js'
import type { Credentials } from './credentials.js'

/** Everything that an answer was made from, as it was then. */
export interface Trace {
  /** Whether all of it is still as it was. Looks at the disk, at once. */
  isCurrent(): boolean
}

/** What the endpoint stands on; src/serve.ts puts it together. */
export interface Backend {
  readonly clock: Clock
  /** A new id, for a request. */
  uuid(): string
  /** The account in the vault's ARNs. */
  readonly account: string
  /** The region that the agent's protocol answers from. */
  readonly home: string
  /** Finishes a write that another process has left half done. */
  ready(): Promise<void>
  vault(region: string): Vault
  /** For one computation: what it looks at is remembered. `trace` gives nothing where it cannot be relied on. */
  traceReads(region: string): { readonly vault: Vault; trace(): Trace | undefined }
  /** As they were since `turn`; the same object as long as they are the same. */
  credentials(): Credentials
  /**
   * Told when requests that came together have been read, and before any of them is answered: what was looked at earlier
   * may be something else by now.
   */
  turn(): void
}
