import type { Line, Style } from './line.js'

const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  good: [32, 39],
  bad: [31, 39],
  chosen: [7, 27]
}

/** Returns the characters that draw a line. @param isPlain leaves all styles out */
export const toTerminal = (line: Line, isPlain: boolean): string =>
  line
    .map(({ text, style }) => {
      if (style === undefined || isPlain) return text
      const [on, off] = CODES[style]
      return `\u001b[${on}m${text}\u001b[${off}m`
    })
    .join('')
