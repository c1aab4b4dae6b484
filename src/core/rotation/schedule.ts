import { LEAST_HOURS, parseCron, type Cron } from './cron.js'

/** When windows of rotation start. `days` count from a rotation, `hours` from the midnight before the schedule was set. */
export type Frequency =
  | { readonly kind: 'days'; readonly days: number }
  | { readonly kind: 'hours'; readonly hours: number }
  | { readonly kind: 'cron'; readonly cron: Cron }

const RATE = /^rate\(([1-9]\d*) (hour|day)s?\)$/
const CRON = /^cron\(([^()]*)\)$/

/** @returns the frequency of a `rate(…)` or `cron(…)` expression, or what is wrong with it */
export function parseExpression(expression: string): Frequency | string {
  const [, count, unit] = RATE.exec(expression) ?? []
  if (count !== undefined) {
    if (unit === 'day') return { kind: 'days', days: Number(count) }
    const hours = Number(count)
    return hours < LEAST_HOURS ? `a rate is at least ${LEAST_HOURS} hours` : { kind: 'hours', hours }
  }
  const [, fields] = CRON.exec(expression) ?? []
  if (fields === undefined) return 'it must be rate(N hours), rate(N days) or cron(…)'
  const cron = parseCron(fields)
  return typeof cron === 'string' ? cron : { kind: 'cron', cron }
}

/** Whether a day may have several windows. Each is then open for an hour if the rules have no Duration. */
export function isHourly(frequency: Frequency): boolean {
  return frequency.kind === 'hours' || (frequency.kind === 'cron' && frequency.cron.hours.length > 1)
}
