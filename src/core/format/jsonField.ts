const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g

/** The place of a value in a JSON text, from its first character to the one after its last. */
interface Span {
  readonly start: number
  readonly end: number
}

interface Member extends Span {
  readonly name: string
}

export type FoundField =
  | ({ readonly kind: 'found' } & Span)
  /** `under` is the part of the path that exists, and `names` are the fields there: none if it is no object or list. */
  | { readonly kind: 'missing'; readonly under: readonly string[]; readonly names: readonly string[] }

/**
 * Returns the names that a field is under: `db.port` is two, and `\.` is a dot inside a name, `\\` a backslash. Any other
 * backslash is itself.
 */
export function fieldPath(field: string): string[] {
  const names = ['']
  for (const [part] of field.matchAll(/\\[.\\]|[^]/gu)) {
    if (part === '.') names.push('')
    else names[names.length - 1] += part.length === 2 && part.startsWith('\\') ? part.slice(1) : part
  }
  return names
}

/**
 * Finds a field of a JSON object: the member of that exact name if there is one, or else the one at the path. A number names an
 * item of a list, from 0. If an object has a member twice, the last one counts, as for `JSON.parse`.
 * @param text an object that `JSON.parse` accepts
 */
export function findField(text: string, field: string): FoundField {
  const tokens = tokensOf(text)
  const exact = last(membersAt(tokens, 0), field)
  if (exact) return { kind: 'found', start: exact.start, end: exact.end }
  let at = 0
  let found: Span = { start: 0, end: text.length }
  const path = fieldPath(field)
  for (const [depth, name] of path.entries()) {
    const members = membersAt(tokens, at)
    const next = last(members, name)
    if (!next)
      return {
        kind: 'missing',
        under: path.slice(0, depth),
        names: [...new Set(members.map(member => member.name))]
      }
    at = tokens.findIndex(({ index }) => index === next.start)
    found = next
  }
  return { kind: 'found', start: found.start, end: found.end }
}

/** Returns a string without its quotes, and any other value as compact JSON with its numbers digit by digit. */
export const fieldText = (text: string, span: Span): string => plainText(fieldJson(text, span))

const fieldJson = (text: string, { start, end }: Span): string =>
  jsonTokens(text.slice(start, end))
    .map(token => (token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : token))
    .join('')

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
export const jsonMemberList = (text: string): [key: string, json: string][] =>
  membersAt(tokensOf(text), 0).map(member => [member.name, fieldJson(text, member)])

/** Returns a string without its quotes, and any other JSON as it is. */
export const plainText = (json: string): string =>
  json.startsWith('"') ? (JSON.parse(json) as string) : json

/** Returns whether a text is a JSON object. */
export function isJsonObject(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
  } catch {
    return false
  }
}

/** Returns the text with another value in one place, and everything else as it was. */
export const withField = (text: string, { start, end }: Span, json: string): string =>
  text.slice(0, start) + json + text.slice(end)

/**
 * Returns the text with one more member in the object at a path, in the style of its other members. `undefined` if there is
 * no object.
 */
export function withNewField(
  text: string,
  under: readonly string[],
  name: string,
  json: string
): string | undefined {
  const tokens = tokensOf(text)
  let at = 0
  for (const each of under) {
    const next = last(membersAt(tokens, at), each)
    if (!next) return undefined
    at = tokens.findIndex(({ index }) => index === next.start)
  }
  const open = tokens[at]!
  if (open.token !== '{') return undefined
  const members = membersAt(tokens, at)
  const key = JSON.stringify(name)
  const first = tokens[at + 1]!
  if (members.length === 0)
    return withField(text, { start: open.index + 1, end: first.index }, `${key}:${json}`)
  const margin = text.slice(open.index + 1, first.index)
  const isSpaced = /:\s/.test(text.slice(first.index + first.token.length, members[0]!.start))
  const { end } = members.at(-1)!
  return withField(text, { start: end, end }, `,${margin}${key}:${isSpaced ? ' ' : ''}${json}`)
}

const last = (members: readonly Member[], name: string): Member | undefined =>
  members.findLast(member => member.name === name)

interface Token {
  readonly token: string
  readonly index: number
}

/** Returns the strings, in their quotes, the other values and the punctuation of a JSON text. */
export const jsonTokens = (text: string): string[] => text.match(TOKENS) ?? []

const tokensOf = (text: string): Token[] =>
  [...text.matchAll(TOKENS)].map(({ 0: token, index }) => ({ token, index }))

/** Returns the members of the object or list that begins at a token; none if it is something else. Not recursive. */
function membersAt(tokens: readonly Token[], open: number): Member[] {
  const kind = tokens[open]?.token
  if (kind !== '{' && kind !== '[') return []
  const members: Member[] = []
  let depth = 0
  let from = open + 1
  for (let at = open; at < tokens.length; at++) {
    const { token } = tokens[at]!
    if (token === '{' || token === '[') depth++
    const isEnd = depth === 1 && (token === ',' || token === '}' || token === ']')
    if (isEnd && at > from) {
      const value = kind === '{' ? from + 2 : from
      const end = tokens[at - 1]!
      const name = kind === '{' ? (JSON.parse(tokens[from]!.token) as string) : String(members.length)
      members.push({ name, start: tokens[value]!.index, end: end.index + end.token.length })
    }
    if (isEnd) from = at + 1
    if ((token === '}' || token === ']') && --depth === 0) break
  }
  return members
}
