import { jsonError } from '../json/jsonError.js'
import type { Plain } from '../json/plain.js'
import { JmespathFault } from './fault.js'

export interface Token {
  readonly type: TokenType
  readonly value: Plain
  /** Where the token starts, in characters. */
  readonly at: number
}

export type TokenType =
  | 'dot'
  | 'star'
  | 'rbracket'
  | 'comma'
  | 'colon'
  | 'current'
  | 'lparen'
  | 'rparen'
  | 'lbrace'
  | 'rbrace'
  | 'lbracket'
  | 'flatten'
  | 'filter'
  | 'or'
  | 'pipe'
  | 'and'
  | 'expref'
  | 'lte'
  | 'lt'
  | 'gte'
  | 'gt'
  | 'ne'
  | 'not'
  | 'eq'
  | 'number'
  | 'literal'
  | 'unquoted_identifier'
  | 'quoted_identifier'
  | 'eof'

const MARKS: Readonly<Record<string, TokenType>> = {
  '.': 'dot',
  '*': 'star',
  ']': 'rbracket',
  ',': 'comma',
  ':': 'colon',
  '@': 'current',
  '(': 'lparen',
  ')': 'rparen',
  '{': 'lbrace',
  '}': 'rbrace',
  '[': 'lbracket',
  '[]': 'flatten',
  '[?': 'filter',
  '||': 'or',
  '|': 'pipe',
  '&&': 'and',
  '&': 'expref',
  '<=': 'lte',
  '<': 'lt',
  '>=': 'gte',
  '>': 'gt',
  '!=': 'ne',
  '!': 'not',
  '==': 'eq'
}

export function tokenize(expression: string): Token[] {
  return new Lexer(expression).tokens()
}

class Lexer {
  readonly #expression: string
  readonly #characters: readonly string[]
  #at = 0

  constructor(expression: string) {
    this.#expression = expression
    this.#characters = [...expression]
  }

  tokens(): Token[] {
    const tokens: Token[] = []
    while (this.#at < this.#characters.length) {
      const token = this.#next()
      if (token !== undefined) tokens.push(token)
    }
    return [...tokens, { type: 'eof', value: '', at: this.#characters.length }]
  }

  #next(): Token | undefined {
    const at = this.#at
    const first = this.#characters[at]!
    if (' \t\n\r'.includes(first)) return void this.#at++
    if (/[A-Za-z_]/.test(first)) return { type: 'unquoted_identifier', value: this.#run(/\w/), at }
    if (/[-0-9]/.test(first)) {
      const digits = this.#run(/[0-9]/)
      if (digits === '-') throw this.#fault("Unknown token '-'", at)
      return { type: 'number', value: Number(digits), at }
    }
    if (first === '`') return this.#literal(at)
    if (first === '"') return this.#quoted(at)
    if (first === "'") return { type: 'literal', value: this.#until("'").replaceAll("\\'", "'"), at }
    const two = first + (this.#characters[at + 1] ?? '')
    const mark = Object.hasOwn(MARKS, two) ? two : first
    const type = Object.hasOwn(MARKS, mark) ? MARKS[mark]! : undefined
    if (type === undefined)
      throw this.#fault(first === '=' ? "Unknown token '='" : `Unknown token ${first}`, at)
    this.#at += mark.length
    return { type, value: mark, at }
  }

  /** Takes the first character, and all following characters of one kind. */
  #run(kind: RegExp): string {
    let text = this.#characters[this.#at++]!
    while (this.#at < this.#characters.length && kind.test(this.#characters[this.#at]!)) {
      text += this.#characters[this.#at++]
    }
    return text
  }

  /** Reads JSON in backticks. Anything else is a text, because its quotes may be omitted. */
  #literal(at: number): Token {
    const text = this.#until('`').replaceAll('\\`', '`')
    for (const json of [text, `"${text.trimStart()}"`]) {
      try {
        return { type: 'literal', value: JSON.parse(json) as Plain, at }
      } catch {
        // try the other reading
      }
    }
    throw this.#fault(`Bad token ${text}`, at)
  }

  #quoted(at: number): Token {
    const json = `"${this.#until('"')}"`
    try {
      return { type: 'quoted_identifier', value: JSON.parse(json) as string, at }
    } catch {
      throw this.#fault(jsonError(json)?.split(':')[0] ?? 'Invalid string', at)
    }
  }

  #until(close: string): string {
    const from = this.#at++
    let text = ''
    while (this.#characters[this.#at] !== close) {
      if (this.#characters[this.#at] === '\\') {
        text += '\\'
        this.#at++
      }
      const character = this.#characters[this.#at++]
      if (character === undefined) throw this.#fault(`Unclosed ${close} delimiter`, from)
      text += character
    }
    this.#at++
    return text
  }

  #fault(reason: string, at: number): JmespathFault {
    return new JmespathFault(`Bad jmespath expression: ${reason}:\n${this.#expression}\n${' '.repeat(at)}^`)
  }
}
