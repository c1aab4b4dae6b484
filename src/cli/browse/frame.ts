import { cells, start, wrapped } from '../screen/cells.js'
import { cut, fitted, plain, styled, type Line, type Marks, type Span } from '../screen/line.js'
import type { Frame } from '../screen/screen.js'
import { visible } from '../terminal/escape.js'
import { helpLines } from './helpLines.js'
import { wordsOf, type Item } from './items.js'
import { layoutOf } from './layout.js'
import { previewOf } from './preview.js'
import { topOf } from './scroll.js'
import { selected, type State } from './state.js'

/** Draws the state: as many lines as the screen has, each at most as wide as the screen. Looks only at what is drawn. */
export function frameOf(state: State, marks: Marks): Frame {
  const { columns, rows } = state.size
  const { line: search, column } = searchLine(state, columns)
  const body = state.isHelp ? helpLines(state) : bodyLines(state, marks)
  const below = footer(state).slice(0, Math.max(1, rows - 2))
  const room = Math.max(0, rows - 1 - below.length)
  const lines = [search, ...body.slice(0, room), ...blank(room - body.length), ...below]
  return {
    lines: lines.slice(0, rows).map(line => cut(line, columns, marks)),
    ...(state.cursor === undefined && !state.isHelp && column < columns ? { cursor: { row: 0, column } } : {})
  }
}

const blank = (count: number): Line[] => Array.from({ length: Math.max(0, count) }, () => [])

function searchLine(state: State, columns: number): { line: Line; column: number } {
  const { matches, sorted, isReading, query } = state
  const count = query === '' ? `${sorted.length}` : `${matches.length} of ${sorted.length}`
  const note = `  ${count}${isReading ? ', reading' : ''}`
  const shown = visible(query)
  // the end of a long text is where the cursor is
  const room = Math.max(1, columns - 8 - note.length - 1)
  let from = 0
  while (cells(shown.slice(from)) > room) from += String.fromCodePoint(shown.codePointAt(from)!).length
  const text = shown.slice(from)
  return {
    line: [
      styled('search: ', 'bold'),
      { text },
      { text: ' '.repeat(Math.max(0, room - cells(text))) },
      styled(note, 'dim')
    ],
    column: 8 + cells(text)
  }
}

function bodyLines(state: State, marks: Marks): Line[] {
  const layout = layoutOf(state)
  const list = listLines(state, layout.list, marks)
  const preview = previewLines(state, layout.preview, marks)
  const { columns } = state.size
  if (!layout.isSideBySide)
    return [...list, ...(layout.hasRule ? [[styled(marks.rule.repeat(columns), 'dim')]] : []), ...preview]
  return Array.from({ length: layout.list.rows }, (_, at) => [
    ...fitted(list[at] ?? [], layout.list.columns, marks),
    styled(`${marks.bar} `, 'dim'),
    ...(preview[at] ?? [])
  ])
}

/** The part of the list around the chosen one. */
function listLines(state: State, { columns, rows }: { columns: number; rows: number }, marks: Marks): Line[] {
  if (rows === 0) return []
  const { matches, at } = state
  if (matches.length === 0) {
    const text =
      state.query !== '' ? 'nothing is found' : state.isReading ? 'reading' : 'there are no secrets'
    return [plain(text), ...blank(rows - 1)]
  }
  const top = Math.max(0, Math.min(at - Math.floor(rows / 2), matches.length - rows))
  const words = wordsOf(state.query)
  const lines = matches.slice(top, top + rows).map((item, index) => itemLine(item, top + index === at, words))
  return [...lines.map(line => cut(line, columns, marks)), ...blank(rows - lines.length)]
}

function itemLine(item: Item, isChosen: boolean, words: readonly string[]): Line {
  const name = visible(item.name)
  const spans: Span[] = [{ text: isChosen ? '> ' : '  ' }, isChosen ? styled(name, 'chosen') : { text: name }]
  if (item.refused) spans.push(styled('  failed verification', 'bad'))
  if (item.deletion) spans.push(styled('  deleted', 'dim'))
  // the words that the name does not have
  const lower = item.name.toLowerCase()
  const wanted = words.filter(word => !lower.includes(word))
  const found = item.texts.filter(text => wanted.some(word => text.toLowerCase().includes(word)))
  if (found.length > 0) spans.push(styled(`  ${visible(found.join(', '))}`, 'dim'))
  return spans
}

/** The part beside the list that has the row with the cursor. */
function previewLines(
  state: State,
  { columns, rows }: { columns: number; rows: number },
  marks: Marks
): Line[] {
  if (rows <= 0) return []
  const all = previewOf(state, columns, marks)
  const top = topOf(state, all, rows)
  const shown = all.slice(top, top + rows).map(({ line }) => cut(line, columns, marks))
  const below = all.length - top - shown.length
  const how = state.cursor === undefined ? 'Tab, Page Down' : 'Page Down'
  if (below > 0)
    shown[shown.length - 1] = [styled(start(`  ${below + 1} more lines: ${how}`, columns), 'dim')]
  return [...shown, ...blank(rows - shown.length)]
}

/** The question, the message or the keys. A text that is too long for one line takes several. */
function footer(state: State): Line[] {
  const lines = (text: string, style?: 'bold'): Line[] =>
    wrapped(text, state.size.columns).map(line => [style ? styled(line, style) : { text: line }])
  if (state.question !== undefined) return lines(state.question.text, 'bold')
  if (state.message !== undefined) return lines(visible(state.message))
  if (state.isHelp) return [[styled('any other key goes back', 'dim')]]
  const {
    cursor,
    shown,
    use: { canCopy, isPicking }
  } = state
  if (isPicking) return [[styled('? help  Enter choose  Esc leave', 'dim')]]
  const ofSecret = [
    ...[shown === undefined ? 'Enter show' : 'Enter hide', ...(canCopy ? ['^Y copy'] : [])],
    ...['^E edit', '^R roll back', cursor === undefined ? 'Tab versions' : 'Tab list']
  ]
  const keys = ['? help', ...(selected(state) ? ofSecret : []), 'Esc leave']
  return [[styled(keys.join('  '), 'dim')]]
}
