/**
 * Whether each word is in one of the texts, in upper or lower case: how secrets are searched.
 * @param words in lower case
 */
export const hasAll = (texts: readonly string[], words: readonly string[]): boolean =>
  hasAllLower(
    texts.map(text => text.toLowerCase()),
    words
  )

/** The same, of texts that are in lower case already. */
export const hasAllLower = (texts: readonly string[], words: readonly string[]): boolean =>
  words.every(word => texts.some(text => text.includes(word)))
