import { search } from './items.js'
import { layoutOf } from './layout.js'
import { rowsOf, type State, type Step } from './state.js'

/** Drops the decrypted value. The cursor stays on the row that it was on, if that is a version. */
export function hidden(state: State): State {
  if (state.opened === undefined && state.shown === undefined) return state
  const fields = state.opened?.fields?.size ?? 0
  const { cursor } = state
  const closed = cursor === undefined ? undefined : cursor > fields ? cursor - fields : 0
  return { ...state, opened: undefined, shown: undefined, cursor: closed, scroll: 0 }
}

/** Chooses another secret, and drops the value and the details of the one before. */
export function choose(state: State, to: number, isChosen = true): Step {
  const at = Math.max(0, Math.min(to, state.matches.length - 1))
  const item = state.matches[at]
  const isSame = item !== undefined && item === state.matches[state.at] && state.details?.name === item.name
  const next: State = {
    ...{ ...state, at, isChosen, opened: undefined, shown: undefined, cursor: undefined, scroll: 0 },
    ...(isSame ? {} : { details: undefined, problem: undefined })
  }
  // why it was refused is known already
  if (item === undefined || isSame || item.refused !== undefined) return [next, []]
  return [next, [{ kind: 'details', name: item.name }]]
}

export function searchFor(state: State, query: string): Step {
  const matches = search(state.sorted, query)
  const name = state.details?.name
  const next = choose({ ...state, query, matches, message: undefined }, 0, false)
  if (name === undefined || name !== matches[0]?.name) return next
  // the same secret is the first again
  return [{ ...next[0], details: state.details }, []]
}

export const moveList = (state: State, by: number): Step => choose(state, state.at + by)

/** Moves the cursor beside the list, and hides the value that is shown. */
export function moveRow(state: State, by: number): Step {
  const cursor = Math.max(0, Math.min((state.cursor ?? 0) + by, rowsOf(state).length - 1))
  return [{ ...state, cursor, shown: undefined, scroll: 0 }, []]
}

/** Lines that a page moves by. */
export const pageOf = (state: State): number => {
  const { list, preview } = layoutOf(state)
  return Math.max(1, (state.cursor === undefined ? list : preview).rows - 1)
}
