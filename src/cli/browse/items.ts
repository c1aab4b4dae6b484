import type { Found } from '../../app/browsing.js'
import { hasAllLower } from '../command/hasAll.js'

/** A secret in the list. */
export interface Item {
  readonly name: string
  /** The description and the tags; empty until they are read. */
  readonly texts: readonly string[]
  /** The name, and then the texts, in lower case: every key searches all of them. */
  readonly lower: readonly [string, ...string[]]
  readonly deletion: Date | undefined
  /** Why the secret fails verification, and the command that mends it. */
  readonly refused: { readonly why: string; readonly mend: string | undefined } | undefined
  /** Whether its documents have been verified. */
  readonly isRead: boolean
}

export type Items = ReadonlyMap<string, Item>

/** Adds what was found. A name that was only listed never replaces what was read. */
export function withFound(items: Items, batch: readonly Found[]): Items {
  if (batch.length === 0) return items
  const next = new Map(items)
  for (const found of batch) {
    if (found.kind === 'gone') next.delete(found.name)
    else if (found.kind !== 'named' || !next.has(found.name)) next.set(found.name, itemOf(found))
  }
  return next
}

function itemOf(found: Exclude<Found, { kind: 'gone' }>): Item {
  const { name } = found
  const isRead = found.kind !== 'named'
  if (found.kind !== 'secret')
    return {
      ...{ name, texts: [], lower: [name.toLowerCase()], deletion: undefined, isRead },
      refused: found.kind === 'refused' ? { why: found.why, mend: found.mend } : undefined
    }
  const { description, tags, deletion } = found
  const texts = [...(description === undefined ? [] : [description]), ...tags]
  const lower = [name.toLowerCase(), ...texts.map(text => text.toLowerCase())] as const
  return { name, texts, lower, deletion, refused: undefined, isRead }
}

export const sortedNames = (items: Items): readonly Item[] =>
  [...items.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))

export const wordsOf = (query: string): string[] =>
  query
    .toLowerCase()
    .split(/\s+/)
    .filter(word => word !== '')

/** Returns the items that have every word of the query, as `find` does: those with all of them in the name first. */
export function search(items: readonly Item[], query: string): readonly Item[] {
  const words = wordsOf(query)
  if (words.length === 0) return items
  const byName: Item[] = []
  const byTexts: Item[] = []
  for (const item of items) {
    const { lower } = item
    if (words.every(word => lower[0].includes(word))) byName.push(item)
    else if (lower.length > 1 && hasAllLower(lower, words)) byTexts.push(item)
  }
  return [...byName, ...byTexts]
}
