import type { Envelope } from '../format/documents.js'
import type { Fact, NameOf } from './facts.js'

/** Describes a document's envelope: the signer, the time, the operation, and the serial. */
export function envelopeFact({ serial, by, change }: Envelope, nameOf: NameOf): Fact {
  const { operation, time } = change
  return { topic: 'signed', text: `${time} by ${nameOf(by)} for ${operation}, state ${serial}` }
}
