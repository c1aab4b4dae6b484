import fc from 'fast-check'

const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ')
const WEEKDAYS = 'SUN MON TUE WED THU FRI SAT'.split(' ')

/** A valid field: a number, a range, a step, a list or `*`. */
const field = (first: number, last: number, names: readonly string[] = []) => {
  const one = fc
    .integer({ min: first, max: last })
    .chain(value => fc.constantFrom(String(value), ...(names[value - first] ? [names[value - first]!] : [])))
  const range = fc
    .tuple(fc.integer({ min: first, max: last }), fc.integer({ min: first, max: last }))
    .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`)
  const step = fc.integer({ min: 1, max: last })
  const stepped = fc.tuple(fc.oneof(one, range, fc.constant('*'), fc.constant('')), step)
  const item = fc.oneof(
    one,
    range,
    stepped.map(([from, by]) => `${from}/${by}`)
  )
  return fc.oneof(
    fc.constant('*'),
    fc.array(item, { minLength: 1, maxLength: 3 }).map(items => items.join(','))
  )
}
/** Also several hours, at least 4 apart. */
const hours = fc.oneof(
  fc.integer({ min: 0, max: 23 }).map(String),
  fc.constantFrom('0,12', '/8', '3/4', '*/6', '1-17/5', '20,4,9')
)
const nearest = fc.integer({ min: 1, max: 31 }).map(day => `${day}W`)
const monthDay = fc.oneof(field(1, 31), nearest, fc.constantFrom('L', 'LW'))
const nth = fc.tuple(fc.integer({ min: 1, max: 7 }), fc.constantFrom('L', '#1', '#2', '#3', '#4', '#5'))
const weekday = fc.oneof(
  field(1, 7, WEEKDAYS),
  nth.map(([day, which]) => `${day}${which}`),
  fc.constantFrom('L', 'FRIL', 'fri#5')
)
const days = fc.oneof(
  monthDay.map(day => `${day} %s ?`),
  weekday.map(day => `? %s ${day}`)
)

/** The six fields of a valid cron expression. */
export const cronFields = fc
  .tuple(hours, days, field(1, 12, MONTHS))
  .map(([hour, day, month]) => `0 ${hour} ${day.replace('%s', month)} *`)

const rate = fc
  .tuple(fc.integer({ min: 4, max: 400 }), fc.constantFrom('hours', 'days'))
  .map(([count, unit]) => `rate(${count} ${unit})`)
const frequency = fc.oneof(
  fc.integer({ min: 1, max: 400 }).map(days => ({ AutomaticallyAfterDays: days })),
  rate.map(expression => ({ ScheduleExpression: expression })),
  cronFields.map(fields => ({ ScheduleExpression: `cron(${fields})` }))
)
const duration = fc.oneof(
  fc.constant({}),
  fc.integer({ min: 1, max: 24 }).map(hours => ({ Duration: `${hours}h` }))
)

/** Valid rules with a schedule. */
export const scheduled = fc.tuple(frequency, duration).map(([often, long]) => ({ ...often, ...long }))
