import type { Output } from './io.js'
import { visible } from './escape.js'

/**
 * Returns words that people read aloud in lines that fit the terminal, so that it breaks no word. Without a terminal, they
 * are one line.
 * @param first what the first line begins with; the others are indented as far
 */
export function spokenLines(first: string, words: string, { isTerminal, columns }: Output): string {
  const width = (isTerminal && columns) || Number.POSITIVE_INFINITY
  const all = visible(words).split(' ')
  const isNarrow = all.some(word => first.length + word.length > width)
  const margin = isNarrow ? '' : ' '.repeat(first.length)
  const lines: string[] = []
  let line = ''
  for (const word of all) {
    const longer = line === '' ? margin + word : `${line} ${word}`
    if (line !== '' && longer.length > width) {
      lines.push(line)
      line = margin + word
    } else line = longer
  }
  lines.push(line)
  if (!isNarrow) lines[0] = first + lines[0]!.slice(first.length)
  else if (first.trim() !== '') lines.unshift(first.trimEnd())
  return lines.join('\n')
}

/** Returns the line, or the lines, of a fingerprint in a list of facts. */
export const fingerprintLine = (words: string, output: Output): string =>
  spokenLines('fingerprint  ', words, output)
