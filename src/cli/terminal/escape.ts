import { ALL, CONTROL, escapeCharacter, visible } from '../../core/visible.js'

export { visible }

const ALL_EXCEPT_LINES = new RegExp(`(?![\\n\\t])${ALL.source}`, 'gu')
const CONTROL_EXCEPT_LINES = new RegExp(`(?![\\n\\t])[${CONTROL}]`, 'gu')

/** Like `visible`, but keeps newlines and tabs. */
export const visibleLines = (text: string): string => text.replace(ALL_EXCEPT_LINES, escapeCharacter)

/** Like `visibleLines`, but keeps invisible characters: a value may contain an emoji or a script that needs them. */
export const safeValue = (text: string): string => text.replace(CONTROL_EXCEPT_LINES, escapeCharacter)

/** Returns the texts as lines, each escaped by `visible`. */
export const visibleRows = (texts: readonly string[]): string =>
  texts.map(text => `${visible(text)}\n`).join('')

/** Returns indented JSON, with a final newline. Escaped, it keeps its meaning. */
export const visibleJson = (value: object): string => `${visibleLines(JSON.stringify(value, undefined, 2))}\n`
