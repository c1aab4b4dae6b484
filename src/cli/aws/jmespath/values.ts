import { python } from '../../arguments/python.js'
import type { Plain } from '../json/plain.js'
import { isFields } from '../json/shapes.js'
import { JmespathFault } from './fault.js'

/** `&expression`, which a function applies to each element. */
export class Expression {
  readonly run: (value: Plain) => Value

  constructor(run: (value: Plain) => Value) {
    this.run = run
  }
}

export type Value = Plain | Expression

export type Type = 'boolean' | 'array' | 'object' | 'null' | 'string' | 'number' | 'expref'

export function typeOf(value: Value): Type {
  if (value === null) return 'null'
  if (value instanceof Expression) return 'expref'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'object') return 'object'
  return typeof value as 'boolean' | 'string' | 'number'
}

/** Returns Python's name of the type. */
export function pythonType(value: Value): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  const names = {
    boolean: 'bool',
    array: 'list',
    object: 'dict',
    null: 'NoneType',
    string: 'str',
    expref: '_Expression'
  }
  return names[typeOf(value) as keyof typeof names]
}

export const isFalse = (value: Value): boolean =>
  value === null || value === false || value === '' || isEmpty(value)

const isEmpty = (value: Value): boolean =>
  Array.isArray(value)
    ? value.length === 0
    : typeOf(value) === 'object' && Object.keys(value as object).length === 0

/** Compares like `==` in an expression: a number never equals a boolean. */
export function equals(a: Value, b: Value): boolean {
  const isMixed = (x: Value, y: Value): boolean => (x === 0 || x === 1) && typeof y === 'boolean'
  return !isMixed(a, b) && !isMixed(b, a) && pythonEquals(a, b)
}

/** Compares like Python, where 1 equals True. */
export function pythonEquals(a: Value, b: Value): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, at) => pythonEquals(item, b[at]!))
  }
  if (a instanceof Expression || b instanceof Expression) return a === b
  if (isFields(a) && isFields(b)) {
    const keys = Object.keys(a)
    return (
      keys.length === Object.keys(b).length &&
      keys.every(key => Object.hasOwn(b, key) && pythonEquals(a[key]!, b[key]!))
    )
  }
  if (typeof a === 'boolean' && typeof b === 'number') return Number(a) === b
  if (typeof a === 'number' && typeof b === 'boolean') return a === Number(b)
  return a === b
}

/** Returns a number below, equal to or above 0. Orders numbers by size and texts by code point; throws for other types. */
export function compare(a: Value, b: Value, operator: string): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b))
  throw new JmespathFault(
    `'${operator}' not supported between instances of '${pythonType(a)}' and '${pythonType(b)}'`
  )
}

export function typeFault(
  name: string,
  value: Value,
  types: readonly string[],
  received: string
): JmespathFault {
  return new JmespathFault(
    `In function ${name}(), invalid type for value: ${python(value)}, expected one of: ${python(types)}, ` +
      `received: "${received}"`
  )
}
