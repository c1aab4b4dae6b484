// C0, DEL, C1, the line separators and the marks that reorder text. They could move the cursor, change colours, type
// into the terminal, or make one name look like another.
export const CONTROL = '\\p{Cc}\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069'
// Characters that draw nothing: zero-width spaces and joiners, soft hyphens, fillers, tags, variation selectors, the blank
// Braille pattern. With one of them, two names look equal.
const INVISIBLE = '\\p{Cf}\\p{Default_Ignorable_Code_Point}\\u2800'

export const ALL = new RegExp(`[${CONTROL}${INVISIBLE}]`, 'gu')

/**
 * Returns the text as one line, with control characters and invisible ones escaped as in JSON, so that JSON keeps its
 * meaning. For names, labels, tags, and every other text that somebody else may have written.
 */
export const visible = (text: string): string => text.replace(ALL, escapeCharacter)

/** A character beyond U+FFFF is escaped as a surrogate pair, as in JSON. */
export const escapeCharacter = (character: string): string =>
  Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
    .map(unit => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('')
