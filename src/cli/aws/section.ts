import { python } from '../arguments/python.js'
import { UsageError } from '../arguments/usage.js'
import type { Plain } from './json/plain.js'
import { width } from './width.js'

export interface Styler {
  cell(text: string): string
  bar(text: string): string
  /** Written after every piece of text, as the AWS CLI's colour library does. */
  readonly reset: string
}

export const plainStyle: Styler = { cell: text => text, bar: text => text, reset: '' }
export const colours: Styler = {
  reset: '\u001b[0m',
  cell: text => `\u001b[1m\u001b[34m${text}\u001b[0m`,
  bar: text => `\u001b[2m\u001b[33m${text}\u001b[0m`
}

const PADDING = 4

/** One box of a table: a title, optional column names, and rows. */
export class Section {
  readonly title: string
  readonly indent: number
  headers: readonly string[] = []
  rows: string[][] = []
  #columns: number | undefined
  #widths: number[] = []

  constructor(title: string, indent: number) {
    this.title = title
    this.indent = indent
  }

  addHeader(headers: readonly string[]): void {
    this.#widen(headers)
    this.#columns ??= headers.length
    this.headers = headers
  }

  addRow(row: readonly Plain[]): void {
    this.#columns ??= row.length
    if (row.length !== this.#columns) {
      throw new UsageError('other', `Row should have ${this.#columns} elements, instead it has ${row.length}`)
    }
    const cells = row.map(cell => python(cell))
    this.rows.push(cells)
    this.#widen(cells)
  }

  get width(): number {
    const inside = this.#widths.reduce((sum, column) => sum + column + PADDING, 0)
    return Math.max(width(this.title), inside) + 2 + 2 * this.indent
  }

  /** Returns the column widths, scaled so that they add up to `total`. */
  columnWidths(total: number): number[] {
    const natural = this.#widths.map(column => column + PADDING)
    if (natural.length === 0) return []
    const scale = total / natural.reduce((sum, column) => sum + column, 0)
    const scaled = natural.map(column => halfEven(scale * column))
    let over = scaled.reduce((sum, column) => sum + column, 0) - total
    while (over !== 0) {
      const step = over > 0 ? -1 : 1
      for (let at = 0; at < scaled.length && over !== 0; at++) {
        scaled[step < 0 ? at : scaled.length - 1 - at]! += step
        over += step
      }
    }
    return scaled
  }

  /** Returns the section with one row per field instead of one column per field, if it has only one row. */
  transposed(): Section {
    if (this.rows.length !== 1 || this.headers.length === 0) return this
    const result = new Section(this.title, this.indent)
    this.headers.forEach((header, at) => result.addRow([header, this.rows[0]![at]!]))
    return result
  }

  #widen(cells: readonly string[]): void {
    if (this.#widths.length === 0) this.#widths = cells.map(width)
    else cells.forEach((cell, at) => (this.#widths[at] = Math.max(width(cell), this.#widths[at]!)))
  }
}

/** Renders all boxes at the same width. If they are wider than the terminal, transposes those with one row first. */
export function render(all: readonly Section[], styler: Styler, columns: number): string {
  const widest = (sections: readonly Section[]): number =>
    sections.reduce((most, section) => Math.max(most, section.width), 0)
  const { reset } = styler
  const sections = widest(all) > columns ? all.map(section => section.transposed()) : all
  const total = widest(sections)
  const lines = sections.flatMap(section => {
    const bars = styler.bar('|').repeat(section.indent)
    return sectionLines(section, total - section.indent * 2, styler).map(
      line => bars + reset + line + reset + bars + reset
    )
  })
  return ['-'.repeat(total), ...lines].map(line => `${line}\n${reset}`).join('')
}

function sectionLines(section: Section, total: number, styler: Styler): string[] {
  const { title, headers, rows } = section
  const lines: string[] = []
  if (title !== '') {
    lines.push(centred(title, total, '|'))
    if (headers.length === 0 && rows.length === 0) lines.push(`+${'-'.repeat(total - 2)}+`)
  }
  const widths = section.columnWidths(total)
  const border = widths
    .map((column, at) => (at === 0 ? `+${dashes(column - 2)}+` : `${dashes(column - 1)}+`))
    .join('')
  if (headers.length > 0) {
    lines.push(
      border,
      headers.map((header, at) => centred(header, widths[at]!, at === 0 ? '|' : '')).join('')
    )
  }
  if (rows.length > 0 && widths.length > 0) {
    lines.push(border)
    for (const row of rows)
      lines.push(row.map((cell, at) => leftAligned(cell, widths[at]!, at === 0 ? '|' : '', styler)).join(''))
    lines.push(border)
  }
  return lines
}

function centred(text: string, length: number, left: string): string {
  const used = width(text)
  const before = Math.floor(length / 2) - Math.floor(used / 2) - 1
  const after = length - 1 - (left.length + before + used)
  return `${left}${spaces(before)}${text}${spaces(after)}|`
}

function leftAligned(text: string, length: number, left: string, styler: Styler): string {
  const used = width(text)
  const padding = length - (used + 2 + left.length + 1) >= 0 ? 2 : 0
  return `${left}${spaces(padding)}${styler.cell(text)}${spaces(length - (left.length + padding + used) - 1)}|`
}

const spaces = (count: number): string => ' '.repeat(Math.max(0, count))
const dashes = (count: number): string => '-'.repeat(Math.max(0, count))

/** Rounds like Python's round(): halves to the even number. */
function halfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
}
