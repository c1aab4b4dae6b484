import type { Committed, Decision, Tree } from '../../core/ports.js'

/** A write that waits for its commit. It is decided when the state is known, and again if the state has changed. */
export interface PendingWrite {
  decide(head: Tree): Promise<Decision<unknown>>
}

export type Outcome = { readonly committed: Committed<unknown> } | { readonly error: unknown }

/** The outcome of each write. A write without one is still pending. */
export type Outcomes = Map<PendingWrite, Outcome>

/** The attempt has to be repeated: the branch moved, or a write was refused because of the user's own changes. */
export const AGAIN = Symbol('again')
