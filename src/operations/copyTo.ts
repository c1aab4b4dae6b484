import { carriedOrigin } from '../core/access/origin.js'
import { isProvenPolicy } from '../core/access/policyProof.js'
import type { VersionDocument } from '../core/format/documents.js'
import { VaultError } from '../core/errors.js'
import { appliesAlike } from '../core/policy/appliesAlike.js'
import { addVersion } from '../core/versions/labels.js'
import { valuesOf, withValues } from '../core/versions/register.js'
import {
  AWSCURRENT,
  hasNoValue,
  noVersions,
  stamp,
  type Stages,
  type VersionEntry
} from '../core/versions/stages.js'
import { latest, type Time } from '../core/time.js'
import { creationTime } from '../core/versions/versions.js'
import { withVersions } from '../core/versions/withVersions.js'
import { newPolicy } from '../vault/documents/carryPolicy.js'
import type { Draft } from '../vault/draft.js'
import type { Secret } from '../vault/view.js'
import { newArn } from './newArn.js'

/** What a copy has of its secret, besides description, type and tags. */
export interface CopyParts {
  /** Every version that can be read, with its id, date and labels; or only the current value, as a new version. */
  readonly versions: 'all' | 'current'
  readonly policy: boolean
  /** Whether the copy is rotated as the secret is, and remembers when it was. */
  readonly rotation: boolean
  readonly newToken: () => string
}

/**
 * Drafts a secret with the content of another one, under the key of its own name. Every value keeps its origin: a copy does
 * not make an exposed value look new. Returns the ids of versions that it lacks because this identity cannot read them.
 * Throws DecryptionFailure if the current value is one of these.
 * @param name of no secret
 */
export async function copyTo(
  draft: Draft,
  from: Secret,
  name: string,
  parts: CopyParts
): Promise<{ readonly arn: string; readonly unread: readonly string[] }> {
  draft.authorize(name, ['manage'])
  const expired = await draft.view.expired(name)
  if (expired) draft.removeSecret(expired)
  const arn = newArn(draft, name)
  const created = stamp(draft.now, await draft.view.seen.lastCreated(arn), expired?.document.created)
  const token = parts.newToken()
  const { stages, unread } =
    parts.versions === 'all'
      ? await allVersions(draft, from, { name, arn })
      : { stages: await currentVersion(draft, from, { name, arn, token, time: created }), unread: [] }
  // a copied label must not have been moved later than the copy was made
  const time = latest(created, parts.versions === 'all' ? draft.stamp(from) : undefined) as Time
  const register = (value: string) => ({ value, changed: time })
  const { description, type, tags, rotation, rotated } = from.document
  draft.addSecret(
    {
      ...{ name, arn, created, token, key: register(draft.keyOf(name)) },
      ...(description?.value === undefined ? {} : { description: register(description.value) }),
      ...(type?.value === undefined ? {} : { type: register(type.value) }),
      ...(valuesOf(tags).length > 0 ? { tags: withValues(undefined, valuesOf(tags), time) } : {}),
      ...(parts.rotation && rotation ? { rotation } : {}),
      ...(parts.rotation && rotated !== undefined ? { rotated } : {}),
      ...(parts.policy ? copiedPolicy(draft, from, { name, arn, time }) : {})
    },
    stages,
    time
  )
  return { arn, unread }
}

interface Target {
  readonly name: string
  readonly arn: string
}

async function currentVersion(
  draft: Draft,
  from: Secret,
  { name, arn, token, time }: Target & { readonly token: string; readonly time: Time }
): Promise<Stages> {
  const versionId = from.stages.labels.get(AWSCURRENT)?.version
  const document = versionId === undefined ? undefined : await draft.view.version(from, versionId)
  if (!document) return noVersions
  const created = creationTime(noVersions, draft.now)
  const entry = await reencrypted(draft, from, document, { name, arn, versionId: token, created })
  return addVersion(noVersions, { versionId: token, entry, stamp: time })
}

async function allVersions(
  draft: Draft,
  from: Secret,
  target: Target
): Promise<{ readonly stages: Stages; readonly unread: readonly string[] }> {
  const { stages } = from
  const current = stages.labels.get(AWSCURRENT)?.version
  const versions = new Map<string, VersionEntry>()
  const unread: string[] = []
  for (const [versionId, entry] of stages.versions) {
    if (hasNoValue(entry)) continue
    try {
      const document = await draft.view.version(from, versionId)
      if (!document) continue
      const { created } = entry
      versions.set(versionId, await reencrypted(draft, from, document, { ...target, versionId, created }))
    } catch (error) {
      if (versionId === current || !isUnreadable(error)) throw error
      unread.push(versionId)
    }
  }
  return { stages: withVersions(stages, versions), unread }
}

async function reencrypted(
  draft: Draft,
  from: Secret,
  document: VersionDocument,
  target: Target & { readonly versionId: string; readonly created: Time }
): Promise<VersionEntry> {
  const value = await draft.view.value(from, document, draft.identity)
  return draft.addVersion({ ...target, value, origin: carriedOrigin(document) })
}

/** An older version may be under a key that this identity cannot open, or its file may be damaged. */
const isUnreadable = (error: unknown): boolean =>
  error instanceof VaultError && (error.code === 'DecryptionFailure' || error.code === 'DocumentRefused')

/**
 * Returns the policy for a copy. It is proved anew only if it was proved before, and if this member can decrypt the copy.
 * Throws InvalidRequestException if the policy would not mean the same there: a Deny would be lost without a sign.
 */
function copiedPolicy(draft: Draft, { name, arn, document }: Secret, to: Target & { readonly time: Time }) {
  const { policy } = document
  if (policy?.value === undefined) return {}
  const { value } = policy
  if (!appliesAlike(value, arn, to.arn))
    throw new VaultError(
      'InvalidRequestException',
      `the resource policy of ${name} names its ARN, and would not apply to ${to.name} in the same way`,
      { hint: 'set "Resource" to "*" in it first, with git-vault put-resource-policy' }
    )
  const { access } = draft
  const isProven = isProvenPolicy(policy, { access, secret: document.arn, key: draft.keyOf(name) })
  const context = { access, secret: to.arn, key: draft.keyOf(to.name) }
  return {
    policy: isProven ? newPolicy(value, to.time, context, draft.identity) : { value, changed: to.time }
  }
}
