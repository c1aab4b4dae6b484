// C0, DEL, C1, the line separators and the marks that reorder text. They could move the cursor, change colours, type
// into the terminal, or make one name look like another.
const CONTROL = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu
const CONTROL_EXCEPT_LINES = new RegExp(`(?![\\n\\t])${CONTROL.source}`, CONTROL.flags)

/** Returns the text as one line, with control characters escaped as in JSON, so that JSON keeps its meaning. */
export const visible = (text: string): string => text.replace(CONTROL, escapeCharacter)

/** Like `visible`, but keeps newlines and tabs. */
export const visibleLines = (text: string): string => text.replace(CONTROL_EXCEPT_LINES, escapeCharacter)

/** Returns the texts as lines, each escaped by `visible`. */
export const visibleRows = (texts: readonly string[]): string =>
  texts.map(text => `${visible(text)}\n`).join('')

const escapeCharacter = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
