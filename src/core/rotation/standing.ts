import type { Claim } from './claim.js'
import type { NextRotation, RotationState } from './due.js'
import { parseTime } from '../time.js'

/**
 * Why a secret needs attention. `failed`: its last run failed here. `incomplete`: a rotation has begun and is not complete.
 * `due`: its window is open. `overdue`: it missed a window, and the next one is not open yet. `never rotated`: its rotation
 * is on, and none was completed. `soon`: a window opens within the time that was asked for.
 */
export type RotationStanding = 'failed' | 'incomplete' | 'due' | 'overdue' | 'never rotated' | 'soon'

export interface Circumstances {
  readonly state: RotationState
  readonly next: NextRotation | undefined
  readonly claim: Claim | undefined
  /** When the last run of this clone failed, in milliseconds since the Unix epoch; `undefined` if it did not. */
  readonly failed: number | undefined
  /** Windows that open before this time are listed, in milliseconds since the Unix epoch. */
  readonly until: number
}

/** The most urgent reason; `undefined` if there is none. */
export function standingOf({
  state,
  next,
  claim,
  failed,
  until
}: Circumstances): RotationStanding | undefined {
  const rotated = state.lastRotated === undefined ? undefined : (parseTime(state.lastRotated) ?? 0)
  // another clone may have completed it since
  if (failed !== undefined && failed > (rotated ?? -Infinity)) return 'failed'
  if (claim) return 'incomplete'
  if (next?.isOpen === true) return 'due'
  if (next?.isMissed === true) return 'overdue'
  if (rotated === undefined) return 'never rotated'
  return next && next.window.start < until ? 'soon' : undefined
}
