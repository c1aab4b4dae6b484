import type { Envelope } from '../format/documents.js'
import type { Fact, NameOf } from './facts.js'

/** Who signed a document, when, for which operation, and how many states it has had. */
export function envelopeFact({ serial, by, change }: Envelope, nameOf: NameOf): Fact {
  const { operation, time } = change
  return { topic: 'signed', text: `${time} by ${nameOf(by)} for ${operation}, state ${serial}` }
}
