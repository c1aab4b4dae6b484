import { addVersion } from '../core/versions/labels.js'
import type { Origin } from '../core/access/origin.js'
import type { Trailer } from '../core/format/message.js'
import { forget, prune } from '../core/versions/pruning.js'
import type { SecretValue } from '../core/crypto/seal.js'
import { labelsOf, type Stages } from '../core/versions/stages.js'
import type { Time } from '../core/time.js'
import { creationTime } from '../core/versions/versions.js'
import type { Draft } from '../vault/draft.js'
import type { Secret } from '../vault/view.js'
import { existingOrigin, fingerprints } from './value.js'

export interface NewValue {
  readonly token: string
  readonly value: SecretValue
  /** VersionStages; AWSCURRENT by default. */
  readonly labels?: readonly string[] | undefined
  readonly stamp: Time
  /** The origin of a value that is stored again; left out, that of a labelled version with this value. */
  readonly origin?: Origin | undefined
}

/** Adds a version to a secret. Returns its new stages, with old versions pruned. */
export async function withNewVersion(
  draft: Draft,
  secret: Secret,
  { token, value, labels, stamp, origin: known }: NewValue
): Promise<Stages> {
  const { arn, name, stages } = secret
  draft.authorize(name, ['encrypt'])
  const created = creationTime(stages, draft.now)
  const origin = known ?? (await existingOrigin(draft, secret, value))
  const entry = draft.addVersion({ arn, name, versionId: token, created, value, origin })
  fingerprints.set(draft.identity, entry.digest, value)
  const added = addVersion(stages, { versionId: token, entry, labels, stamp })
  return prune(forget(added, draft.now), { ...draft.view.access.pruning, now: draft.now }).stages
}

/** The commit trailers for an added version. */
export function versionTrailers(stages: Stages, token: string, pruned: readonly string[]): Trailer[] {
  return [
    ['Version-Id', token],
    ...labelsOf(stages, token).map(label => ['Version-Stages', label] as const),
    ...pruned.map(versionId => ['Pruned-Version', versionId] as const)
  ]
}
