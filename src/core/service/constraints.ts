import { VaultError } from '../errors.js'
import type { Shape, Structure } from '../shape.js'

/** A constraint of the model that a request violates. */
interface Violation {
  /** In the service's form: `tags.1.member.key`. */
  readonly path: string
  /** ` 'abc'` or ` null`; empty if the value is sensitive or has no short form. */
  readonly shown: string
  /** A sentence: `Member must not be null`. */
  readonly constraint: string
}

/** A constraint of a shape, and whether a value meets it. */
interface Rule {
  readonly constraint: string
  readonly met: boolean
}

type Scalar = Exclude<Shape, { type: 'list' | 'map' | 'structure' }>

/** A message names no more violations. A request of a million nulls must not get an answer of 80 million characters. */
const MOST_VIOLATIONS = 10
/** Characters. A longer value is not repeated in a message, which may name it several times. */
const LONGEST_SHOWN = 8_192

const LONE_SURROGATE = /\p{Surrogate}/u
const HIGH_SURROGATE = /[\ud800-\udbff]/g

const TYPES: Readonly<Record<Shape['type'], string>> = {
  string: 'a string',
  blob: 'bytes',
  integer: 'a whole number',
  long: 'a whole number',
  boolean: 'a boolean',
  timestamp: 'a date',
  list: 'a list',
  map: 'a map',
  structure: 'a structure'
}

/**
 * Returns a copy of the request with the members that `shape` has and that are not null. Others are ignored,
 * as in the service's JSON protocol. Every string in the copy is well-formed Unicode.
 *
 * Throws ValidationException with the violations in the service's wording, at most ten: "2 validation errors
 * detected: Value null at 'secretId' failed to satisfy constraint: Member must not be null; …".
 */
// The caller names the generated type for the shape.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function validate<Request>(shape: Structure, request: unknown): Request {
  const violations = firstOf(check(shape, request, ''))
  if (violations.length === 0) return pick(shape, request) as Request
  const count = violations.length === 1 ? '1 validation error' : `${violations.length} validation errors`
  const list = violations.map(
    ({ path, shown, constraint }) => `Value${shown} at '${path}' failed to satisfy constraint: ${constraint}`
  )
  throw new VaultError('ValidationException', `${count} detected: ${list.join('; ')}`)
}

/** A copy of the response with its keys in the model's order, without undefined and unknown ones. */
export function inModelOrder<Response>(shape: Shape, response: Response): Response {
  return pick(shape, response) as Response
}

/** Copies a value that fits its shape. `Object.fromEntries` makes even `__proto__` an ordinary key. */
function pick(shape: Shape, value: unknown): unknown {
  switch (shape.type) {
    case 'structure':
      return Object.fromEntries(
        Object.entries(shape.members).flatMap(([name, member]) => {
          const part = own(value as object, name)
          return isAbsent(part) ? [] : [[name, pick(member, part)]]
        })
      )
    case 'map':
      return Object.fromEntries(
        Object.entries(value as object).flatMap(([key, part]) =>
          part === undefined ? [] : [[key, pick(shape.value, part)]]
        )
      )
    case 'list':
      return (value as unknown[]).map(part => pick(shape.member, part))
    default:
      return value
  }
}

function firstOf(all: Iterable<Violation>): Violation[] {
  const first: Violation[] = []
  for (const violation of all) if (first.push(violation) === MOST_VIOLATIONS) break
  return first
}

/** Yields the violations one by one, so that the check stops when enough are known. */
function* check(shape: Shape, value: unknown, path: string): Iterable<Violation> {
  const mismatch = checkType(shape, value, path)
  if (mismatch !== undefined) {
    yield mismatch
    return
  }
  switch (shape.type) {
    case 'structure':
      yield* checkMembers(shape, value as object, path)
      return
    case 'map': {
      const entries = Object.entries(value as object)
      const keys = entries.map(([key]) => [`${path}.${key}.key`, key] as const)
      const values = entries.map(([key, part]) => [`${path}.${key}.member`, part] as const)
      yield* checkElements(shape.key, keys, 'Map keys', path)
      yield* checkElements(shape.value, values, 'Map value', path)
      return
    }
    case 'list': {
      const list = value as unknown[]
      // elements beyond the longest allowed list are refused with the list
      const members = Array.from(
        list.slice(0, shape.max ?? list.length),
        (part, index) => [`${path}.${index + 1}.member`, part] as const
      )
      const shown = () => render(shape, value)
      yield* broken(bounds('length', shape, list.length), path, shown)
      yield* checkElements(shape.member, members, 'Member', path, shown)
      return
    }
    default:
      yield* broken(rules(shape, value), path, () => render(shape, value))
  }
}

function* checkMembers({ members, required }: Structure, value: object, path: string): Iterable<Violation> {
  for (const [name, member] of Object.entries(members)) {
    const part = own(value, name)
    if (isAbsent(part) && !required?.includes(name)) continue
    const camel = name.charAt(0).toLowerCase() + name.slice(1)
    yield* check(member, part, path === '' ? camel : `${path}.${camel}`)
  }
}

