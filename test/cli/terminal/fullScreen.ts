const ESCAPE = String.fromCharCode(27)
const PART = new RegExp(`${ESCAPE}\\[(\\??)([\\d;]*)([A-Za-z])|(.)`, 'gsu')

/** The screens of a terminal that has an alternate one. */
export interface FullScreen {
  /** The usual screen, and what has left it at the top. */
  readonly usual: string
  /** Each state of the alternate screen before something was drawn on it again. */
  readonly alternate: readonly string[]
  readonly isAlternate: boolean
  readonly isCursorShown: boolean
  /** Whether a line that is too long goes on in the next. */
  readonly isWrapping: boolean
  readonly hasStyles: boolean
}

/** Follows what a full screen program sends. Fails if a line is wider than the screen, or below it. */
export function follow(sent: string): FullScreen {
  let [isAlternate, isCursorShown, isWrapping, hasStyles] = [false, true, true, false]
  let [row, column] = [0, 0]
  const usual: string[][] = [[]]
  let screen: string[][] = []
  const alternate: string[] = []
  const textOf = (lines: string[][]): string =>
    lines
      .map(line =>
        Array.from(line, cell => cell ?? ' ')
          .join('')
          .trimEnd()
      )
      .join('\n')
  for (const [, mode, parameters = '', final, character = ''] of sent.matchAll(PART)) {
    const lines = isAlternate ? screen : usual
    const line = (lines[row] ??= [])
    if (final === undefined) {
      if (character === '\r') column = 0
      else if (character === '\n') row++
      else if (character >= ' ') line[column++] = character
    } else if (mode === '?') {
      const isSet = final === 'h'
      if (parameters === '25') isCursorShown = isSet
      else if (parameters === '7') isWrapping = isSet
      else if (parameters === '1049') {
        if (isAlternate) alternate.push(textOf(screen))
        isAlternate = isSet
        screen = []
        ;[row, column] = isSet ? [0, 0] : [usual.length, 0]
      }
    } else if (final === 'H') {
      const [toRow = 1, toColumn = 1] = parameters.split(';').map(Number)
      // a new frame begins
      if (isAlternate && toRow <= row) alternate.push(textOf(screen))
      ;[row, column] = [toRow - 1, toColumn - 1]
    } else if (final === 'K') line.splice(parameters === '2' ? 0 : column)
    else if (final === 'm' && parameters !== '0') hasStyles = true
  }
  return { ...{ usual: textOf(usual), alternate, isAlternate, isCursorShown, isWrapping, hasStyles } }
}
