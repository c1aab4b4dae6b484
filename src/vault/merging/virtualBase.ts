import {
  formatUnchecked,
  parseDocument,
  type SecretDocument,
  type StagesDocument
} from '../../core/format/documents.js'
import { join } from '../../core/versions/merge.js'
import { joinSecret } from '../../core/versions/mergeSecret.js'
import { refusalOf } from '../documents/refusal.js'
import { stagesFields, stagesOf } from '../documents/stagesDocument.js'

/**
 * Returns a file that knows what both sides know, for git to use as the merge base of a criss-cross history. Verifies
 * nothing, because a base needs no trust, and signs nothing: the signature in it is wrong. Returns ours for any other file.
 */
export async function virtualBase(path: string, ours: Uint8Array, theirs: Uint8Array): Promise<Uint8Array> {
  try {
    if (path.endsWith('/stages.yaml')) {
      const [a, b] = [await parseDocument('stages', ours, path), await parseDocument('stages', theirs, path)]
      return joinedStages(a, b, path) ?? ours
    }
    if (path.endsWith('/secret.yaml')) {
      const [a, b] = [await parseDocument('secret', ours, path), await parseDocument('secret', theirs, path)]
      return a.arn === b.arn ? joinedSecret(a, b, path) : ours
    }
  } catch (error) {
    refusalOf(error)
  }
  return ours
}

function joinedStages(a: StagesDocument, b: StagesDocument, path: string): Uint8Array | undefined {
  if (a.secret !== b.secret) return undefined
  const joined = join(stagesOf(a), stagesOf(b), () => true)
  if ('conflict' in joined) return undefined
  const { kind, format, secret, signed, signature } = a
  return formatUnchecked(
    'stages',
    { kind, format, secret, ...stagesFields(joined.stages), signed, signature },
    path
  )
}

function joinedSecret(a: SecretDocument, b: SecretDocument, path: string): Uint8Array {
  const { kind, format, signed, signature } = a
  return formatUnchecked('secret', { kind, format, ...joinSecret(a, b), signed, signature }, path)
}
