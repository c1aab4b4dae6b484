import { VaultError } from '../errors.js'
import type { Filter } from '../generated/requests.js'

/** The properties of a secret that filters compare. */
export interface Filterable {
  readonly name: string
  readonly description?: string | undefined
  readonly tags: readonly (readonly [key: string, value: string])[]
  /** Only if the secret has replicas or is one. */
  readonly primaryRegion?: string | undefined
}

type Key = NonNullable<Filter['Key']>

/** The texts of a secret that a filter compares, and how. */
interface Field {
  readonly texts: (secret: Filterable) => readonly string[]
  readonly matches: (text: string, value: string) => boolean
}

const startsWith = (text: string, value: string) => text.startsWith(value)
const optional = (text: string | undefined) => (text === undefined ? [] : [text])

const FIELDS: Readonly<Record<Key, Field>> = {
  name: { texts: ({ name }) => [name], matches: startsWith },
  description: { texts: ({ description }) => optional(description), matches: hasWords },
  'tag-key': { texts: ({ tags }) => tags.map(([key]) => key), matches: startsWith },
  'tag-value': { texts: ({ tags }) => tags.map(([, value]) => value), matches: startsWith },
  'primary-region': { texts: ({ primaryRegion }) => optional(primaryRegion), matches: startsWith },
  // No AWS service creates secrets in a vault.
  'owning-service': { texts: () => [], matches: startsWith },
  all: {
    texts: ({ name, description, tags, primaryRegion }) => [
      name,
      ...optional(description),
      ...tags.flat(),
      ...optional(primaryRegion)
    ],
    matches: hasWords
  }
}

/** Throws InvalidParameterException if a filter lacks its key or its values. */
export function checkFilters(filters: readonly Filter[]): { key: Key; values: string[] }[] {
  return filters.map(({ Key, Values }) => {
    if (Key === undefined) throw new VaultError('InvalidParameterException', 'Invalid filter key')
    if (Values === undefined)
      throw new VaultError('InvalidParameterException', `Invalid filter values for key: ${Key}`)
    return { key: Key, values: Values }
  })
}

/**
 * Whether a secret passes every filter: one of the filter's values matches. A value that starts with `!`
 * matches if the rest of it does not.
 */
export function passes(secret: Filterable, filters: readonly Filter[]): boolean {
  return checkFilters(filters).every(({ key, values }) => {
    const { texts, matches } = FIELDS[key]
    const fits = (value: string) => texts(secret).some(text => matches(text, value))
    return values.some(value => (value.startsWith('!') ? !fits(value.slice(1)) : fits(value)))
  })
}

/** A text that every name that passes starts with: the longest that one filter of names implies. */
export function prefixOf(filters: readonly Filter[]): string {
  const prefixes = checkFilters(filters).flatMap(({ key, values }) =>
    key !== 'name' || values.length !== 1 || values[0]!.startsWith('!') ? [] : values
  )
  return prefixes.reduce((longest, one) => (one.length > longest.length ? one : longest), '')
}

/** Whether each word of `value` starts some word of `text`, ignoring case. False without words. */
function hasWords(text: string, value: string): boolean {
  const present = words(text)
  const wanted = words(value)
  return wanted.length > 0 && wanted.every(start => present.some(word => word.startsWith(start)))
}

const SEPARATOR = /[/\-_+=.@]/
const CASE_CHANGE = /(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u

/**
 * The words of a text, in lower case. Splits at spaces, then at separators and changes of case. Like the
 * service, does not split a part that has two different separators.
 */
export function words(text: string): string[] {
  return text
    .split(/\s+/)
    .flatMap(part => {
      const separators = new Set([...part].filter(character => SEPARATOR.test(character)))
      if (separators.size > 1) return [part]
      return part.split(SEPARATOR).flatMap(piece => piece.split(CASE_CHANGE))
    })
    .filter(word => word !== '')
    .map(word => word.toLowerCase())
}
