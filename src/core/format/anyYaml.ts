import { Composer, isMap, isScalar, isSeq, Lexer, Parser, type CST, type ParsedNode } from 'yaml'
import { LONE_SURROGATE, type Value } from './canonical.js'
import { OTHER_FORM } from './limits.js'
import { count } from '../turns.js'

/** Throws an error that names the file and gives the reason. In a hint, `FILE` stands for the file's path. */
export type Refuse = (why: string, hint?: string) => never

/** Parses any file of the strict YAML subset, with the YAML library. Throws what `refuse` throws. */
export function parseAnyYaml(text: string, maxDepth: number, refuse: Refuse): Value {
  if (text.length > OTHER_FORM.characters)
    refuse(
      `more than ${OTHER_FORM.characters} characters, in a form that git-vault does not write`,
      FORM_HINT
    )
  if (/^<{7} /m.test(text)) refuse('it contains merge conflict markers', CONFLICT_HINT)
  const tokens = tokenize(text, maxDepth, refuse)
  const reason = findForbidden(tokens, maxDepth)
  if (reason) refuse(reason)

  // failsafe: every scalar is a string. uniqueKeys is off because the library's check is quadratic
  const composer = new Composer({ schema: 'failsafe', version: '1.2', uniqueKeys: false, logLevel: 'silent' })
  const [document, second] = composer.compose(tokens)
  if (second) refuse('more than one YAML document')
  const problem = document?.errors[0] ?? document?.warnings[0]
  if (problem) refuse(firstLine(problem.message))
  if (!document?.contents) return refuse('empty')
  return valueOf(document.contents, refuse)
}

/**
 * Returns the file's tokens. The library's parser takes time quadratic in the nesting, so the nesting within
 * a line (flow collections, runs of `- - -`) is counted while lexing. So are all tokens: composing takes
 * 10 µs and a kilobyte for each, and cannot pause.
 */
function tokenize(text: string, maxDepth: number, refuse: Refuse): CST.Token[] {
  const parser = new Parser()
  const tokens: CST.Token[] = []
  let [flowDepth, blockDepth, lexemes] = [0, 0, 0]
  for (const lexeme of new Lexer().lex(text)) {
    if (!MARKS.includes(lexeme)) lexemes++
    if (lexemes > OTHER_FORM.tokens)
      return refuse(
        `more than ${OTHER_FORM.tokens} YAML tokens, in a form that git-vault does not write`,
        FORM_HINT
      )
    count(TOKEN_UNITS)
    if (lexeme === '[' || lexeme === '{') flowDepth++
    else if (lexeme === ']' || lexeme === '}') flowDepth--
    else if (lexeme === '-' || lexeme === '?') blockDepth++
    else if (lexeme.endsWith('\n')) blockDepth = 0
    if (flowDepth > maxDepth || blockDepth > maxDepth) return refuse(`nested more than ${maxDepth} deep`)
    for (const token of parser.next(lexeme)) tokens.push(token)
  }
  for (const token of parser.end()) tokens.push(token)
  return tokens
}

/** What the lexer puts before a document and before a scalar: no part of the text. */
const MARKS: readonly string[] = ['\x02', '\x1f', '\x18']

/** Units that a token costs, from here to the value. */
const TOKEN_UNITS = 4

/** A file in git-vault's own form may be larger. */
const FORM_HINT = 'restore the file as git-vault wrote it: git checkout -- FILE'

/**
 * Returns the reason why the syntax tree is not of the subset, or `undefined`. Runs before anything is
 * composed from the tree, and without recursion, so that nesting cannot exhaust the stack.
 */
function findForbidden(tokens: CST.Token[], maxDepth: number): string | undefined {
  const pending: { token: CST.Token | CST.SourceToken; depth: number }[] = tokens.map(token => ({
    token,
    depth: 0
  }))
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { token } = next
    const name = FORBIDDEN_TOKENS[token.type]
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

/** A document is signed as a whole, so a conflict is never resolved by editing the text. */
const CONFLICT_HINT = 'git-vault resolve'

const FORBIDDEN_TOKENS: Partial<Record<string, string>> = {
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

function valueOf(node: ParsedNode | null, refuse: Refuse): Value {
  if (isScalar(node)) return string(node.value, 'a value', refuse)
  if (isSeq(node)) return node.items.map(item => valueOf(item, refuse))
  if (!isMap(node)) return refuse('a value is missing')
  const map: Record<string, Value> = Object.create(null)
  const keys = new Set<string>()
  for (const { key, value } of node.items) {
    const name = string(isScalar(key) ? key.value : undefined, 'a key', refuse)
    if (keys.has(name)) return refuse(`the key ${JSON.stringify(name)} occurs twice`)
    keys.add(name)
    map[name] = valueOf(value, refuse)
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
