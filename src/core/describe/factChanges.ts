import type { Fact } from './facts.js'

/** A fact that two states do not share. Without `before` it came, without `after` it went. */
export interface FactChange {
  readonly topic: string
  readonly name?: string
  readonly before?: string
  readonly after?: string
}

/** Returns the facts in which two states differ: those that changed or went, in the order of the first, then new ones. */
export function factChanges(before: readonly Fact[], after: readonly Fact[]): FactChange[] {
  const idOf = ({ topic, name }: Fact): string => JSON.stringify([topic, name])
  const left = new Map(after.map(fact => [idOf(fact), fact]))
  const changes: FactChange[] = []
  for (const fact of before) {
    const { topic, name, text } = fact
    const now = left.get(idOf(fact))
    left.delete(idOf(fact))
    const subject = { topic, ...(name === undefined ? {} : { name }) }
    if (now?.text !== text) changes.push({ ...subject, before: text, ...(now ? { after: now.text } : {}) })
  }
  for (const { topic, name, text } of left.values())
    changes.push({ topic, ...(name === undefined ? {} : { name }), after: text })
  return changes
}
