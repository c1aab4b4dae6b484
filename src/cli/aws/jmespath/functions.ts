import { INTEGER } from '../../arguments/arguments.js'
import type { Plain } from '../json/plain.js'
import { isFields, type Fields } from '../json/shapes.js'
import { JmespathFault } from './fault.js'
import {
  compare,
  Expression,
  pythonEquals,
  pythonType,
  typeFault,
  typeOf,
  type Type,
  type Value
} from './values.js'

interface Definition {
  /** The types of each argument. An empty list accepts any type; `array-number` is an array of numbers. */
  readonly types: readonly (readonly string[])[]
  /** Whether the last argument may be repeated. */
  readonly isVariadic?: boolean
  readonly run: (...values: never[]) => Value
}

const either = ['array-number', 'array-string'] as const

const FUNCTIONS: Readonly<Record<string, Definition>> = {
  abs: { types: [['number']], run: (value: number) => Math.abs(value) },
  avg: {
    types: [['array-number']],
    run: (values: number[]) => (values.length === 0 ? null : sum(values) / values.length)
  },
  not_null: {
    types: [[]],
    isVariadic: true,
    run: (...values: Plain[]) => values.find(value => value !== null) ?? null
  },
  to_array: { types: [[]], run: (value: Plain) => (Array.isArray(value) ? value : [value]) },
  to_string: {
    types: [[]],
    run: (value: Plain) => (typeof value === 'string' ? value : ascii(JSON.stringify(value)))
  },
  to_number: { types: [[]], run: toNumber },
  contains: { types: [['array', 'string'], []], run: contains },
  length: {
    types: [['string', 'array', 'object']],
    run: (value: string | Plain[] | Fields) =>
      typeof value === 'string' ? [...value].length : Object.keys(value).length
  },
  ends_with: { types: [['string'], ['string']], run: (text: string, end: string) => text.endsWith(end) },
  starts_with: {
    types: [['string'], ['string']],
    run: (text: string, start: string) => text.startsWith(start)
  },
  reverse: {
    types: [['array', 'string']],
    run: (value: string | Plain[]) =>
      typeof value === 'string' ? [...value].reverse().join('') : [...value].reverse()
  },
  ceil: { types: [['number']], run: (value: number) => Math.ceil(value) },
  floor: { types: [['number']], run: (value: number) => Math.floor(value) },
  join: {
    types: [['string'], ['array-string']],
    run: (between: string, texts: string[]) => texts.join(between)
  },
  map: {
    types: [['expref'], ['array']],
    run: ({ run }: Expression, values: Plain[]) => values.map(value => run(value) as Plain)
  },
  max: { types: [either], run: (values: Plain[]) => best(values, value => value, '>') },
  min: { types: [either], run: (values: Plain[]) => best(values, value => value, '<') },
  merge: { types: [['object']], isVariadic: true, run: merge },
  sort: {
    types: [['array-string', 'array-number']],
    run: (values: Plain[]) => [...values].sort((a, b) => compare(a, b, '<'))
  },
  sum: { types: [['array-number']], run: sum },
  keys: { types: [['object']], run: (value: Fields) => Object.keys(value) },
  values: { types: [['object']], run: (value: Fields) => Object.values(value) },
  type: { types: [[]], run: (value: Value) => (value instanceof Expression ? null : typeOf(value)) },
  sort_by: { types: [['array'], ['expref']], run: sortBy },
  min_by: {
    types: [['array'], ['expref']],
    run: (values: Plain[], by: Expression) => best(values, keyOf(by, ['number', 'string'], 'min_by'), '<')
  },
  max_by: {
    types: [['array'], ['expref']],
    run: (values: Plain[], by: Expression) => best(values, keyOf(by, ['number', 'string'], 'max_by'), '>')
  }
}

export function callFunction(name: string, values: readonly Value[]): Value {
  const definition = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined
  if (definition === undefined) throw new JmespathFault(`Unknown function: ${name}()`)
  const { types, isVariadic = false, run } = definition
  if (isVariadic ? values.length < types.length : values.length !== types.length) {
    const many = `${isVariadic ? 'at least ' : ''}${types.length} argument${types.length === 1 ? '' : 's'}`
    throw new JmespathFault(`Expected ${many} for function ${name}(), received ${values.length}`)
  }
  types.forEach((allowed, at) => checkType(name, values[at]!, allowed))
  return (run as (...values: readonly Value[]) => Value)(...values)
}

function checkType(name: string, value: Value, allowed: readonly string[]): void {
  if (allowed.length === 0) return
  const outer = allowed.map(type => type.split('-', 1)[0]!)
  if (!outer.includes(typeOf(value))) throw typeFault(name, value, allowed, typeOf(value))
  const inner = allowed.flatMap(type => type.split('-').slice(1))
  if (inner.length === 0 || !Array.isArray(value) || value.length === 0) return
  // if several element types are allowed, all elements must have the type of the first
  const expected = inner.length === 1 ? inner[0] : inner.find(type => type === typeOf(value[0]!))
  const wrong = value.findIndex(item => typeOf(item) !== expected)
  if (wrong >= 0) throw typeFault(name, value[wrong]!, allowed, pythonType(value[wrong]!))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function toNumber(value: Value): number | null {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return null
  const isNumber = INTEGER.test(value) || /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/.test(value)
  return isNumber ? Number(value.replaceAll('_', '')) : null
}

function contains(subject: string | Plain[], search: Plain): boolean {
  if (Array.isArray(subject)) return subject.some(item => pythonEquals(item, search))
  if (typeof search === 'string') return subject.includes(search)
  throw new JmespathFault(`'in <string>' requires string as left operand, not ${pythonType(search)}`)
}

function merge(...values: Plain[]): Fields {
  // Python accepts an empty list as an empty dict
  const wrong = values.find(value => !isFields(value) && !(Array.isArray(value) && value.length === 0))
  if (wrong !== undefined) throw typeFault('merge', wrong, ['object'], typeOf(wrong))
  return Object.fromEntries(values.flatMap(value => Object.entries(value as Fields)))
}

/** Returns the first element that no other element precedes. */
function best(values: readonly Plain[], key: (value: Plain) => Value, operator: '<' | '>'): Plain {
  let found: { value: Plain; key: Value } | undefined
  for (const value of values) {
    const next = { value, key: key(value) }
    if (found === undefined) found = next
    else {
      const order = compare(next.key, found.key, operator)
      if (operator === '<' ? order < 0 : order > 0) found = next
    }
  }
  return found?.value ?? null
}

/** Sorts an array. The key of the first element decides whether the keys are numbers or texts. */
function sortBy(values: Plain[], by: Expression): Plain[] {
  if (values.length === 0) return values
  const type = typeOf(by.run(values[0]!))
  if (type !== 'number' && type !== 'string')
    throw typeFault('sort_by', values[0]!, ['string', 'number'], type)
  const key = keyOf(by, [type], 'sort_by')
  const keyed = values.map(value => ({ value, key: key(value) }))
  return keyed.sort((a, b) => compare(a.key, b.key, '<')).map(({ value }) => value)
}

function keyOf({ run }: Expression, types: readonly Type[], name: string): (value: Plain) => Value {
  return value => {
    const key = run(value)
    if (!types.includes(typeOf(key))) throw typeFault(name, key, types, typeOf(key))
    return key
  }
}

/** Escapes non-ASCII characters in JSON, as Python does by default. */
const ascii = (json: string): string =>
  json.replace(/[^\0-\u007e]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
