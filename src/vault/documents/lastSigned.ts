import type { SecretDocument, StagesDocument } from '../../core/format/documents.js'

/** Returns the document of a secret that was signed last, whose `change` is the last write of the secret. */
export function lastSigned({
  document,
  stagesDocument
}: {
  readonly document: SecretDocument
  readonly stagesDocument: StagesDocument
}): SecretDocument | StagesDocument {
  return stagesDocument.signed.change.time >= document.signed.change.time ? stagesDocument : document
}
