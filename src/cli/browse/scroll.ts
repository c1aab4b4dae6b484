import { ASCII } from '../screen/line.js'
import { layoutOf } from './layout.js'
import { pageOf } from './moves.js'
import { previewOf, type PreviewLine } from './preview.js'
import type { State } from './state.js'

/** Returns the first of the lines that is drawn: the row with the cursor is among them, unless it was scrolled away. */
export function topOf(state: State, all: readonly PreviewLine[], rows: number): number {
  return Math.max(0, Math.min(baseOf(state, all, rows) + state.scroll, all.length - rows))
}

function baseOf({ cursor, shown }: State, all: readonly PreviewLine[], rows: number): number {
  // from the list, only the value itself can be shown: it is the first row
  const anchor = cursor ?? (shown === undefined ? undefined : 0)
  const at = anchor === undefined ? 0 : all.findIndex(({ row }) => row === anchor)
  return Math.max(0, at - Math.floor(rows / 3))
}

/** Scrolls what is beside the list by pages, as far as there are lines. */
export function scrolled(state: State, pages: number): State {
  const { preview } = layoutOf(state)
  const all = previewOf(state, preview.columns, ASCII)
  const top = topOf({ ...state, scroll: state.scroll + pages * pageOf(state) }, all, preview.rows)
  return { ...state, scroll: top - baseOf(state, all, preview.rows) }
}
