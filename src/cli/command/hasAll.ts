/**
 * Whether each word is in one of the texts, in upper or lower case: how secrets are searched.
 * @param words in lower case
 */
export function hasAll(texts: readonly string[], words: readonly string[]): boolean {
  const lower = texts.map(text => text.toLowerCase())
  return words.every(word => lower.some(text => text.includes(word)))
}
