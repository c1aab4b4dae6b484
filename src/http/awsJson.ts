import { utf8Text } from '../core/encoding.js'
import { VaultError } from '../core/errors.js'
import { operations, type OperationName } from '../core/generated/operations.js'
import type { Shape, Structure } from '../core/shape.js'
import type { Answer } from './message.js'

export const AWS_JSON = 'application/x-amz-json-1.1'

const TARGET = /^secretsmanager\.([A-Za-z]{1,64})$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** The operation that a target names. Throws UnknownOperationException. */
export function operationOf(target: string | undefined): OperationName {
  const [, name = ''] = TARGET.exec(target ?? '') ?? []
  if (Object.hasOwn(operations, name)) return name as OperationName
  throw new VaultError('UnknownOperationException', 'The requested operation is unknown.')
}

/**
 * A request's body in the types of its shape: dates as `Date`, blobs as bytes. Throws SerializationException,
 * whose message repeats nothing of the body. Does not check the model's lengths and patterns.
 */
export function parseInput(shape: Structure, body: Uint8Array): object {
  const value = body.length === 0 ? {} : parseJson(body)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unfit(value, 'structure')
  return fromWire(shape, value) as object
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8Text(body) ?? '')
  } catch {
    // the parser's message quotes a piece of the text, which may be a secret value
    throw new VaultError('SerializationException', 'The body is not JSON in UTF-8.')
  }
}

function fromWire(shape: Shape, value: unknown): unknown {
  if (value === null) return undefined
  switch (shape.type) {
    case 'structure':
      if (typeof value !== 'object' || Array.isArray(value)) throw unfit(value, shape.type)
      return Object.fromEntries(
        Object.entries(shape.members).flatMap(([name, member]) =>
          Object.hasOwn(value, name)
            ? [[name, fromWire(member, (value as Record<string, unknown>)[name])]]
            : []
        )
      )
    case 'map':
      if (typeof value !== 'object' || Array.isArray(value)) throw unfit(value, shape.type)
      return Object.fromEntries(
        Object.entries(value).map(([key, part]) => [key, fromWire(shape.value, part)])
      )
    case 'list':
      if (!Array.isArray(value)) throw unfit(value, shape.type)
      return value.map(part => fromWire(shape.member, part))
    case 'string':
      if (typeof value === 'string') return value
      break
    case 'boolean':
      if (typeof value === 'boolean') return value
      break
    case 'integer':
    case 'long':
      if (Number.isSafeInteger(value)) return value
      break
    case 'timestamp':
      if (typeof value === 'number' && Math.abs(value) < 8.64e12) return new Date(value * 1000)
      break
    case 'blob':
      if (typeof value === 'string' && BASE64.test(value)) return Buffer.from(value, 'base64')
  }
  throw unfit(value, shape.type)
}

const NAMES: Readonly<Record<string, string>> = {
  string: 'STRING_VALUE',
  number: 'NUMBER_VALUE',
  boolean: 'BOOLEAN_VALUE',
  undefined: 'NULL_VALUE'
}

function unfit(value: unknown, type: Shape['type']): VaultError {
  const found = Array.isArray(value) ? 'START_ARRAY' : (NAMES[typeof (value ?? undefined)] ?? 'START_OBJECT')
  return new VaultError('SerializationException', `${found} can not be converted to a ${type}`)
}

/** A response in the service's JSON: dates in seconds with three decimals, blobs in base64. */
export function formatOutput(shape: Shape, value: unknown): string {
  switch (shape.type) {
    case 'structure':
      return `{${Object.entries(shape.members)
        .flatMap(([name, member]) => {
          const part = (value as Record<string, unknown>)[name]
          return part === undefined ? [] : [`${JSON.stringify(name)}:${formatOutput(member, part)}`]
        })
        .join(',')}}`
    case 'map':
      return `{${Object.entries(value as object)
        .map(([key, part]) => `${JSON.stringify(key)}:${formatOutput(shape.value, part)}`)
        .join(',')}}`
    case 'list':
      return `[${(value as unknown[]).map(part => formatOutput(shape.member, part)).join(',')}]`
    case 'timestamp':
      return seconds(value as Date)
    case 'blob':
      return JSON.stringify(Buffer.from(value as Uint8Array).toString('base64'))
    default:
      return JSON.stringify(value)
  }
}

export const seconds = (date: Date): string => (date.getTime() / 1000).toFixed(3)

/**
 * What a client sees of an error. An error of the service keeps its code and text; any other is
 * InternalServiceError.
 */
export function wireError(error: unknown): { status: number; code: string; message: string } {
  if (error instanceof VaultError && error.isService && error.code !== 'InternalServiceError') {
    const { code, message } = error
    return { status: 400, code, message }
  }
  return { status: 500, code: 'InternalServiceError', message: 'An error occurred on the server side.' }
}

export function errorAnswer(error: unknown): Answer {
  const { status, code, message } = wireError(error)
  return { status, type: AWS_JSON, body: JSON.stringify({ __type: code, Message: message }) }
}
