import { VaultError } from '../errors.js'
import type { Filter } from '../generated/requests.js'

/** What filters look at. */
export interface Filterable {
  readonly name: string
  readonly description?: string | undefined
  readonly tags: readonly (readonly [key: string, value: string])[]
  /** Only of a secret that has replicas, or is one. */
  readonly primaryRegion?: string | undefined
}

type Key = NonNullable<Filter['Key']>

/** Which texts of a secret a filter compares, and how. */
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
  // No service of AWS makes secrets in a vault.
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

/** A filter that has all it needs. Throws InvalidParameterException for one that has not. */
export function checkFilters(filters: readonly Filter[]): { key: Key; values: string[] }[] {
  return filters.map(({ Key, Values }) => {
    if (Key === undefined) throw new VaultError('InvalidParameterException', 'Invalid filter key')
    if (Values === undefined)
      throw new VaultError('InvalidParameterException', `Invalid filter values for key: ${Key}`)
    return { key: Key, values: Values }
  })
}

/** Whether a secret passes every filter; it passes one if one of its values fits, or, after a `!`, does not. */
export function passes(secret: Filterable, filters: readonly Filter[]): boolean {
  return checkFilters(filters).every(({ key, values }) => {
    const { texts, matches } = FIELDS[key]
    const fits = (value: string) => texts(secret).some(text => matches(text, value))
    return values.some(value => (value.startsWith('!') ? !fits(value.slice(1)) : fits(value)))
  })
}

/** Whether each word of `value` is how some word of `text` starts, whatever the case. No words match nothing. */
function hasWords(text: string, value: string): boolean {
  const present = words(text)
  const wanted = words(value)
  return wanted.length > 0 && wanted.every(start => present.some(word => word.startsWith(start)))
}

const SEPARATOR = /[/\-_+=.@]/
const CASE_CHANGE = /(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u

/**
 * The words of a text in lower case: parted by spaces, then by a separator and where the case changes. What mixes two
 * separators stays whole, as the service has it.
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
