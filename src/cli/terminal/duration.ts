const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }

/** Returns the milliseconds of `30s`, `15m` or `8h`; `undefined` for any other text. */
export function duration(text: string): number | undefined {
  const [, count, unit] = /^([0-9]{1,6})([smh])$/.exec(text) ?? []
  return count === undefined || unit === undefined ? undefined : Number(count) * UNITS[unit]!
}

const DAY = 86_400_000

/** Returns the milliseconds of `7d`, or of what `duration` takes; `undefined` for any other text. */
export function days(text: string): number | undefined {
  const [, count] = /^([0-9]{1,4})d$/.exec(text) ?? []
  return count === undefined ? duration(text) : Number(count) * DAY
}
