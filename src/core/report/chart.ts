import type { ReportData } from './data.js'
import { count, html, type Html } from './html.js'

const [WIDTH, HEIGHT, BOTTOM, LEFT] = [720, 130, 22, 34]
const DAY = 24 * 60 * 60 * 1000
/** A longer time is shown by months. */
const MOST_DAYS = 62
const MOST_MONTHS = 36

interface Bar {
  /** Such as `2027-01`, or a day. */
  readonly label: string
  readonly changes: number
}

/** A picture of how many changes there were on each day or in each month; `undefined` without a change. */
export function bars(days: ReportData['timeline']['days']): Html | undefined {
  const all = barsOf(days)
  const most = all.reduce((a, { changes }) => Math.max(a, changes), 0)
  if (most === 0) return undefined
  const unit = all[0]?.label.length === 7 ? 'month' : 'day'
  const step = (WIDTH - LEFT) / all.length
  const width = Math.min(30, Math.max(1, step * 0.72))
  const top = 14
  const y = (changes: number): number => HEIGHT - BOTTOM - ((HEIGHT - BOTTOM - top) * changes) / most
  const every = Math.ceil(all.length / 8)
  const shapes = all.map(({ label, changes }, at) => {
    const x = LEFT + at * step + (step - width) / 2
    // an empty day has no bar, and a rare change must still be seen
    const height = changes === 0 ? 0 : Math.max(2, HEIGHT - BOTTOM - y(changes))
    const bar = html`<rect
      class="bar"
      x="${x.toFixed(1)}"
      y="${(HEIGHT - BOTTOM - height).toFixed(1)}"
      width="${width.toFixed(1)}"
      height="${height.toFixed(1)}"
      rx="1.5"
      ><title>${label}: ${changes}</title></rect
    >`
    const text = html`<text x="${(x + width / 2).toFixed(1)}" y="${HEIGHT - 6}" text-anchor="middle"
      >${unit === 'day' ? label.slice(5) : label}</text
    >`
    return [changes > 0 ? bar : '', at % every === 0 ? text : '']
  })
  const [first, last] = [all[0]?.label ?? '', all.at(-1)?.label ?? '']
  const busiest = all.find(({ changes }) => changes === most)
  return html`<svg
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    width="${WIDTH}"
    height="${HEIGHT}"
    role="img"
    aria-labelledby="chart-title chart-text"
  >
    <title id="chart-title">Changes by ${unit}</title>
    <desc id="chart-text">
      From ${first} to ${last}. The most were ${count(most, 'change')}, in ${busiest?.label}.
    </desc>
    <line class="axis" x1="${LEFT}" x2="${WIDTH}" y1="${y(most)}" y2="${y(most)}" />
    <line class="axis" x1="${LEFT}" x2="${WIDTH}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM}" />
    <text x="${LEFT - 6}" y="${y(most) + 4}" text-anchor="end">${most}</text>
    <text x="${LEFT - 6}" y="${HEIGHT - BOTTOM + 4}" text-anchor="end">0</text>
    ${shapes}
  </svg> `
}

/** One bar for each day or month, empty ones included, up to the last with a change. */
function barsOf(days: ReportData['timeline']['days']): Bar[] {
  const [first, last] = [days[0]?.day, days.at(-1)?.day]
  if (first === undefined || last === undefined) return []
  const span = (Date.parse(last) - Date.parse(first)) / DAY + 1
  const length = span <= MOST_DAYS ? 10 : 7
  const sums = new Map<string, number>()
  for (const { day, changes } of days) {
    const label = day.slice(0, length)
    sums.set(label, (sums.get(label) ?? 0) + changes)
  }
  const labels = length === 10 ? daysTo(last, Math.max(span, 14)) : monthsTo(last)
  return labels.map(label => ({ label, changes: sums.get(label) ?? 0 }))
}

const daysTo = (last: string, length: number): string[] =>
  Array.from({ length }, (_, at) =>
    new Date(Date.parse(last) - (length - 1 - at) * DAY).toISOString().slice(0, 10)
  )

function monthsTo(last: string): string[] {
  const end = Number(last.slice(0, 4)) * 12 + Number(last.slice(5, 7)) - 1
  return Array.from({ length: MOST_MONTHS }, (_, at) => {
    const month = end - (MOST_MONTHS - 1 - at)
    return `${String(Math.floor(month / 12)).padStart(4, '0')}-${String((month % 12) + 1).padStart(2, '0')}`
  })
}
