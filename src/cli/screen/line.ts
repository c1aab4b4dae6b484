import { cells, start } from './cells.js'

/** How a text is drawn. None is the only sign of anything, because a terminal may have no colours. */
export type Style = 'bold' | 'dim' | 'good' | 'bad' | 'chosen'

export interface Span {
  readonly text: string
  readonly style?: Style
}

/** One line of a screen. Its texts have no control characters. */
export type Line = readonly Span[]

/** The characters of the drawing: those of Unicode, or ASCII. */
export interface Marks {
  readonly more: string
  readonly full: string
  readonly empty: string
  readonly down: string
  readonly bar: string
  readonly rule: string
}

export const UNICODE: Marks = { more: '…', full: '●', empty: '○', down: '│', bar: '│', rule: '─' }
export const ASCII: Marks = { more: '~', full: '*', empty: 'o', down: '|', bar: '|', rule: '-' }

export const plain = (text: string): Line => [{ text }]
export const styled = (text: string, style: Style): Span => ({ text, style })

export const widthOf = (line: Line): number => line.reduce((sum, { text }) => sum + cells(text), 0)

/** Returns the line, cut to a width. The mark shows that something is missing. */
export function cut(line: Line, columns: number, { more }: Pick<Marks, 'more'>): Line {
  if (widthOf(line) <= columns) return line
  if (columns <= 0) return []
  let left = columns - cells(more)
  const kept: Span[] = []
  for (const span of line) {
    const text = start(span.text, left)
    kept.push({ ...span, text })
    left -= cells(text)
    if (text.length < span.text.length) break
  }
  return [...kept, { text: more }]
}

/** Returns the line, cut or filled with spaces to exactly this width. */
export function fitted(line: Line, columns: number, marks: Pick<Marks, 'more'>): Line {
  const short = cut(line, columns, marks)
  const left = columns - widthOf(short)
  return left > 0 ? [...short, { text: ' '.repeat(left) }] : short
}
