import { usage } from '../errors.js'
import { plainText } from '../format/jsonField.js'
import type { Entry, NamedValue } from './entry.js'

/** Where entries go: all of them into one JSON secret, or each into a secret of its own, named `prefix` and the entry's name. */
export type Placement = { readonly to: string } | { readonly prefix: string }

/** Returns the secrets that entries become. */
export function placed(entries: readonly Entry[], placement: Placement): NamedValue[] {
  if ('prefix' in placement)
    return entries.map(({ name, json }) => ({ name: placement.prefix + name, value: plainText(json) }))
  const members = entries.map(({ name, json }) => `${JSON.stringify(name)}:${json}`)
  return [{ name: placement.to, value: `{${members.join(',')}}` }]
}

/** The service's limits. */
const MAX_NAME = 512
const MAX_VALUE = 65_536
/** More names than these are counted. */
const MAX_SHOWN = 20

/** Throws `Usage` with every name that cannot be a secret: for its own form, or for its value's length. */
export function checkValues(values: readonly NamedValue[]): void {
  const problems = values.flatMap(({ name, value }) => {
    const problem = problemOf(name, value)
    return problem === undefined ? [] : [`${JSON.stringify(name)} ${problem}`]
  })
  if (problems.length === 0) return
  throw usage(
    `cannot store ${shortList(problems)}`,
    'change the file, or import it into one secret: --to NAME'
  )
}

/** Joins texts. Names at most 20. */
export function shortList(texts: readonly string[]): string {
  const more = texts.length - MAX_SHOWN
  return texts.slice(0, MAX_SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '')
}

function problemOf(name: string, value: string | Uint8Array): string | undefined {
  if (!/^[A-Za-z0-9\-/_+=.@!]+$/.test(name)) return '(a name has only letters, digits and -/_+=.@!)'
  if (name.length > MAX_NAME) return `(the name is longer than ${MAX_NAME} characters)`
  if (value.length === 0) return '(the value is empty)'
  if (typeof value === 'string' && /\p{Surrogate}/u.test(value)) return '(the value is not Unicode)'
  const length = typeof value === 'string' ? new TextEncoder().encode(value).length : value.length
  return length > MAX_VALUE ? `(${length} bytes; at most ${MAX_VALUE})` : undefined
}
