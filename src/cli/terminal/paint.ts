import type { Io } from './io.js'

export interface Paint {
  bold(text: string): string
  dim(text: string): string
  green(text: string): string
}

/** Whether stdout is a terminal with colours: NO_COLOR (https://no-color.org) is not set, and `TERM` is not `dumb`. */
export const hasColours = (io: Io): boolean =>
  io.stdout.isTerminal && !io.env['NO_COLOR'] && io.env['TERM'] !== 'dumb'

/** Returns colours for a terminal, or none if it has none. */
export function paintFor(io: Io): Paint {
  const plain = !hasColours(io)
  const style =
    (on: number, off: number) =>
    (text: string): string =>
      plain ? text : `\u001b[${on}m${text}\u001b[${off}m`
  return { bold: style(1, 22), dim: style(2, 22), green: style(32, 39) }
}

/** Returns whether the terminal can show characters beyond ASCII. */
export function hasUnicode(io: Io): boolean {
  const locale = io.env['LC_ALL'] || io.env['LC_CTYPE'] || io.env['LANG'] || ''
  return /utf-?8/i.test(locale) || Boolean(io.env['WT_SESSION'])
}

/** Returns the rows as lines of aligned cells, without spaces at the end of a line. */
export const table = (rows: readonly (readonly string[])[]): string[] =>
  columns(rows).map(line => line.trimEnd())

/** Aligns the cells of the rows in columns. Widths count characters; the last column is not padded. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (known, row) => row.map((cell, at) => Math.max(known[at] ?? 0, cell.length)),
    []
  )
  return rows.map(row =>
    row.map((cell, at) => cell.padEnd(at === row.length - 1 ? 0 : widths[at]!)).join('  ')
  )
}
