import type { Found, SecretDetails } from '../../app/browsing.js'
import type { Key } from '../screen/keys.js'
import type { Size } from '../screen/screen.js'
import { pressed } from './pressed.js'
import { search, sortedNames, withFound } from './items.js'
import { choose, hidden } from './moves.js'
import { selected, usable, type Opened, type State, type Step } from './state.js'

export type Event =
  | { readonly kind: 'key'; readonly key: Key }
  | { readonly kind: 'resize'; readonly size: Size }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'found'; readonly batch: readonly Found[] }
  | { readonly kind: 'allRead' }
  | { readonly kind: 'details'; readonly name: string; readonly details: SecretDetails }
  | { readonly kind: 'noDetails'; readonly name: string; readonly problem: string }
  | { readonly kind: 'opened'; readonly name: string; readonly opened: Opened }
  | { readonly kind: 'said'; readonly message: string }
  | { readonly kind: 'timeout'; readonly lease: number }

/** Returns the state after an event. Pure: the clock, the vault and the terminal are elsewhere. */
export function reduce(state: State, event: Event): Step {
  switch (event.kind) {
    case 'key':
      return pressed(state, event.key)
    case 'resize':
      return [{ ...state, size: event.size, scroll: 0 }, []]
    case 'suspend':
      return [hidden(state), []]
    case 'found':
      return found(state, event.batch)
    case 'allRead':
      return [{ ...state, isReading: false }, []]
    case 'details':
      if (selected(state)?.name !== event.name) return [state, []]
      return [{ ...state, details: event.details, problem: undefined }, []]
    case 'noDetails':
      if (selected(state)?.name !== event.name) return [state, []]
      return [{ ...hidden(state), details: undefined, problem: event.problem }, []]
    case 'opened':
      return usable(state) === event.name ? opened(state, event.opened) : [state, []]
    case 'said':
      return [{ ...state, message: event.message }, []]
    case 'timeout':
      return [event.lease === state.lease ? hidden(state) : state, []]
  }
}

function found(state: State, batch: readonly Found[]): Step {
  const items = withFound(state.items, batch)
  if (items === state.items) return [state, []]
  const sorted = sortedNames(items)
  const matches = search(sorted, state.query)
  const before = selected(state)
  const same = before && state.isChosen ? matches.findIndex(({ name }) => name === before.name) : 0
  const at = Math.max(0, same)
  const next = { ...state, items, sorted, matches }
  if (before !== undefined && matches[at]?.name === before.name) return [{ ...next, at }, []]
  return choose(next, at, same >= 0 && state.isChosen)
}

/** A plain value is shown at once. Of an object, the names of the fields are. */
function opened(state: State, value: Opened): Step {
  const lease = state.lease + 1
  const hasFields = (value.fields?.size ?? 0) > 0
  const cursor = hasFields ? 1 : state.cursor === undefined ? undefined : 0
  const shown = hasFields ? undefined : { field: undefined }
  return [
    { ...state, opened: value, lease, cursor, shown, scroll: 0, message: undefined },
    [{ kind: 'hideLater', lease }]
  ]
}
