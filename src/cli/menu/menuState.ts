import { hasAll } from '../command/hasAll.js'
import type { Key } from '../screen/keys.js'
import { cut, styled, type Line, type Marks } from '../screen/line.js'
import type { Frame, Size } from '../screen/screen.js'
import { visible } from '../terminal/escape.js'
import type { Group, MenuItem } from './items.js'

export interface MenuState {
  readonly size: Size
  readonly title: string
  readonly groups: readonly Group[]
  /** The text that was typed: only commands whose name or text has it are shown. */
  readonly query: string
  readonly at: number
}

/** The result of a key. */
export type Choice = MenuItem | 'leave' | 'interrupted' | undefined

const has = ({ command, text }: MenuItem, query: string): boolean =>
  hasAll([`${command} ${text}`], query.toLowerCase().split(/\s+/))

/** The items that are shown, in their groups. */
const shownGroups = ({ groups, query }: MenuState): Group[] =>
  groups
    .map(({ title, items }) => ({ title, items: items.filter(item => has(item, query)) }))
    .filter(({ items }) => items.length > 0)

const shownItems = (state: MenuState): MenuItem[] => shownGroups(state).flatMap(({ items }) => [...items])

/** Chooses the command whose name begins so, or else the first that has the text. */
function searchedFor(state: MenuState, query: string): MenuState {
  const next = { ...state, query }
  const named = shownItems(next).findIndex(({ command }) => command.startsWith(query.toLowerCase()))
  return { ...next, at: query === '' ? 0 : Math.max(0, named) }
}

/** The next state, and what was chosen. */
export function pressedInMenu(state: MenuState, { name, text }: Key): readonly [MenuState, Choice] {
  const items = shownItems(state)
  const to = (at: number) =>
    [{ ...state, at: Math.max(0, Math.min(at, items.length - 1)) }, undefined] as const
  const search = (query: string) => [searchedFor(state, query), undefined] as const
  switch (name) {
    case 'ctrl-c':
      return [state, 'interrupted']
    case 'escape':
      return state.query === '' ? [state, 'leave'] : search('')
    case 'enter':
      return [state, items[state.at]]
    case 'up':
    case 'ctrl-p':
      return to(state.at - 1)
    case 'down':
    case 'ctrl-n':
    case 'tab':
      return to(state.at + 1)
    case 'home':
    case 'pageUp':
      return to(0)
    case 'end':
    case 'pageDown':
      return to(items.length - 1)
    case 'backspace':
      return search(state.query.replace(/.$/su, ''))
    case 'ctrl-u':
      return search('')
    case 'text':
      return search(state.query + text)
    default:
      return [state, undefined]
  }
}

/** Draws the menu: as many lines as the screen has, each at most as wide as the screen. */
export function menuFrame(state: MenuState, marks: Marks): Frame {
  const { columns, rows } = state.size
  const lines: { line: Line; at?: number }[] = []
  let at = 0
  const groups = shownGroups(state)
  const width = state.groups
    .flatMap(({ items }) => items)
    .reduce((widest, { command }) => Math.max(widest, command.length), 0)
  for (const { title, items } of groups) {
    lines.push({ line: [styled(title, 'bold')] })
    for (const { command, text } of items) {
      const isChosen = at === state.at
      const name = command.padEnd(width)
      lines.push({
        line: [
          { text: isChosen ? '> ' : '  ' },
          isChosen ? styled(name, 'chosen') : { text: name },
          { text: `  ${text}` }
        ],
        at
      })
      at++
    }
  }
  if (lines.length === 0) lines.push({ line: [{ text: 'nothing is found' }] })
  const room = Math.max(0, rows - 2)
  const chosen = Math.max(
    0,
    lines.findIndex(line => line.at === state.at)
  )
  // the title of the first group is shown with its first item
  const top = Math.max(0, Math.min(chosen - Math.floor(room / 2), lines.length - room))
  const body = lines.slice(top, top + room).map(({ line }) => line)
  const head: Line = [styled(`${state.title}  `, 'bold'), { text: visible(state.query) }]
  const foot: Line = [styled('Enter run  type to search  Esc leave', 'dim')]
  const filled = [head, ...body, ...Array.from({ length: room - body.length }, (): Line => []), foot]
  return { lines: filled.slice(0, rows).map(line => cut(line, columns, marks)) }
}
