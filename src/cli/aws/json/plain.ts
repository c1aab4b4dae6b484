import type { Shape } from '../../../core/shape.js'

/** A JSON value: a response whose dates and bytes have become texts. */
export type Plain = string | number | boolean | null | Plain[] | { [key: string]: Plain }

/** Converts a response to JSON. Members are in the model's order, as the AWS CLI prints them; absent ones are omitted. */
export function toPlain(value: unknown, shape: Shape): Plain {
  if (shape.type === 'structure') {
    const from = value as Record<string, unknown>
    const present = Object.entries(shape.members).filter(([name]) => from[name] !== undefined)
    return Object.fromEntries(present.map(([name, member]) => [name, toPlain(from[name], member)]))
  }
  if (shape.type === 'map') {
    const entries = Object.entries(value as object)
    return Object.fromEntries(entries.map(([key, item]) => [key, toPlain(item, shape.value)]))
  }
  if (shape.type === 'list') return (value as unknown[]).map(item => toPlain(item, shape.member))
  if (value instanceof Date) return timestamp(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return value as Plain
}

/** Formats a date as ISO 8601 in the local time zone, with microseconds only if they are not zero: Python's isoformat. */
export function timestamp(date: Date): string {
  const offset = -date.getTimezoneOffset()
  const local = new Date(date.getTime() + offset * 60_000).toISOString()
  const fraction = local.slice(19, 23) === '.000' ? '' : `${local.slice(19, 23)}000`
  const minutes = Math.abs(offset)
  const zone = `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
  return `${local.slice(0, 19)}${fraction}${offset < 0 ? '-' : '+'}${zone}`
}

const two = (part: number): string => String(part).padStart(2, '0')
