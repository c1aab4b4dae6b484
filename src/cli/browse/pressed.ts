import type { Key } from '../screen/keys.js'
import { askRollback, copy, edit, open } from './actions.js'
import { choose, hidden, moveList, moveRow, pageOf, searchFor } from './moves.js'
import { scrolled } from './scroll.js'
import { mostHelp } from './helpLines.js'
import { initialState, rowsOf, selected, usable, type State, type Step } from './state.js'

/** Returns the state after a key. */
export function pressed(state: State, key: Key): Step {
  if (key.name === 'ctrl-c') return [hidden(state), [{ kind: 'leave', code: 'interrupted' }]]
  if (state.isHelp) return inHelp(state, key)
  if (state.question !== undefined) return answered(state, key)
  // any key but a search means the secret that is chosen now, though more are found
  const said = { ...state, message: undefined, isChosen: state.isChosen || key.name !== 'text' }
  if (key.name === 'escape' && state.message !== undefined) return [said, []]
  if (key.name === 'text') return key.text === '?' ? help(said) : typed(said, key.text)
  return state.cursor === undefined ? inList(said, key) : besideList(said, key)
}

const help = (state: State): Step => [{ ...hidden(state), isHelp: true, scroll: 0 }, []]

function inHelp(state: State, { name }: Key): Step {
  const by = name === 'down' || name === 'pageDown' ? 1 : name === 'up' || name === 'pageUp' ? -1 : undefined
  if (by === undefined) return [{ ...state, isHelp: false, scroll: 0 }, []]
  return [{ ...state, scroll: Math.max(0, Math.min(state.scroll + by, mostHelp(state))) }, []]
}

const typed = (state: State, text: string): Step => searchFor(state, state.query + text)

function answered(state: State, { name, text }: Key): Step {
  const { question } = state
  const closed = { ...state, question: undefined }
  // the value that was shown is no longer the current one then
  if (question && name === 'text' && /^y$/i.test(text)) return [hidden(closed), [question.effect]]
  return [{ ...closed, message: 'nothing was changed' }, []]
}

function inList(state: State, { name }: Key): Step {
  switch (name) {
    case 'up':
    case 'ctrl-p':
      return moveList(state, -1)
    case 'down':
    case 'ctrl-n':
      return moveList(state, 1)
    case 'pageUp':
      return moveList(state, -pageOf(state))
    case 'pageDown':
      return moveList(state, pageOf(state))
    case 'home':
      return choose(state, 0)
    case 'end':
      return choose(state, state.matches.length - 1)
    case 'tab':
    case 'right':
      return usable(state) === undefined ? [state, []] : [{ ...state, cursor: 0, scroll: 0 }, []]
    case 'escape':
      if (state.query !== '') return searchFor(state, '')
      return [hidden(state), [{ kind: 'leave', code: 'ok' }]]
    default:
      return everywhere(state, name)
  }
}

function besideList(state: State, { name }: Key): Step {
  switch (name) {
    case 'up':
    case 'ctrl-p':
      return moveRow(state, -1)
    case 'down':
    case 'ctrl-n':
      return moveRow(state, 1)
    case 'home':
      return moveRow(state, -rowsOf(state).length)
    case 'end':
      return moveRow(state, rowsOf(state).length)
    case 'pageUp':
      return [scrolled(state, -1), []]
    case 'pageDown':
      return [scrolled(state, 1), []]
    case 'tab':
    case 'backTab':
    case 'left':
    case 'escape':
      return [{ ...hidden(state), cursor: undefined, scroll: 0 }, []]
    default:
      return everywhere(state, name)
  }
}

function everywhere(state: State, name: Key['name']): Step {
  return state.use.isPicking ? picking(state, name) : browsing(state, name)
}

/** In the search for a secret that another command needs. */
function picking(state: State, name: Key['name']): Step {
  const chosen = selected(state)?.name
  if (name === 'enter') return [state, chosen === undefined ? [] : [{ kind: 'pick', name: chosen }]]
  return searching(state, name)
}

function browsing(state: State, name: Key['name']): Step {
  switch (name) {
    case 'enter':
      return open(state)
    case 'ctrl-y':
      return copy(state)
    case 'ctrl-e':
      return edit(state)
    case 'ctrl-r':
      return askRollback(state)
    default:
      return searching(state, name)
  }
}

function searching(state: State, name: Key['name']): Step {
  switch (name) {
    case 'backspace':
      return searchFor(state, state.query.replace(/.$/su, ''))
    case 'ctrl-u':
      return searchFor(state, '')
    case 'ctrl-w':
      return searchFor(state, state.query.replace(/\S*\s*$/u, ''))
    case 'ctrl-l':
      return reload(state)
    default:
      return [state, []]
  }
}

function reload({ size, query, use, lease }: State): Step {
  return [{ ...initialState(size, use), query, lease }, [{ kind: 'reload' }]]
}
