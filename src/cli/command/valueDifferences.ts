import type { SecretValue } from '../../core/crypto/seal.js'
import type { ValueChange } from '../../vault/diff/values.js'
import { jsonMember } from './jsonMember.js'

/** One difference of two values: a key of a JSON object, or the whole value. */
export interface ValueDifference {
  readonly version: string
  readonly key?: string
  readonly before?: string
  readonly after?: string
  readonly closed?: true
}

/** Compares two values key by key if both are JSON objects, or one is and there is no other. */
export function valueDifferences({ version, before, after, closed }: ValueChange): ValueDifference[] {
  if (closed) return [{ version, closed }]
  const texts = [before, after].map(value => value && textOf(value))
  const keys = texts.map(text => (text === undefined ? [] : keysOf(text)))
  const [then, now] = keys
  const [old, present] = texts
  if (!then || !now) return old === present ? [] : [{ version, ...sides(old, present) }]
  return [...new Set([...then, ...now])].flatMap(key => {
    const [a, b] = [old, present].map(text => (text === undefined ? undefined : jsonMember(text, key)))
    return a === b ? [] : [{ version, key, ...sides(a, b) }]
  })
}

const sides = (before: string | undefined, after: string | undefined) => ({
  ...(before === undefined ? {} : { before }),
  ...(after === undefined ? {} : { after })
})

const textOf = (value: SecretValue): string =>
  value.type === 'string' ? value.text : `(binary) ${Buffer.from(value.bytes).toString('base64')}`

/** Returns the keys of a JSON object; `undefined` if the text is none. */
function keysOf(text: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.keys(value)
      : undefined
  } catch {
    return undefined // any other text
  }
}
