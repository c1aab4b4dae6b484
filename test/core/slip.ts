const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The same string with one character replaced. */
export function slip(text: string, at: number, by: number): string {
  const index = at % text.length
  const letter = ALPHABET[(ALPHABET.indexOf(text[index] ?? '') + 1 + (by % 63)) % 64] ?? ''
  return text.slice(0, index) + letter + text.slice(index + 1)
}
