import type { Shape } from '../../core/shape.js'
import { INTEGER } from '../arguments/arguments.js'
import { python } from '../arguments/python.js'
import { UsageError } from '../arguments/usage.js'
import type { Shorthand } from './shorthand.js'

/**
 * Converts a shorthand result to the model's types: a single value becomes a list, texts become numbers and booleans.
 * Leaves a value that does not fit unchanged, so that the validation reports it.
 */
export function fitToShape(value: Shorthand, shape: Shape): unknown {
  switch (shape.type) {
    case 'structure': {
      if (!isMap(value)) return value
      const fitted = Object.entries(value).map(([key, part]): [string, unknown] => {
        const member = Object.hasOwn(shape.members, key) ? shape.members[key] : undefined
        return [key, member === undefined ? part : fitToShape(part, member)]
      })
      return Object.fromEntries(fitted)
    }
    case 'map':
      if (!isMap(value)) return value
      return Object.fromEntries(
        Object.entries(value).map(([key, part]) => [key, fitToShape(part, shape.value)])
      )
    case 'list':
      return (Array.isArray(value) ? value : [value]).map(part => fitToShape(part, shape.member))
    case 'integer':
    case 'long':
      return typeof value === 'string' ? integer(value) : value
    case 'boolean':
      if (typeof value !== 'string') return value
      return /^true$/i.test(value) ? true : /^false$/i.test(value) ? false : value
    default:
      return value
  }
}

export function integer(text: string): number {
  if (INTEGER.test(text)) return Number(text.replaceAll('_', ''))
  throw new UsageError('other', `invalid literal for int() with base 10: ${python(text, true)}`)
}

const isMap = (value: Shorthand): value is { [key: string]: Shorthand } =>
  typeof value === 'object' && !Array.isArray(value)
