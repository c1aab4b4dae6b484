import { mayWrite } from '../../core/access/access.js'
import { canonicalBytes } from '../../core/format/canonical.js'
import { asValue, digestOf, type SecretDocument } from '../../core/format/documents.js'
import { isSameBytes } from '../../core/format/parseCache.js'
import { mergeSecret } from '../../core/versions/mergeSecret.js'
import { skipsSerials } from '../../core/versions/seen.js'
import { stamp } from '../../core/versions/stages.js'
import { isAhead, latestOf } from '../../core/time.js'
import type { Acceptance } from '../documents/acceptance.js'
import { withoutUnacceptedProof } from '../documents/carryPolicy.js'
import type { SecretPlace } from '../documents/place.js'
import { SERIAL_AHEAD } from '../memory/seenState.js'
import { refusalOf } from '../documents/refusal.js'
import { REPAIR_DATES } from '../documents/repaired.js'
import { secretTimes } from '../documents/secretTimes.js'
import { Signer } from '../documents/signer.js'
import { MERGE } from '../documents/merged.js'
import { dateLimit, refusedConflict, type Conflict, type MergeContext, type MergedDocument } from './types.js'

type SecretFields = Omit<SecretDocument, 'kind' | 'format' | 'signed' | 'signature'>

export interface SecretSides {
  readonly place: SecretPlace
  readonly base: SecretDocument | undefined
  readonly ours: SecretDocument
  readonly theirs: SecretDocument
}

/**
 * Merges the two secret.yaml, each field by itself (FORMAT.md, "Merging"). If they name different ARNs, takes one whole,
 * and the caller must take that side's other files as well. A side that is as in the base gives way to the other.
 * Verifies what it takes or signs. Signs no proof of a policy that is not accepted.
 */
export function mergeSecretDocuments(
  { place, base, ours, theirs }: SecretSides,
  acceptance: Acceptance,
  context: MergeContext
): MergedDocument<SecretDocument> {
  const [a, b] = [digestOf(ours), digestOf(theirs)]
  if (a === b || (base && b === digestOf(base))) return { take: 'ours' }
  const refused = refusal(theirs, place, acceptance)
  if (refused) return refused
  const isForward = base !== undefined && a === digestOf(base)
  const isRefused = isForward ? undefined : refusal(ours, place, acceptance)
  if (isRefused) return isRefused
  // a repair goes back on purpose
  if (isForward && isRepairOf(theirs, ours, context.now)) return { take: 'theirs' }
  const proven = (document: SecretDocument) => withoutUnacceptedProof(document, context.access)
  const [own, other] = [proven(ours), proven(theirs)]
  const merged = mergeSecret(base && proven(base), own, other, dateLimit(context))
  if ('conflict' in merged)
    return {
      reason: merged.conflict,
      ...(merged.conflict === 'dated ahead' ? { detail: merged.time } : {})
    }
  const { fields } = merged
  if (ours.arn !== theirs.arn) return { take: fields.arn === ours.arn ? 'ours' : 'theirs' }
  if (isForward) return { take: 'theirs' }
  if (skipsSerials(ours.signed.serial, theirs.signed.serial))
    return { reason: 'refused', detail: `${place.secret}: ${SERIAL_AHEAD}` }
  const serials = [Number(ours.signed.serial), Number(theirs.signed.serial)] as const
  if (serials[0] > serials[1] && isSameFields(fields, own)) return { take: 'ours' }
  if (serials[1] > serials[0] && isSameFields(fields, other)) return { take: 'theirs' }
  return sign(fields, Math.max(serials[0], serials[1]), acceptance.secret(theirs, place).alias, context)
}

/** Whether a document repairs the dates of the one before it, and has no date that is far ahead left. */
function isRepairOf(document: SecretDocument, before: SecretDocument, now: number): boolean {
  return (
    document.arn === before.arn &&
    document.signed.change.operation === REPAIR_DATES &&
    Number(document.signed.serial) > Number(before.signed.serial) &&
    !secretTimes(document).some(time => isAhead(time, now))
  )
}

function refusal(document: SecretDocument, place: SecretPlace, acceptance: Acceptance): Conflict | undefined {
  try {
    acceptance.secret(document, place)
    return undefined
  } catch (error) {
    return refusedConflict(refusalOf(error))
  }
}

function sign(
  fields: SecretFields,
  serial: number,
  alias: string,
  { access, signer: writer, now }: MergeContext
): MergedDocument<SecretDocument> {
  if (!writer) return { reason: 'no signer' }
  const { member } = writer
  if (!mayWrite(member, alias, ['manage'], access.entries.length))
    return { reason: 'no right', detail: `${member.name} may not change its description, tags or policy` }
  const signer = new Signer(writer, MERGE)
  const document = { kind: 'git-vault/secret', format: '1', ...fields } as const
  const time = stamp(now, latestOf(secretTimes(document as unknown as SecretDocument)))
  const signed = signer.envelope(access, String(serial), undefined, time)
  return { signed: signer.sign<SecretDocument>({ ...document, signed }, access) }
}

function isSameFields(fields: SecretFields, document: SecretDocument): boolean {
  const { kind: _kind, format: _format, signed: _signed, signature: _signature, ...own } = document
  return isSameBytes(canonicalBytes(asValue(fields)), canonicalBytes(asValue(own)))
}
