// C0, DEL, C1, the line separators and the marks that reorder text. They could move the cursor, change colours, type
// into the terminal, or make one name look like another.
const CONTROL = '\\p{Cc}\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069'
// Characters that draw nothing: zero-width spaces and joiners, soft hyphens, fillers, tags, variation selectors, the blank
// Braille pattern. With one of them, two names look equal.
const INVISIBLE = '\\p{Cf}\\p{Default_Ignorable_Code_Point}\\u2800'

const ALL = new RegExp(`[${CONTROL}${INVISIBLE}]`, 'gu')
const ALL_EXCEPT_LINES = new RegExp(`(?![\\n\\t])${ALL.source}`, 'gu')
const CONTROL_EXCEPT_LINES = new RegExp(`(?![\\n\\t])[${CONTROL}]`, 'gu')

/**
 * Returns the text as one line, with control characters and invisible ones escaped as in JSON, so that JSON keeps its
 * meaning. For names, labels, tags, and every other text that somebody else may have written.
 */
export const visible = (text: string): string => text.replace(ALL, escapeCharacter)

/** Like `visible`, but keeps newlines and tabs. */
export const visibleLines = (text: string): string => text.replace(ALL_EXCEPT_LINES, escapeCharacter)

/** Like `visibleLines`, but keeps invisible characters: a value may contain an emoji or a script that needs them. */
export const safeValue = (text: string): string => text.replace(CONTROL_EXCEPT_LINES, escapeCharacter)

/** Returns the texts as lines, each escaped by `visible`. */
export const visibleRows = (texts: readonly string[]): string =>
  texts.map(text => `${visible(text)}\n`).join('')

/** Returns indented JSON, with a final newline. Escaped, it keeps its meaning. */
export const visibleJson = (value: object): string => `${visibleLines(JSON.stringify(value, undefined, 2))}\n`

/** A character beyond U+FFFF is escaped as a surrogate pair, as in JSON. */
const escapeCharacter = (character: string): string =>
  Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
    .map(unit => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('')
