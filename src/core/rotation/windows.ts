import { DAY, HOUR, midnight } from './calendar.js'
import { nextMatch } from './cron.js'
import type { Schedule } from './rules.js'
import { isHourly } from './schedule.js'

/** When a secret may be rotated: from `start`, before `end`. Both in milliseconds since the Unix epoch. */
export interface Window {
  readonly start: number
  readonly end: number
}

/** From where a schedule counts, in milliseconds since the Unix epoch. */
export interface Origin {
  /** When the schedule was set. */
  readonly setUp: number
  /** When the secret was last rotated, or else when the schedule was set. */
  readonly rotated: number
}

/** The first window that starts later than `time`; `undefined` if there is none before the year 9000. */
export function windowAfter(schedule: Schedule, origin: Origin, time: number): Window | undefined {
  const { frequency, duration } = schedule
  const start = startAfter(schedule, origin, time)
  if (start === undefined) return undefined
  // The windows of other schedules are on different days.
  const next = (isHourly(frequency) ? startAfter(schedule, origin, start) : undefined) ?? END
  return { start, end: Math.min(start + duration * HOUR, midnight(start) + DAY, next) }
}

/** The first window that has not ended at `time`. */
export function windowAt(schedule: Schedule, origin: Origin, time: number): Window | undefined {
  // No window extends into the next day.
  let window = windowAfter(schedule, origin, midnight(time) - 1)
  while (window && window.end <= time) window = windowAfter(schedule, origin, window.start)
  return window
}

// As in core/time.ts: no `Time` is later.
const END = Date.UTC(9000, 0, 1)

function startAfter({ frequency }: Schedule, { setUp, rotated }: Origin, time: number): number | undefined {
  const start = unbounded()
  return start !== undefined && start < END ? start : undefined

  function unbounded(): number | undefined {
    if (frequency.kind === 'cron') return nextMatch(frequency.cron, time)
    const tomorrow = midnight(time) + DAY
    // After a window that was missed there is one on each day.
    if (frequency.kind === 'days') return Math.max(tomorrow, midnight(rotated) + frequency.days * DAY)
    const every = frequency.hours * HOUR
    const first = midnight(setUp)
    return first + (Math.floor((time - first) / every) + 1) * every
  }
}
