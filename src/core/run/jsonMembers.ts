const TOKENS = /\s+|"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g

/**
 * Returns the members of a JSON object, in their order: strings without their quotes, and any other value as compact JSON.
 * Numbers are those of the text, digit by digit: as JavaScript's numbers, `12345678901234567890`, `1.50` and `1E400` would
 * change. If the object has a key twice, the last one counts, as for `JSON.parse`.
 * @param text an object that `JSON.parse` accepts
 */
export function jsonMembers(text: string): Map<string, string> {
  return new Map(jsonMemberList(text).map(([key, json]) => [key, plainText(json)]))
}

/** As `jsonMembers`, with every value as compact JSON, and a key that occurs twice twice. */
export function jsonMemberList(text: string): [key: string, json: string][] {
  const tokens = (text.match(TOKENS) ?? []).filter(token => token.trim() !== '')
  const found: [string, string][] = []
  let depth = 0
  // the index of the first token of the current member of the outermost object
  let start = 1
  for (const [at, token] of tokens.entries()) {
    if (token === '{' || token === '[') depth++
    const isEnd = depth === 1 && (token === ',' || token === '}')
    if (isEnd && at > start)
      found.push([JSON.parse(tokens[start]!) as string, compact(tokens.slice(start + 2, at))])
    if (isEnd) start = at + 1
    if (token === '}' || token === ']') depth--
  }
  return found
}

/** Returns a string without its quotes, and any other JSON as it is. */
export const plainText = (json: string): string =>
  json.startsWith('"') ? (JSON.parse(json) as string) : json

const compact = (tokens: readonly string[]): string =>
  tokens.map(token => (token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : token)).join('')

/** Returns whether a text is a JSON object. */
export function isJsonObject(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
  } catch {
    return false
  }
}
