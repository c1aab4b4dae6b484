/**
 * Whether six valid fields of cron match the hour that begins at `time`. Written as a question about one hour, with no list of
 * days or hours, so that it shares no mistake with the code that it is compared with. It is slow.
 */
export function matches(fields: string, time: number): boolean {
  const [, hour = '', monthDay = '', month = '', weekday = ''] = fields.toUpperCase().split(' ')
  const date = new Date(time)
  if (time % 3_600_000 !== 0) return false
  return (
    isIn(hour, date.getUTCHours(), 0, 23, '') &&
    isIn(month, date.getUTCMonth() + 1, 1, 12, 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC') &&
    (weekday === '?' ? isMonthDay(monthDay, date) : isWeekday(weekday, date))
  )
}

function isMonthDay(field: string, date: Date): boolean {
  const day = date.getUTCDate()
  if (field === 'L') return shifted(date, 1).getUTCDate() === 1
  if (field === 'LW')
    return isWorkday(date) && ![1, 2, 3].some(by => inMonth(date, by) && isWorkday(shifted(date, by)))
  if (!field.endsWith('W')) return isIn(field, day, 1, 31, '')
  const wanted = Number(field.slice(0, -1))
  // The wanted day must exist, and no workday of the month may be nearer to it.
  if (!inMonth(date, wanted - day) || !isWorkday(date)) return false
  const nearer = [-2, -1, 0, 1, 2].filter(by => Math.abs(by) < Math.abs(wanted - day))
  return !nearer.some(by => inMonth(date, wanted - day + by) && isWorkday(shifted(date, wanted - day + by)))
}

function isWeekday(field: string, date: Date): boolean {
  const number = date.getUTCDay() + 1
  const names = 'SUN MON TUE WED THU FRI SAT'
  if (field === 'L') return number === 7
  const [day = '', nth] = field.split('#')
  if (nth !== undefined)
    return isIn(day, number, 1, 7, names) && Math.ceil(date.getUTCDate() / 7) === Number(nth)
  if (/.L$/.test(field)) return isIn(field.slice(0, -1), number, 1, 7, names) && !inMonth(date, 7)
  return isIn(field, number, 1, 7, names)
}

function isIn(field: string, value: number, first: number, last: number, names: string): boolean {
  const toNumber = (text: string) =>
    names.split(' ').includes(text) && text !== '' ? names.split(' ').indexOf(text) + first : Number(text)
  return field.split(',').some(item => {
    const [range = '', step] = item.split('/')
    const [low = '', high] = range.split('-')
    const from = low === '*' || low === '' ? first : toNumber(low)
    const to = high !== undefined ? toNumber(high) : low === '*' || step !== undefined ? last : from
    return from <= value && value <= to && (value - from) % Number(step ?? 1) === 0
  })
}

const shifted = (date: Date, days: number) => new Date(date.getTime() + days * 86_400_000)
const inMonth = (date: Date, days: number) => shifted(date, days).getUTCMonth() === date.getUTCMonth()
const isWorkday = (date: Date) => date.getUTCDay() % 6 !== 0
