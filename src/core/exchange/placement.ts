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

const OF_FILES = 'change the file, or import it into one secret: --to NAME'

/** Throws `Usage` with every name that cannot be a secret: for its own form, or for its value's length. */
export function checkValues(values: readonly NamedValue[], hint = OF_FILES): void {
  refuse(values, ({ name, value }) => nameProblem(name) ?? valueProblem(value), hint)
}

/** As `checkValues`, before the values are known. */
export function checkNames(names: readonly string[], hint: string): void {
  refuse(
    names.map(name => ({ name })),
    ({ name }) => nameProblem(name),
    hint
  )
}

function refuse<T extends { readonly name: string }>(
  all: readonly T[],
  problemOf: (one: T) => string | undefined,
  hint: string
): void {
  const problems = all.flatMap(one => {
    const problem = problemOf(one)
    return problem === undefined ? [] : [`${JSON.stringify(one.name)} ${problem}`]
  })
  if (problems.length > 0) throw usage(`cannot store ${shortList(problems)}`, hint)
}

/** Joins texts. Names at most 20. */
export function shortList(texts: readonly string[]): string {
  const more = texts.length - MAX_SHOWN
  return texts.slice(0, MAX_SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '')
}

function nameProblem(name: string): string | undefined {
  if (!/^[A-Za-z0-9\-/_+=.@!]+$/.test(name)) return '(a name has only letters, digits and -/_+=.@!)'
  return name.length > MAX_NAME ? `(the name is longer than ${MAX_NAME} characters)` : undefined
}

function valueProblem(value: string | Uint8Array): string | undefined {
  if (value.length === 0) return '(the value is empty)'
  if (typeof value === 'string' && /\p{Surrogate}/u.test(value)) return '(the value is not Unicode)'
  const length = typeof value === 'string' ? new TextEncoder().encode(value).length : value.length
  return length > MAX_VALUE ? `(${length} bytes; at most ${MAX_VALUE})` : undefined
}
