import type { RotationRules } from './rotation.js'

const DAY = 86_400_000

/**
 * NextRotationDate: when a secret is to be rotated next, in milliseconds since the Unix epoch, as are the arguments. The
 * date of a rotation that is due stays in the past until it was done.
 * @param last the last rotation; for a secret that was never rotated, when its rotation was turned on
 */
export type NextRotation = (rules: RotationRules, last: number, now: number) => number | undefined

/** Returns `undefined` for a schedule: only AutomaticallyAfterDays is known here. */
export const nextRotation: NextRotation = ({ AutomaticallyAfterDays }, last) =>
  AutomaticallyAfterDays === undefined ? undefined : last + AutomaticallyAfterDays * DAY
