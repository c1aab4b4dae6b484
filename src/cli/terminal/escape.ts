// C0, DEL, C1, the line separators, and the marks that reorder text: what could move the cursor, recolour or
// retype a terminal, or make a name read as another one.
const CONTROL = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu
const CONTROL_BUT_LINES = new RegExp(`(?![\\n\\t])${CONTROL.source}`, CONTROL.flags)

/** One line, whatever was in it. The escapes are JSON's, so JSON stays the same JSON. */
export const visible = (text: string): string => text.replace(CONTROL, escaped)

/** The same for a text of several lines: newlines and tabs stay. */
export const visibleLines = (text: string): string => text.replace(CONTROL_BUT_LINES, escaped)

/** Each of them one line, with its end. */
export const shownLines = (texts: readonly string[]): string =>
  texts.map(text => `${visible(text)}\n`).join('')

const escaped = (mark: string): string => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`
