import type { Committed, Decision, Tree } from '../../core/ports.js'

/** One who waits to write: what is to be written is decided when the state is known, and again when it has changed. */
export interface PendingWrite {
  decide(head: Tree): Promise<Decision<unknown>>
}

export type Outcome = { readonly committed: Committed<unknown> } | { readonly error: unknown }

/** How it ended for each who waited. Who is not in it has not been looked at, and waits on. */
export type Outcomes = Map<PendingWrite, Outcome>

/** Begin again: the branch moved, or one of those who waited turned out to be in the user's way. */
export const AGAIN = Symbol('again')
