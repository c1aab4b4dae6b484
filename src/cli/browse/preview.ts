import { wrapped } from '../screen/cells.js'
import { plain, styled, widthOf, type Line, type Marks, type Span, type Style } from '../screen/line.js'
import { visible, visibleLines } from '../terminal/escape.js'
import { localTime } from '../terminal/localTime.js'
import { SHORT_ID } from './actions.js'
import { rowsOf, selected, type Row, type State } from './state.js'

/** A line beside the list, and the number of the row that it begins. */
export interface PreviewLine {
  readonly line: Line
  readonly row?: number
}

/** Everything that is known of the chosen secret. The lines are at most `columns` wide, but for long labels: see `frame`. */
export function previewOf(state: State, columns: number, marks: Marks): PreviewLine[] {
  const item = selected(state)
  if (item === undefined) return []
  const texts = (text: string, style?: Style): PreviewLine[] =>
    wrapped(visible(text), columns).map(line => ({ line: [style ? styled(line, style) : { text: line }] }))
  const head = texts(item.name, 'bold')
  const { refused } = item
  if (refused !== undefined)
    return [
      ...head,
      ...texts('failed verification:', 'bad'),
      ...texts(refused.why),
      ...(refused.mend === undefined ? [] : texts(`mend it with: ${refused.mend}`))
    ]
  if (state.problem !== undefined) return [...head, ...texts(state.problem, 'bad')]
  const { details } = state
  const rows = rowsOf(state).flatMap((row, at) => rowLines(state, row, at, columns, marks))
  // a value may have been asked for before
  if (details === undefined) return [...head, ...texts('reading', 'dim'), ...rows]
  const { changed } = details
  const facts: (readonly [string, string])[] = [
    ...(details.deletion
      ? [['deleted', `on ${localTime(details.deletion)}; git-vault restore`] as const]
      : []),
    ...details.tags.map(tag => ['tag', tag] as const),
    ['key', details.key],
    ['changed', `${localTime(changed.time)} by ${changed.member} (${changed.operation})`]
  ]
  return [
    ...head,
    ...(details.description ? texts(details.description) : []),
    ...facts.flatMap(([label, text]) => labelled(label, text, columns)),
    ...rows
  ]
}

const LABEL = 9

/** The label, and the text in lines beside it. */
function labelled(label: string, text: string, columns: number): PreviewLine[] {
  const lines = wrapped(visible(text), Math.max(1, columns - LABEL - 2))
  return lines.map((line, at) => ({
    line: [styled(`  ${(at === 0 ? label : '').padEnd(LABEL)}`, 'dim'), { text: line }]
  }))
}

function rowLines(state: State, row: Row, at: number, columns: number, marks: Marks): PreviewLine[] {
  const has = state.cursor === at
  if (row.kind === 'version') return versionLines(state, row, at, columns, marks)
  const label = row.kind === 'value' ? 'value' : row.name
  const text = row.kind === 'field' ? row.text : state.opened?.text
  const field = row.kind === 'field' ? row.name : undefined
  const isShown = text !== undefined && state.shown !== undefined && state.shown.field === field
  const head: PreviewLine = {
    line: marked(has, [
      row.kind === 'value' ? styled(label.padEnd(LABEL), 'bold') : { text: `  ${visible(label)}  ` },
      styled(isShown ? '' : note(state, row), 'dim')
    ]),
    row: at
  }
  if (!isShown) return [head]
  const margin = ' '.repeat(row.kind === 'field' ? 6 : 4)
  // a value is shown as it is, but for characters that a person cannot see
  const shown = wrapped(
    visibleLines(text).replaceAll('\t', '    '),
    Math.max(1, columns - margin.length),
    true
  )
  return [head, ...shown.map(line => ({ line: plain(margin + line) }))]
}

/** The text in place of a value. */
function note({ opened, cursor, use }: State, row: Row): string {
  if (row.kind === 'field' || use.isPicking) return 'hidden'
  if (opened === undefined) return 'hidden: Enter shows it'
  const version =
    opened.versionId === undefined ? '' : `of version ${visible(opened.versionId.slice(0, SHORT_ID))} `
  if (opened.text === undefined) return `${version}binary, ${opened.bytes} bytes`
  if (opened.fields === undefined || cursor === 0) return `${version}hidden: Enter shows it`
  const { size } = opened.fields
  return `${version}JSON with ${size} field${size === 1 ? '' : 's'}`
}

function versionLines(
  state: State,
  { entry }: Row & { kind: 'version' },
  at: number,
  columns: number,
  marks: Marks
): PreviewLine[] {
  const { versionId, labels, created, writer } = entry
  const isFirst = entry === state.details?.versions[0]
  const isLabelled = labels.length > 0
  const version = marked(state.cursor === at, [
    isLabelled ? styled(marks.full, 'good') : { text: marks.empty },
    { text: ` ${localTime(created)}  ${visible(writer)}  ${visible(versionId.slice(0, SHORT_ID))}` }
  ])
  const shown = [
    ...(isLabelled ? [styled(`  ${labels.map(visible).join(', ')}`, 'bold')] : []),
    ...(entry.hasNoValue ? [styled(' (no value yet)', 'dim')] : [])
  ]
  const fits = widthOf([...version, ...shown]) <= columns
  return [
    isFirst ? { line: [styled('  versions', 'bold')] } : { line: [styled(`  ${marks.down}`, 'dim')] },
    { line: fits ? [...version, ...shown] : version, row: at },
    ...(fits || shown.length === 0 ? [] : [{ line: [{ text: '  ' }, ...shown] }])
  ]
}

/** The row that has the cursor is marked by a character, too, because not all terminals show styles. */
const marked = (has: boolean, spans: readonly Span[]): Line =>
  has ? [styled('> ', 'bold'), ...spans] : [{ text: '  ' }, ...spans]
