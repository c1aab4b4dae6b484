/** Returns a text table. The first column is aligned left, the others right. */
export function table(head, rows) {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map(row => (row[column] ?? '').length)))
  const line = row =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? ''
        return column === 0 ? cell.padEnd(width) : cell.padStart(width)
      })
      .join('   ')
      .trimEnd()
  return [line(head), widths.map(width => '-'.repeat(width)).join('   '), ...rows.map(line)].join('\n')
}

/** Rounds to about three significant digits. Returns `-` for undefined. */
export function number(value) {
  if (value === undefined) return '-'
  if (value >= 100) return value.toLocaleString('en', { maximumFractionDigits: 0 })
  return value.toFixed(value >= 10 ? 1 : 2)
}

export const range = ({ min, max }, unit = '') => `${number(min)}${unit}..${number(max)}${unit}`
