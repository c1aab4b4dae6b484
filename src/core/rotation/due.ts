import { parseTime, type Time } from '../time.js'
import { parseSchedule, type RotationRules, type Schedule } from './rules.js'
import { windowAfter, windowAt, type Window } from './windows.js'

/** What the next rotation of a secret depends on, besides its rules. */
export interface RotationState {
  /** When the rules were last set. */
  readonly setUp: Time
  /** LastRotatedDate: when a rotation was last completed. */
  readonly lastRotated?: Time | undefined
  /** When the current value was stored. A value that was stored by hand restarts a schedule in days. */
  readonly valueStored?: Time | undefined
}

/** Times are in milliseconds since the Unix epoch. */
export interface NextRotation {
  /** NextRotationDate: the last second of the first window since the last rotation. In the past if that was missed. */
  readonly date: number
  /** The first window that has not ended. */
  readonly window: Window
  /** Whether the window is open, so that the secret is to be rotated now. */
  readonly isOpen: boolean
  /** Whether an earlier window ended without a rotation. */
  readonly isMissed: boolean
}

/**
 * The next rotation of a secret. `undefined` if its rules have no schedule, if they are not valid, or if the schedule never
 * matches.
 * @param now in milliseconds since the Unix epoch
 */
export function nextRotation(
  rules: RotationRules,
  state: RotationState,
  now: number
): NextRotation | undefined {
  const schedule = parseSchedule(rules)
  if (!schedule) return undefined
  const setUp = parseTime(state.setUp) ?? 0
  const rotated = lastRotation(schedule, state, setUp)
  const origin = { setUp, rotated }
  // The rules have no window that opened before they were set.
  const first = windowAfter(schedule, origin, Math.max(setUp, rotated))
  const isMissed = first !== undefined && first.end <= now
  const window = isMissed ? windowAt(schedule, origin, now) : first
  return first && window && { date: first.end - SECOND, window, isOpen: window.start <= now, isMissed }
}

/**
 * Whether to rotate a secret: `due` if a window is open in which it has not been rotated, `overdue` if it missed a window and
 * the next one is not open yet.
 * @param now in milliseconds since the Unix epoch
 */
export function isDue(
  rules: RotationRules,
  state: RotationState,
  now: number
): 'due' | 'overdue' | 'not due' {
  const next = nextRotation(rules, state, now)
  if (next?.isOpen) return 'due'
  return next?.isMissed ? 'overdue' : 'not due'
}

const SECOND = 1000

/** When the secret was last rotated, or else when the rules were set. */
function lastRotation({ frequency }: Schedule, state: RotationState, setUp: number): number {
  const rotated = toMs(state.lastRotated) ?? setUp
  const stored = toMs(state.valueStored) ?? rotated
  return frequency.kind === 'days' ? Math.max(rotated, stored) : rotated
}

const toMs = (time: Time | undefined): number | undefined =>
  time === undefined ? undefined : parseTime(time)
