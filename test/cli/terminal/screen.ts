const WIDTH = 80
const ESCAPE = String.fromCharCode(27)
/** A terminal code, with its parameters and its last letter; or any other character. */
const PART = new RegExp(`${ESCAPE}\\[\\??([\\d;]*)([A-Za-z])|(.)`, 'gsu')

/** What was on the alternate screen is gone when a program has left it. */
const ALTERNATE = new RegExp(`${ESCAPE}\\[\\?1049h.*?${ESCAPE}\\[\\?1049l`, 'gs')

/** What a terminal of 80 columns has received, as a person sees it. */
export interface Screen {
  /** The text as it would be copied: lines that the terminal wrapped are whole, without spaces at their ends. */
  readonly text: string
  /** The number of lines on the terminal, a wrapped line counted as several. */
  readonly rows: number
}

interface Row {
  readonly cells: string[]
  /** Whether the line above goes on here. */
  goesOn: boolean
}

/** Draws what a program has sent to a terminal. Knows what inquirer and git use: moves of the cursor, and erasing. */
export function draw(sent: string): Screen {
  const rows: Row[] = [{ cells: [], goesOn: false }]
  let [row, column] = [0, 0]
  const toRow = (to: number): void => {
    row = Math.max(0, to)
    while (rows.length <= row) rows.push({ cells: [], goesOn: false })
  }
  const escape = (parameters: string, final: string): void => {
    const [first = 0] = parameters.split(';').map(Number)
    const count = Math.max(1, first)
    if (final === 'A') toRow(row - count)
    else if (final === 'B') toRow(row + count)
    else if (final === 'C') column = Math.min(WIDTH - 1, column + count)
    else if (final === 'D') column = Math.max(0, column - count)
    else if (final === 'G') column = count - 1
    else if (final === 'K') erase(rows[row]!, first, column)
    else if (final === 'J') {
      erase(rows[row]!, 0, column)
      rows.splice(row + 1)
    } else if (!/[hlm]/.test(final)) throw new Error(`a terminal code that screen.ts does not know: ${final}`)
  }
  for (const [, parameters, final, character = ''] of sent.replace(ALTERNATE, '').matchAll(PART)) {
    if (final !== undefined) escape(parameters ?? '', final)
    else if (character === '\r') column = 0
    else if (character === '\n') toRow(row + 1)
    else if (character === '\b') column = Math.max(0, column - 1)
    else if (character >= ' ') {
      if (column === WIDTH) {
        toRow(row + 1)
        rows[row]!.goesOn = true
        column = 0
      }
      const { cells } = rows[row]!
      while (cells.length < column) cells.push(' ')
      cells[column++] = character
    }
  }
  const lines: string[] = []
  for (const { cells, goesOn } of rows) {
    if (goesOn) lines[lines.length - 1] += cells.join('')
    else lines.push(cells.join(''))
  }
  const text = lines.map(line => line.trimEnd()).join('\n')
  return { text: text.trimEnd() === '' ? '' : `${text.trimEnd()}\n`, rows: rows.length }
}

function erase({ cells }: Row, what: number, column: number): void {
  if (what === 0) cells.splice(column)
  else if (what === 1) cells.fill(' ', 0, column + 1)
  else cells.splice(0)
}
