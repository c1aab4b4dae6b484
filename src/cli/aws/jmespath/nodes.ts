import type { Plain } from '../json/plain.js'
import { isFields } from '../json/shapes.js'
import { JmespathFault } from './fault.js'
import { callFunction } from './functions.js'
import { compare, equals, Expression, isFalse, type Value } from './values.js'

/** A part of an expression, which maps a value to a value. */
export interface Node {
  /** The kind of node, if the parser treats it specially. */
  readonly kind?: 'field' | 'index' | 'slice'
  readonly name?: string
  readonly run: (value: Value) => Value
}

export const identity: Node = { run: value => value }

export const literal = (constant: Plain): Node => ({ run: () => constant })

export const field = (name: string): Node => ({
  kind: 'field',
  name,
  run: value => (isObject(value) && Object.hasOwn(value, name) ? value[name]! : null)
})

export const chain = (first: Node, second: Node): Node => ({ run: value => second.run(first.run(value)) })

export const either = (left: Node, right: Node): Node => ({
  run(value) {
    const matched = left.run(value)
    return isFalse(matched) ? right.run(value) : matched
  }
})

export const both = (left: Node, right: Node): Node => ({
  run(value) {
    const matched = left.run(value)
    return isFalse(matched) ? matched : right.run(value)
  }
})

export const negated = (node: Node): Node => ({ run: value => isFalse(node.run(value)) })

export const reference = (node: Node): Node => ({ run: () => new Expression(node.run) })

export const call = (name: string, nodes: readonly Node[]): Node => ({
  run: value =>
    callFunction(
      name,
      nodes.map(node => node.run(value))
    )
})

type Comparator = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte'

/** Only numbers and texts can be ordered. */
export const comparison = (comparator: Comparator, left: Node, right: Node): Node => ({
  run(value) {
    const [a, b] = [left.run(value), right.run(value)]
    if (comparator === 'eq' || comparator === 'ne') return equals(a, b) === (comparator === 'eq')
    const isOrdered = (operand: Value): boolean => typeof operand === 'number' || typeof operand === 'string'
    if (!isOrdered(a) || !isOrdered(b)) return null
    if (comparator === 'gt') return compare(a, b, '>') > 0
    if (comparator === 'gte') return compare(a, b, '>=') >= 0
    return comparator === 'lt' ? compare(a, b, '<') < 0 : compare(a, b, '<=') <= 0
  }
})

export const list = (nodes: readonly Node[]): Node => ({
  run: value => (value === null ? null : nodes.map(node => node.run(value) as Plain))
})

export const hash = (pairs: readonly (readonly [string, Node])[]): Node => ({
  run: value =>
    value === null ? null : Object.fromEntries(pairs.map(([name, node]) => [name, node.run(value) as Plain]))
})

export const index = (at: number): Node => ({
  run: value => (Array.isArray(value) ? (value.at(at) ?? null) : null)
})

/** Slices an array like Python. */
export const slice = ([start, stop, optionalStep]: readonly (number | null | undefined)[]): Node => ({
  kind: 'slice',
  run(value) {
    if (!Array.isArray(value)) return null
    const step = optionalStep ?? 1
    if (step === 0) throw new JmespathFault('slice step cannot be zero')
    const [low, high] = step > 0 ? [0, value.length] : [-1, value.length - 1]
    const bound = (place: number): number =>
      Math.min(high, Math.max(low, place < 0 ? place + value.length : place))
    const from = start == null ? (step > 0 ? low : high) : bound(start)
    const to = stop == null ? (step > 0 ? high : low) : bound(stop)
    const found: Plain[] = []
    for (let at = from; step > 0 ? at < to : at > to; at += step) found.push(value[at]!)
    return found
  }
})

export const flattened = (node: Node): Node => ({
  run(value) {
    const base = node.run(value)
    return Array.isArray(base) ? base.flat() : null
  }
})

export const projected = (left: Node, right: Node): Node => ({
  run(value) {
    const base = left.run(value)
    return Array.isArray(base) ? each(base, right) : null
  }
})

export const valuesProjected = (left: Node, right: Node): Node => ({
  run(value) {
    const base = left.run(value)
    return isObject(base) ? each(Object.values(base), right) : null
  }
})

export const filtered = (left: Node, right: Node, condition: Node): Node => ({
  run(value) {
    const base = left.run(value)
    return Array.isArray(base)
      ? each(
          base.filter(element => !isFalse(condition.run(element))),
          right
        )
      : null
  }
})

const each = (elements: readonly Plain[], { run }: Node): Plain[] =>
  elements.map(element => run(element) as Plain).filter(result => result !== null)

const isObject = (value: Value): value is { [key: string]: Plain } =>
  !(value instanceof Expression) && isFields(value)
