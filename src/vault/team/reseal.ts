import { keyFor, type Key } from '../../core/access/access.js'
import { carriedOrigin } from '../../core/access/origin.js'
import { AWSCURRENT, AWSPENDING, AWSPREVIOUS, isEmpty, type Stages } from '../../core/versions/stages.js'
import { resealTime, resealVersion } from '../../core/versions/versions.js'
import type { Draft } from '../draft.js'
import type { Secret } from '../view.js'

/** The versions that a new KmsKeyId encrypts again. */
const RESEALED = [AWSCURRENT, AWSPENDING, AWSPREVIOUS]

/**
 * Encrypts the versions that bear one of the service's own labels again, where they are sealed to anything but the
 * newest generation of the secret's key. Each keeps its id, its date and its origin. The very same stages where there is
 * nothing to do.
 * @param stages the secret's own, or what this write makes of them
 */
export async function resealed(draft: Draft, secret: Secret, stages: Stages): Promise<Stages> {
  const { arn, name } = secret
  const key = keyFor(draft.access, name)
  let next = stages
  for (const versionId of new Set(RESEALED.map(label => stages.labels.get(label)?.version))) {
    const entry = versionId === undefined ? undefined : secret.stages.versions.get(versionId)
    // what this very write adds is sealed to the newest generation
    if (versionId === undefined || !entry || isEmpty(entry)) continue
    const document = await draft.view.version(secret, versionId)
    if (!document || isNewest(document, key)) continue
    const value = await draft.view.value(secret, document, draft.identity)
    const { created, commitment } = document
    const origin = carriedOrigin(document)
    const {
      writer,
      key: alias,
      digest
    } = draft.addVersion({ arn, name, versionId, created, value, origin, commitment })
    const resealed = resealTime(next, versionId, draft.now)
    next = resealVersion(next, { versionId, resealed, writer, key: alias, digest })
  }
  return next
}

function isNewest(document: { key: string; recipient: string }, key: Key | undefined): boolean {
  return document.key === key?.alias && document.recipient === key.generations.at(-1)?.recipient
}
