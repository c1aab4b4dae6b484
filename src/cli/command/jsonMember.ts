const TOKENS = /\s+|"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g

/**
 * Returns the value of a key of a JSON object: a string without its quotes, and any other value as compact JSON. Numbers
 * are those of the text, digit by digit: as JavaScript's numbers, `12345678901234567890`, `1.50` and `1E400` would change.
 * `undefined` if the object has no such key. If it has the key twice, the last one counts, as for `JSON.parse`.
 * @param text an object that `JSON.parse` accepts
 */
export function jsonMember(text: string, key: string): string | undefined {
  const tokens = (text.match(TOKENS) ?? []).filter(token => token.trim() !== '')
  let found: string | undefined
  let depth = 0
  // the index of the first token of the current member of the outermost object
  let start = 1
  for (const [at, token] of tokens.entries()) {
    if (token === '{' || token === '[') depth++
    const isEnd = depth === 1 && (token === ',' || token === '}')
    if (isEnd && at > start && JSON.parse(tokens[start]!) === key)
      found = compact(tokens.slice(start + 2, at))
    if (isEnd) start = at + 1
    if (token === '}' || token === ']') depth--
  }
  return found
}

function compact(tokens: readonly string[]): string {
  const [first = ''] = tokens
  if (tokens.length === 1 && first.startsWith('"')) return JSON.parse(first) as string
  return tokens.map(token => (token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : token)).join('')
}
