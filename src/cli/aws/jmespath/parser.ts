import { python } from '../../arguments/python.js'
import type { Plain } from '../json/plain.js'
import { incomplete, JmespathFault, parseFault } from './fault.js'
import { tokenize, type Token, type TokenType } from './lexer.js'
import {
  both,
  call,
  comparison,
  either,
  field,
  filtered,
  flattened,
  hash,
  identity,
  index,
  list,
  literal,
  negated,
  projected,
  reference,
  slice,
  chain,
  valuesProjected,
  type Node
} from './nodes.js'

const POWER: { readonly [type in TokenType]?: number } = {
  pipe: 1,
  or: 2,
  and: 3,
  eq: 5,
  gt: 5,
  lt: 5,
  gte: 5,
  lte: 5,
  ne: 5,
  flatten: 9,
  star: 20,
  filter: 21,
  dot: 40,
  not: 45,
  lbrace: 50,
  lbracket: 55,
  lparen: 60
}
/** A token with a lower binding power ends a projection. */
const PROJECTION_STOP = 10

const power = (type: TokenType): number => POWER[type] ?? 0

/** Parses an expression by the rules of Python's jmespath. Throws `JmespathFault`. */
export function parse(expression: string): Node {
  if (expression === '') throw new JmespathFault('Invalid JMESPath expression: cannot be empty.')
  return new Parser(expression).whole()
}

class Parser {
  readonly #expression: string
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(expression: string) {
    this.#expression = expression
    this.#tokens = tokenize(expression)
  }

  whole(): Node {
    const node = this.#node(0)
    const token = this.#token()
    if (token.type !== 'eof') throw this.#fault(`Unexpected token: ${python(token.value)}`, token)
    return node
  }

