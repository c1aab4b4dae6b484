import { plain, type Line } from '../screen/line.js'
import type { State } from './state.js'

/** The keys, and what they do, for screens of 40 columns. */
const KEYS: readonly (readonly [string, string])[] = [
  ['any text', 'search names, text, tags'],
  ['Up, Down', 'move; hides a value'],
  ['Enter', 'show the value, or hide it'],
  ['Tab', 'to fields and versions, back'],
  ['Ctrl-Y', 'copy to the clipboard'],
  ['Ctrl-E', 'edit in your editor'],
  ['Ctrl-R', 'go back to a version'],
  ['Page keys', 'move by a page'],
  ['Ctrl-L', 'read the vault again'],
  ['Ctrl-U', 'search anew'],
  ['Esc', 'back, or leave'],
  ['Ctrl-C', 'leave (exit code 130)']
]

/** The keys that do nothing while a secret is chosen for another command. */
const OF_BROWSING = ['Ctrl-Y', 'Ctrl-E', 'Ctrl-R']

const keysOf = ({ use: { canCopy, isPicking } }: State) =>
  KEYS.filter(([key]) => (canCopy || key !== 'Ctrl-Y') && !(isPicking && OF_BROWSING.includes(key))).map(
    ([key, text]) => [key, isPicking && key === 'Enter' ? 'choose the secret' : text] as const
  )

/** How many of the lines can be scrolled away. */
export const mostHelp = (state: State): number => Math.max(0, keysOf(state).length - (state.size.rows - 2))

export const helpLines = (state: State): Line[] =>
  keysOf(state)
    .slice(state.scroll)
    .map(([key, text]) => plain(`${key.padEnd(9)} ${text}`))
