import type { Size } from '../screen/screen.js'
import type { State } from './state.js'

/** The fewest columns at which the list and what is chosen are side by side. */
const SIDE_BY_SIDE = 72
/** The fewest lines at which a rule separates the two, if one is below the other. */
const WITH_RULE = 14
/** The lines above and below both: the search, and the keys. */
const OTHERS = 2

/** How the screen is divided. A part with no lines is not shown. */
export interface Layout {
  readonly isSideBySide: boolean
  readonly list: Size
  readonly preview: Size
  readonly hasRule: boolean
}

/** While the cursor is beside the list, a narrow screen shows only that. */
export function layoutOf({ size: { columns, rows }, cursor, matches }: State): Layout {
  const body = Math.max(0, rows - OTHERS)
  if (columns >= SIDE_BY_SIDE) {
    const width = Math.min(60, Math.floor(columns * 0.4))
    return {
      ...{ isSideBySide: true, hasRule: false },
      list: { columns: width, rows: body },
      preview: { columns: columns - width - 2, rows: body }
    }
  }
  if (cursor !== undefined)
    return {
      ...{ isSideBySide: false, hasRule: false },
      list: { columns, rows: 0 },
      preview: { columns, rows: body }
    }
  const hasRule = rows >= WITH_RULE
  const half = Math.ceil((body - (hasRule ? 1 : 0)) / 2)
  const top = Math.min(half, Math.max(1, matches.length))
  return {
    ...{ isSideBySide: false, hasRule },
    list: { columns, rows: top },
    preview: { columns, rows: body - top - (hasRule ? 1 : 0) }
  }
}
