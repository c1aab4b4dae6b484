/**
 * Splits a command line into a program and its arguments: at spaces, except in quotes. A backslash takes the next character
 * as it is, except in single quotes. Nothing else is special. `undefined` if a quote has no end, or there is no word.
 */
export function commandWords(line: string): [string, ...string[]] | undefined {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!
    if (character === '\\' && quote !== "'" && at + 1 < line.length) word = (word ?? '') + line[++at]!
    else if (quote !== '' && character === quote) quote = ''
    else if (quote !== '') word = (word ?? '') + character
    else if (character === '"' || character === "'") {
      quote = character
      word ??= ''
    } else if (!/\s/.test(character)) word = (word ?? '') + character
    else if (word !== undefined) {
      words.push(word)
      word = undefined
    }
  }
  if (quote !== '') return undefined
  if (word !== undefined) words.push(word)
  const [program, ...rest] = words
  return program ? [program, ...rest] : undefined
}