/** The service reports structures one by one, but scalars only once, with all constraints of each element. */
function* checkElements(
  shape: Shape,
  elements: readonly (readonly [path: string, value: unknown])[],
  noun: string,
  path: string,
  shown = () => ''
): Iterable<Violation> {
  if (!isScalar(shape)) {
    for (const [place, value] of elements) yield* check(shape, value, place)
    return
  }
  let hasMismatch = false
  for (const [place, value] of elements) {
    const mismatch = checkType(shape, value, place)
    if (mismatch === undefined) continue
    hasMismatch = true
    yield mismatch
  }
  if (hasMismatch) return
  for (const [, value] of elements) {
    const all = rules(shape, value)
    if (all.every(({ met }) => met)) continue
    const list = all.map(({ constraint }) => constraint).join(', ')
    yield { path, shown: shown(), constraint: `${noun} must satisfy constraint: [${list}]` }
    return
  }
}

/** A missing value or one of another type; the other constraints do not apply to it. */
function checkType(shape: Shape, value: unknown, path: string): Violation | undefined {
  if (isAbsent(value)) return { path, shown: ' null', constraint: 'Member must not be null' }
  if (!hasType(shape, value)) return { path, shown: '', constraint: `Member must be ${TYPES[shape.type]}` }
  return shape.type === 'string' && LONE_SURROGATE.test(value as string)
    ? { path, shown: '', constraint: 'Member must be well-formed Unicode' }
    : undefined
}

function hasType({ type }: Shape, value: unknown): boolean {
  switch (type) {
    case 'string':
    case 'boolean':
      return typeof value === type
    case 'integer':
    case 'long':
      return Number.isSafeInteger(value)
    case 'blob':
      return value instanceof Uint8Array
    case 'timestamp':
      return value instanceof Date && !Number.isNaN(value.getTime())
    case 'list':
      return Array.isArray(value)
    case 'map':
    case 'structure':
      return typeof value === 'object' && !Array.isArray(value)
  }
}

/** In the service's order: upper bound, lower bound, pattern, enum. */
function rules(shape: Scalar, value: unknown): Rule[] {
  switch (shape.type) {
    case 'string': {
      const text = value as string
      // Secrets Manager's quota for a value is in bytes, never fewer than characters.
      const length = shape.sensitive ? new TextEncoder().encode(text).length : characters(text)
      return [
        ...bounds('length', shape, length),
        ...(shape.pattern === undefined ? [] : [matches(shape.pattern, text)]),
        ...(shape.enum === undefined ? [] : [isOneOf(shape.enum, text)])
      ]
    }
    case 'blob':
      return bounds('length', shape, (value as Uint8Array).length)
    case 'integer':
    case 'long':
      return bounds('value', shape, value as number)
    default:
      return []
  }
}

function bounds(
  noun: 'length' | 'value',
  { min, max }: { min?: number; max?: number },
  size: number
): Rule[] {
  const upper = {
    constraint: `Member must have ${noun} less than or equal to ${max}`,
    met: size <= Number(max)
  }
  const lower = {
    constraint: `Member must have ${noun} greater than or equal to ${min}`,
    met: size >= Number(min)
  }
  return [...(max === undefined ? [] : [upper]), ...(min === undefined ? [] : [lower])]
}

/** The model's patterns apply to the whole text, anchored or not. */
function matches(pattern: string, text: string): Rule {
  return {
    constraint: `Member must satisfy regular expression pattern: ${pattern}`,
    met: whole(pattern).test(text)
  }
}

/** Compiled patterns of the model. */
const compiled = new Map<string, RegExp>()

function whole(pattern: string): RegExp {
  const known = compiled.get(pattern)
  if (known) return known
  const expression = new RegExp(`^(?:${pattern})$`)
  compiled.set(pattern, expression)
  return expression
}

function isOneOf(values: readonly string[], text: string): Rule {
  return {
    constraint: `Member must satisfy enum value set: [${values.join(', ')}]`,
    met: values.includes(text)
  }
}

function* broken(all: readonly Rule[], path: string, shown: () => string): Iterable<Violation> {
  for (const { constraint, met } of all) if (!met) yield { path, shown: shown(), constraint }
}

function render(shape: Shape, value: unknown): string {
  const text = rendered(shape, value)
  return text === undefined || text.length > LONGEST_SHOWN ? '' : ` '${text}'`
}

function rendered(shape: Shape, value: unknown): string | undefined {
  if (shape.type === 'integer' || shape.type === 'long') return String(value)
  if (shape.type === 'string') return shape.sensitive ? undefined : String(value)
  if (shape.type !== 'list' || shape.member.type !== 'string' || shape.member.sensitive) return undefined
  return `[${(value as unknown[]).join(', ')}]`
}

/** The number of characters of well-formed text. A character beyond U+FFFF is two UTF-16 units. */
function characters(text: string): number {
  return text.length - (text.match(HIGH_SURROGATE)?.length ?? 0)
}

function isScalar(shape: Shape): shape is Scalar {
  return shape.type !== 'list' && shape.type !== 'map' && shape.type !== 'structure'
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null
}

/** A member of the request, never one of its prototype. */
function own(value: object, name: string): unknown {
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
}