  #node(least: number): Node {
    let left = this.#begin(this.#take())
    while (least < power(this.#type())) left = this.#continue(left, this.#take())
    return left
  }

  #begin(token: Token): Node {
    switch (token.type) {
      case 'literal':
        return literal(token.value)
      case 'unquoted_identifier':
        return field(token.value as string)
      case 'quoted_identifier':
        if (this.#type() === 'lparen') {
          throw this.#fault('Quoted identifier not allowed for function names.', { ...this.#token(), at: 0 })
        }
        return field(token.value as string)
      case 'star':
        return valuesProjected(
          identity,
          this.#type() === 'rbracket' ? identity : this.#projection(power('star'))
        )
      case 'filter':
        return this.#filter(identity)
      case 'lbrace':
        return this.#hash()
      case 'lparen': {
        const node = this.#node(0)
        this.#expect('rparen')
        return node
      }
      case 'flatten':
        return projected(flattened(identity), this.#projection(power('flatten')))
      case 'not':
        return negated(this.#node(power('not')))
      case 'lbracket':
        return this.#bracket()
      case 'current':
        return identity
      case 'expref':
        return reference(this.#node(0))
      case 'eof':
        throw incomplete(this.#expression)
      default:
        throw this.#fault('invalid token', token)
    }
  }

  #bracket(): Node {
    if (this.#type() === 'number' || this.#type() === 'colon') return this.#sliced(identity, this.#index())
    if (this.#type() === 'star' && this.#tokens[this.#at + 1]?.type === 'rbracket') {
      this.#at += 2
      return projected(identity, this.#projection(power('star')))
    }
    return this.#list()
  }

  #continue(left: Node, token: Token): Node {
    switch (token.type) {
      case 'dot':
        if (this.#type() !== 'star') return chain(left, this.#afterDot(power('dot')))
        this.#at++
        return valuesProjected(left, this.#projection(power('dot')))
      case 'pipe':
        return chain(left, this.#node(power('pipe')))
      case 'or':
        return either(left, this.#node(power('or')))
      case 'and':
        return both(left, this.#node(power('and')))
      case 'lparen':
        return this.#call(left)
      case 'filter':
        return this.#filter(left)
      case 'eq':
      case 'ne':
      case 'gt':
      case 'gte':
      case 'lt':
      case 'lte':
        return comparison(token.type, left, this.#node(power(token.type)))
      case 'flatten':
        return projected(flattened(left), this.#projection(power('flatten')))
      case 'lbracket':
        if (this.#type() === 'number' || this.#type() === 'colon') {
          const right = this.#index()
          // a slice directly after an index is not a projection
          return left.kind === 'index' ? { ...chain(left, right), kind: 'index' } : this.#sliced(left, right)
        }
        this.#expect('star')
        this.#expect('rbracket')
        return projected(left, this.#projection(power('star')))
      default:
        throw this.#fault('invalid token', token)
    }
  }

  #call(left: Node): Node {
    if (left.kind !== 'field') {
      const token = this.#tokens[this.#at - 2]!
      throw this.#fault(`Invalid function name '${python(token.value)}'`, token)
    }
    const values: Node[] = []
    while (this.#type() !== 'rparen') {
      values.push(this.#node(0))
      if (this.#type() === 'comma') this.#at++
    }
    this.#at++
    return call(left.name!, values)
  }

  #filter(left: Node): Node {
    const condition = this.#node(0)
    this.#expect('rbracket')
    const right = this.#type() === 'flatten' ? identity : this.#projection(power('filter'))
    return filtered(left, right, condition)
  }

  /** Parses what follows `[`: a number, or up to three numbers separated by colons. */
  #index(): Node {
    if (this.#type() !== 'colon' && this.#tokens[this.#at + 1]?.type !== 'colon') {
      const node = index(this.#take().value as number)
      this.#expect('rbracket')
      return node
    }
    const parts: (number | null)[] = [null, null, null]
    let part = 0
    while (this.#type() !== 'rbracket') {
      const token = this.#token()
      if (token.type === 'colon') part++
      else if (token.type === 'number') parts[part] = token.value as number
      if (part === 3 || (token.type !== 'colon' && token.type !== 'number'))
        throw this.#fault('syntax error', token)
      this.#at++
    }
    this.#at++
    return slice(parts)
  }

  #sliced(left: Node, right: Node): Node {
    const node: Node = { ...chain(left, right), kind: 'index' }
    return right.kind === 'slice' ? projected(node, this.#projection(power('star'))) : node
  }

  #list(): Node {
    const parts: Node[] = []
    for (;;) {
      parts.push(this.#node(0))
      if (this.#type() === 'rbracket') break
      this.#expect('comma')
    }
    this.#at++
    return list(parts)
  }

  #hash(): Node {
    const parts: [string, Node][] = []
    for (;;) {
      const key = this.#token()
      this.#expect('quoted_identifier', 'unquoted_identifier')
      this.#expect('colon')
      parts.push([key.value as string, this.#node(0)])
      if (this.#type() === 'comma') this.#at++
      else if (this.#type() === 'rbrace') break
    }
    this.#at++
    return hash(parts)
  }

  /** Parses the expression that a projection applies to each element. */
  #projection(least: number): Node {
    const type = this.#type()
    if (power(type) < PROJECTION_STOP) return identity
    if (type === 'lbracket' || type === 'filter') return this.#node(least)
    if (type !== 'dot') throw this.#fault('syntax error', this.#token())
    this.#at++
    return this.#afterDot(least)
  }

  #afterDot(least: number): Node {
    const token = this.#token()
    if (token.type === 'quoted_identifier' || token.type === 'unquoted_identifier' || token.type === 'star') {
      return this.#node(least)
    }
    if (token.type !== 'lbracket' && token.type !== 'lbrace') {
      const allowed = "['quoted_identifier', 'unquoted_identifier', 'lbracket', 'lbrace']"
      throw this.#fault(`Expecting: ${allowed}, got: ${token.type}`, token)
    }
    this.#at++
    return token.type === 'lbracket' ? this.#list() : this.#hash()
  }

  #expect(...types: TokenType[]): void {
    const token = this.#token()
    if (types.includes(token.type)) return void this.#at++
    if (token.type === 'eof') throw incomplete(this.#expression)
    const expected: Plain = types.length === 1 ? types[0]! : types
    throw this.#fault(`Expecting: ${python(expected)}, got: ${token.type}`, token)
  }

  #token(): Token {
    return this.#tokens[this.#at]!
  }

  #type(): TokenType {
    return this.#token().type
  }

  #take(): Token {
    return this.#tokens[this.#at++]!
  }

  #fault(reason: string, token: Token): JmespathFault {
    return parseFault(reason, { ...token, value: python(token.value) }, this.#expression)
  }
}
