/** Returns the length of a text for people, such as `1,704 characters in 28 lines`. */
export function textSize(text: string): string {
  const lines = text.replace(/\n$/, '').split('\n').length
  const characters = count([...text].length, 'character')
  return lines === 1 ? characters : `${characters} in ${count(lines, 'line')}`
}

const count = (number: number, noun: string): string =>
  `${String(number).replace(/\B(?=(\d{3})+$)/g, ',')} ${noun}${number === 1 ? '' : 's'}`

/** Returns the kind of white space at the end of a text; `undefined` if there is none. */
export function whiteSpaceAtEnd(text: string): string | undefined {
  if (!/\s$/u.test(text)) return undefined
  if (text.endsWith('\n')) return 'a newline'
  return text.endsWith('\t') ? 'a tab' : 'a space'
}
