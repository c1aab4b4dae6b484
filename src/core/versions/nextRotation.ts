import type { RotationRules } from './rotation.js'

const DAY = 86_400_000

/**
 * NextRotationDate: when a secret is to be rotated next, in milliseconds since the Unix epoch. `undefined` if the rules
 * name no frequency.
 * @param last the last rotation; for a secret that was never rotated, when its rotation was turned on
 */
export function nextRotation({ AutomaticallyAfterDays }: RotationRules, last: number): number | undefined {
  return AutomaticallyAfterDays === undefined ? undefined : last + AutomaticallyAfterDays * DAY
}
