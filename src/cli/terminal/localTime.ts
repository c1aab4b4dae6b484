/** Formats a date as `2026-03-04 10:12` in the local time zone. */
export function localTime(date: Date): string {
  const parts = [date.getMonth() + 1, date.getDate(), date.getHours(), date.getMinutes()]
  const [month, day, hour, minute] = parts.map(part => String(part).padStart(2, '0'))
  return `${date.getFullYear()}-${month}-${day} ${hour}:${minute}`
}
