/**
 * One thing that a document says, for people. Two states of a document differ in those facts that have the same topic and
 * name and another text. No fact has a value of a secret, a signature, a digest or a key.
 */
export interface Fact {
  /** Such as `label`. */
  readonly topic: string
  /** Such as `AWSCURRENT`; absent if there is only one fact of the topic. */
  readonly name?: string
  readonly text: string
}

/** Returns the name of the member with that key id, or the key id itself. */
export type NameOf = (keyId: string) => string

/** Returns a fact as one line, unless a text in it has line breaks. It may have any character: escape it. */
export function lineOf({ topic, name, text }: Fact): string {
  const subject = name === undefined ? topic : `${topic} ${name}`
  return text === '' ? subject : `${subject}: ${text}`
}
