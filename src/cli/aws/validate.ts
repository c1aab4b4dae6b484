import type { Shape, Structure } from '../../core/shape.js'
import { python } from '../arguments/python.js'

const FILE_LIKE = 'file-like object'

/**
 * Returns the problems that botocore finds before it sends a request, in its words: wrong names, types and minimum
 * lengths. The service checks everything else.
 */
export function validate(request: unknown, input: Structure): string[] {
  const problems: string[] = []
  check(request, input, '', problems)
  return problems
}

function check(value: unknown, shape: Shape, name: string, problems: string[]): void {
  const expected = expectedTypes(value, shape)
  if (expected !== undefined) {
    const shown = 'sensitive' in shape && shape.sensitive && value !== null ? '(not shown)' : python(value)
    const types = expected.map(type => (type === FILE_LIKE ? type : `<class '${type}'>`)).join(', ')
    problems.push(
      `Invalid type for parameter ${named(name)}, value: ${shown}, ` +
        `type: <class '${pythonType(value)}'>, valid types: ${types}`
    )
  } else if (shape.type === 'structure') {
    structure(value as Record<string, unknown>, shape, name, problems)
  } else if (shape.type === 'list') {
    const items = value as unknown[]
    checkMinimum(items.length, shape.min, 'length', name, problems)
    items.forEach((item, at) => check(item, shape.member, `${name}[${at}]`, problems))
  } else if (shape.type === 'map') {
    for (const [key, item] of Object.entries(value as object)) {
      check(key, shape.key, `${name} (key: ${key})`, problems)
      check(item, shape.value, `${name}.${key}`, problems)
    }
  } else if (shape.type === 'string') {
    checkMinimum([...(value as string)].length, shape.min, 'length', name, problems)
  } else if (shape.type === 'integer' || shape.type === 'long') {
    checkMinimum(value as number, shape.min, 'value', name, problems)
  }
}

function structure(value: Record<string, unknown>, shape: Structure, name: string, problems: string[]): void {
  for (const required of shape.required ?? []) {
    if (Object.hasOwn(value, required)) continue
    problems.push(`Missing required parameter in ${named(name)}: "${required}"`)
  }
  const known = Object.keys(value).filter(key => {
    if (Object.hasOwn(shape.members, key)) return true
    const valid = Object.keys(shape.members).join(', ')
    problems.push(`Unknown parameter in ${named(name)}: "${key}", must be one of: ${valid}`)
    return false
  })
  for (const key of known) check(value[key], shape.members[key]!, `${name}.${key}`, problems)
}

function checkMinimum(
  actual: number,
  min: number | undefined,
  what: 'length' | 'value',
  name: string,
  problems: string[]
): void {
  if (min === undefined || actual >= min) return
  problems.push(`Invalid ${what} for parameter ${named(name)}, value: ${actual}, valid min ${what}: ${min}`)
}

/** Returns the types that the shape accepts; `undefined` if the value has one of them. */
function expectedTypes(value: unknown, shape: Shape): string[] | undefined {
  switch (shape.type) {
    case 'structure':
    case 'map':
      return pythonType(value) === 'dict' ? undefined : ['dict']
    case 'list':
      return Array.isArray(value) ? undefined : ['list', 'tuple']
    case 'string':
      return typeof value === 'string' ? undefined : ['str']
    case 'blob':
      return value instanceof Uint8Array ? undefined : ['bytes', 'bytearray', FILE_LIKE]
    case 'integer':
    case 'long':
      // in Python a boolean is also an int
      return Number.isInteger(value) || typeof value === 'boolean' ? undefined : ['int']
    case 'boolean':
      return typeof value === 'boolean' ? undefined : ['bool']
    case 'timestamp':
      return undefined
  }
}

const named = (name: string): string => (name === '' ? 'input' : name.replace(/^\./, ''))

function pythonType(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType'
  if (Array.isArray(value)) return 'list'
  if (value instanceof Uint8Array) return 'bytes'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  return { string: 'str', boolean: 'bool' }[typeof value as string] ?? 'dict'
}
