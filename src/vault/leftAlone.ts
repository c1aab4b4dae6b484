/** A document that a write passes over, and why. */
export interface LeftAlone {
  readonly path: string
  readonly why: string
}
