import type { KeyDocument, StagesDocument, VersionDocument } from '../format/documents.js'
import { envelopeFact } from './envelopeFact.js'
import type { Fact, NameOf } from './facts.js'

/** The facts of a stages.yaml. */
export function stagesFacts(document: StagesDocument, nameOf: NameOf): Fact[] {
  return [
    { topic: 'stages of', text: document.secret },
    ...Object.entries(document.versions).map(([version, { created, writer, key, digest, resealed }]) => {
      const again = resealed === undefined ? '' : `, re-encrypted ${resealed}`
      const empty = digest === undefined ? ', no value yet' : ''
      return {
        topic: 'version',
        name: version,
        text: `${created} by ${nameOf(writer)} under key ${key}${again}${empty}`
      }
    }),
    ...Object.entries(document.labels).map(([label, { version, moved, by }]) => ({
      topic: 'label',
      name: label,
      text: `${version} since ${moved}${by === undefined ? '' : `, moved by ${nameOf(by)}`}`
    })),
    envelopeFact(document.signed, nameOf)
  ]
}

/** The facts of a version's file. */
export function versionFacts(document: VersionDocument, nameOf: NameOf): Fact[] {
  const { version, secret, created, type, key, origin, signed } = document
  const first =
    origin.writer === signed.by && origin.key === key
      ? []
      : [{ topic: 'first written', text: `by ${nameOf(origin.writer)} under key ${origin.key}` }]
  return [
    { topic: 'version', text: version },
    { topic: 'version of', text: secret },
    { topic: 'created', text: created },
    { topic: 'encrypted', text: `${type} under key ${key}` },
    ...first,
    envelopeFact(signed, nameOf)
  ]
}

/** The facts of a key document. */
export function keyFacts({ key, generation, sealed, signed }: KeyDocument, nameOf: NameOf): Fact[] {
  const recipients = Object.keys(sealed).map(keyId => nameOf(keyId))
  return [
    { topic: 'key', text: key },
    { topic: 'generation', text: generation },
    ...recipients.sort().map(name => ({ topic: 'recipient', name, text: '' })),
    envelopeFact(signed, nameOf)
  ]
}
