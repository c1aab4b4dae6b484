import { keyFor, type Key } from '../../core/access/access.js'
import { carriedOrigin } from '../../core/access/origin.js'
import { resealRight } from '../../core/access/resealRight.js'
import { AWSCURRENT, AWSPENDING, AWSPREVIOUS, hasNoValue, type Stages } from '../../core/versions/stages.js'
import { resealTime, resealVersion } from '../../core/versions/versions.js'
import type { Draft } from '../draft.js'
import type { Secret } from '../view.js'
import { readOrSkip, type Skipped } from './skipped.js'

/** The labels whose versions are re-encrypted when a secret gets another key. */
const RESEALED_LABELS = [AWSCURRENT, AWSPENDING, AWSPREVIOUS]

/**
 * Re-encrypts each version that has one of the service's own labels, unless it is already encrypted to the newest
 * generation of the secret's key. A version keeps its id, date and origin. Returns the new stages, or `stages` itself if
 * there was nothing to do.
 * @param stages the secret's own, or as this write has changed them
 * @param skipped collects the versions that fail verification, which stay as they are; left out, such a version is an error
 */
export async function resealVersions(
  draft: Draft,
  secret: Secret,
  stages: Stages,
  skipped?: Skipped[]
): Promise<Stages> {
  const { arn, name } = secret
  const key = keyFor(draft.access, name)
  const couldRead = resealRight(draft.access, name)
  let next = stages
  for (const versionId of new Set(RESEALED_LABELS.map(label => stages.labels.get(label)?.version))) {
    const entry = versionId === undefined ? undefined : secret.stages.versions.get(versionId)
    // a version that this write adds is already encrypted to the newest generation
    if (versionId === undefined || !entry || hasNoValue(entry)) continue
    const reading = opened(draft, secret, versionId, key)
    const found = await (skipped ? readOrSkip(reading, secret.place.version(versionId), skipped) : reading)
    if (!found) continue
    const { document, value } = found
    const { created, commitment } = document
    const origin = carriedOrigin(document)
    const {
      writer,
      key: alias,
      digest
    } = draft.addVersion({ arn, name, versionId, created, value, origin, commitment })
    const resealed = resealTime(next, versionId, draft.now)
    next = resealVersion(next, { versionId, resealed, writer, key: alias, digest }, couldRead)
  }
  return next
}

/** Returns a version and its value, or `undefined` if it is encrypted to the newest generation already. */
async function opened(draft: Draft, secret: Secret, versionId: string, key: Key | undefined) {
  const document = await draft.view.version(secret, versionId)
  if (!document || isNewest(document, key)) return undefined
  return { document, value: await draft.view.value(secret, document, draft.identity) }
}

function isNewest(document: { key: string; recipient: string }, key: Key | undefined): boolean {
  return document.key === key?.alias && document.recipient === key.generations.at(-1)?.recipient
}
