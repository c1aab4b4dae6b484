import type { Window } from './windows.js'

/** The last of several attempts that failed. */
export interface FailedAttempt {
  /** When it failed, in milliseconds since the Unix epoch. */
  readonly time: number
  /** How many have failed in a row, this one included; 0 if it was stopped, and is to be continued. */
  readonly attempts: number
}

const MINUTE = 60_000
const FIRST_WAIT = 5 * MINUTE
const LONGEST_WAIT = 120 * MINUTE

/**
 * When to try a rotation again, in milliseconds since the Unix epoch: 5 minutes after the first failure, then after twice as
 * long each time, at most 2 hours. A failure from before the window delays nothing, nor does one that the clock says is still
 * to come, because the clock was set back.
 */
export function retryTime({ time, attempts }: FailedAttempt, window: Window, now: number): number {
  if (attempts === 0 || time < window.start || time > now) return window.start
  return time + Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempts - 1))
}
