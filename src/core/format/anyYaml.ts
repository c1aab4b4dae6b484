import { Composer, isMap, isScalar, isSeq, Lexer, Parser, type CST, type ParsedNode } from 'yaml'
import { LONE_SURROGATE, type Value } from './canonical.js'

/** Tells why, as an error that names the file; a hint says what to do about `FILE`. */
export type Refuse = (why: string, hint?: string) => never

/**
 * Reads the strict subset in whatever form somebody has given it, by the library. Throws what `refuse` throws.
 */
export function parseAnyYaml(text: string, maxDepth: number, refuse: Refuse): Value {
  if (/^<{7} /m.test(text)) refuse("it has a merge's conflict marks", RESOLVE)
  const tokens = tokenize(text, maxDepth) ?? refuse(`nested more than ${maxDepth} deep`)
  const objection = findObjection(tokens, maxDepth)
  if (objection) refuse(objection)

  // failsafe: every scalar is a string; uniqueKeys is off because the library's check is quadratic
  const composer = new Composer({ schema: 'failsafe', version: '1.2', uniqueKeys: false, logLevel: 'silent' })
  const [document, second] = composer.compose(tokens)
  if (second) refuse('more than one YAML document')
  const problem = document?.errors[0] ?? document?.warnings[0]
  if (problem) refuse(firstLine(problem.message))
  if (!document?.contents) return refuse('empty')
  return plain(document.contents, refuse)
}

/**
 * The library's parser takes time quadratic in the nesting, so what one line can nest (flow collections, runs of
 * `- - -`) is counted as it is read. `undefined` where that is over `maxDepth`.
 */
function tokenize(text: string, maxDepth: number): CST.Token[] | undefined {
  const parser = new Parser()
  const tokens: CST.Token[] = []
  let flow = 0
  let block = 0
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme === '[' || lexeme === '{') flow++
    else if (lexeme === ']' || lexeme === '}') flow--
    else if (lexeme === '-' || lexeme === '?') block++
    else if (lexeme.endsWith('\n')) block = 0
    if (flow > maxDepth || block > maxDepth) return undefined
    tokens.push(...parser.next(lexeme))
  }
  tokens.push(...parser.end())
  return tokens
}

/**
 * Walks the syntax tree before anything is composed from it, with a list of its own instead of recursion, so that
 * nesting cannot exhaust the stack.
 */
function findObjection(tokens: CST.Token[], maxDepth: number): string | undefined {
  const pending: { token: CST.Token | CST.SourceToken; depth: number }[] = tokens.map(token => ({
    token,
    depth: 0
  }))
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { token } = next
    const name = REFUSED[token.type]
    if (name) return `${name} not allowed`
    if (token.type === 'error') return firstLine(token.message)
    const collection = 'items' in token
    const depth = next.depth + (collection ? 1 : 0)
    if (depth > maxDepth) return `nested more than ${maxDepth} deep`
    if (collection) {
      for (const item of token.items) {
        for (const part of [...item.start, item.key, ...(item.sep ?? []), item.value]) {
          if (part) pending.push({ token: part, depth })
        }
      }
    }
    if (token.type === 'document') {
      for (const part of [...token.start, token.value, ...(token.end ?? [])]) {
        if (part) pending.push({ token: part, depth })
      }
    }
  }
  return undefined
}

/** What stands between the marks is signed as a whole: one side or the other, never a mixture. */
const RESOLVE =
  "take one side with 'git checkout --ours -- FILE' or 'git checkout --theirs -- FILE', then 'git add -- FILE' and git commit"

const REFUSED: Partial<Record<string, string>> = {
  alias: 'aliases are',
  anchor: 'anchors are',
  tag: 'tags are',
  directive: 'directives are',
  'directive-end': 'directives are',
  'byte-order-mark': 'a byte order mark is',
  'doc-start': 'a document marker is',
  'doc-end': 'a document marker is',
  'doc-mode': 'directives are',
  'explicit-key-ind': 'complex keys are'
}

function plain(node: ParsedNode | null, refuse: (why: string) => never): Value {
  if (isScalar(node)) return string(node.value, 'a value', refuse)
  if (isSeq(node)) return node.items.map(item => plain(item, refuse))
  if (!isMap(node)) return refuse('a value is missing')
  const map: Record<string, Value> = Object.create(null)
  const keys = new Set<string>()
  for (const { key, value } of node.items) {
    const name = string(isScalar(key) ? key.value : undefined, 'a key', refuse)
    if (keys.has(name)) return refuse(`the key ${JSON.stringify(name)} stands twice`)
    keys.add(name)
    map[name] = plain(value, refuse)
  }
  return map
}

function string(value: unknown, what: string, refuse: Refuse): string {
  if (typeof value !== 'string') return refuse(`${what} is not a string`)
  return LONE_SURROGATE.test(value)
    ? refuse(`${what} is not well-formed Unicode: it has half of a surrogate pair`)
    : value
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0]?.replace(/:$/, '') ?? message
}
