import { VaultError } from '../core/errors.js'
import type { VersionDocument } from '../core/format/documents.js'
import { moveLabel } from '../core/versions/labels.js'
import { forget } from '../core/versions/pruning.js'
import { AWSCURRENT, AWSPREVIOUS, hasNoValue, type Stages } from '../core/versions/stages.js'
import { parseTime, type Time } from '../core/time.js'
import { carriedOrigin } from '../core/access/origin.js'
import { parseSecretId } from '../core/service/name.js'
import { nameAndRegion } from '../vault/documents/place.js'
import type { Draft } from '../vault/draft.js'
import { currentOf, goneBack, restoreFiles, type GoneBack } from '../vault/goneBack.js'
import type { Vault } from '../vault/vault.js'
import type { Secret, View } from '../vault/view.js'
import { refuseDeleted } from './deletion.js'
import { noVersion, noVersionWithLabel } from './getSecretValue.js'
import { noteRotation } from './rotation.js'
import { versionTrailers, withNewVersion } from './newVersion.js'

export interface Rollback {
  readonly secretId: string
  /** The id of the version to go back to, or the version with AWSPREVIOUS. Left out: the one that a `git revert` went back to. */
  readonly to?: { readonly versionId: string } | 'previous' | undefined
  /** The id of a new version that gets the value. Left out: AWSCURRENT moves, and no version is added. */
  readonly asNew?: string | undefined
}

export interface RolledBack {
  readonly name: string
  /** The version that was gone back to. */
  readonly versionId: string
  readonly created: Date
  /** The name of the member who wrote it. */
  readonly writer: string
  /** The version that AWSPREVIOUS is on now. */
  readonly previous: string | undefined
}

/**
 * Goes back to an earlier version, for everyone: moves AWSCURRENT to it, as UpdateSecretVersionStage does, or stores its
 * value as a new version, as PutSecretValue does. If the branch itself went back, for example by a `git revert`, first
 * restores the newer state, so that readers who have seen it accept the result. Throws ResourceNotFoundException if the
 * version does not exist, InvalidRequestException if it is the current one, and `Usage` if none was named.
 */
export async function rollback(vault: Vault, { secretId, to, asNew }: Rollback): Promise<RolledBack> {
  const operation = asNew === undefined ? 'UpdateSecretVersionStage' : 'PutSecretValue'
  return vault.write(operation, async draft => {
    const { secret, reverted } = await presentState(vault, draft, secretId)
    refuseDeleted(secret)
    const versionId = targetOf(secret, reverted, to)
    const entry = secret.stages.versions.get(versionId)
    if (!entry || hasNoValue(entry)) throw gone(secret, versionId)
    if (currentOf(secret) === versionId)
      throw new VaultError(
        'InvalidRequestException',
        `${secret.name} has that version already: AWSCURRENT is on ${versionId}`
      )
    const stamp = draft.stamp(secret)
    const stages =
      asNew === undefined
        ? movedBack(draft, secret, versionId, stamp)
        : await storedAgain(draft, secret, { versionId, asNew, stamp, view: reverted?.view ?? draft.view })
    if (reverted) await restoreFiles(draft, reverted, stages)
    // last, because a restored secret.yaml would replace the one with the date
    if (asNew === undefined) noteRotation(draft, secret, stages, stamp)
    return {
      name: secret.name,
      versionId,
      created: new Date(parseTime(entry.created) ?? Number.NaN),
      writer: draft.view.memberName(entry.writer),
      previous: stages.labels.get(AWSPREVIOUS)?.version
    }
  })
}

/** Returns the newest state of a secret, though the branch may have gone back behind it. */
async function presentState(
  vault: Vault,
  draft: Draft,
  secretId: string
): Promise<{ secret: Secret; reverted?: GoneBack }> {
  try {
    return { secret: await draft.secret(secretId) }
  } catch (error) {
    if (!(error instanceof VaultError && error.code === 'DocumentRefused')) throw error
    const reverted = await goneBack(vault, draft, parseSecretId(secretId).name)
    if (reverted) return { secret: reverted.newer, reverted }
    throw error
  }
}

function targetOf(secret: Secret, reverted: GoneBack | undefined, to: Rollback['to']): string {
  if (to !== undefined && to !== 'previous') return to.versionId
  if (to === 'previous') {
    const previous = secret.stages.labels.get(AWSPREVIOUS)?.version
    if (previous === undefined) throw noVersionWithLabel(AWSPREVIOUS)
    return previous
  }
  const version = reverted && currentOf(reverted.older)
  if (version !== undefined) return version
  throw new VaultError('Usage', 'rollback needs VERSION or --previous', {
    hint: `choose one from: git-vault history ${nameAndRegion(secret.name, secret.place)}`
  })
}

function gone(secret: Secret, versionId: string): VaultError {
  const { code, message } = noVersion(versionId)
  return new VaultError(code, message, {
    hint: `it was pruned, or never existed; see what is left: git-vault history ${nameAndRegion(secret.name, secret.place)}`
  })
}

function movedBack(draft: Draft, secret: Secret, versionId: string, stamp: Time): Stages {
  const { arn, name } = secret
  const removeFrom = currentOf(secret)
  draft.authorize(name, ['manage'])
  const moved = moveLabel(secret.stages, { label: AWSCURRENT, removeFrom, moveTo: versionId, stamp })
  const stages = forget(moved, draft.now)
  const pruned = draft.updateStages(secret, stages, undefined, stamp)
  draft.describe(name, [
    ['Secret-Arn', arn],
    ['Version-Stages', AWSCURRENT],
    ['Version-Id', versionId],
    ...(removeFrom === undefined ? [] : [['Removed-From-Version', removeFrom] as const]),
    ...pruned.map(id => ['Pruned-Version', id] as const)
  ])
  return stages
}

interface Again {
  readonly versionId: string
  readonly asNew: string
  readonly stamp: Time
  /** Where the version is read. */
  readonly view: View
}

async function storedAgain(
  draft: Draft,
  secret: Secret,
  { versionId, asNew, stamp, view }: Again
): Promise<Stages> {
  if (secret.stages.versions.has(asNew)) throw new Error('the token is not new')
  const document: VersionDocument | undefined = await view.version(secret, versionId)
  if (!document) throw gone(secret, versionId)
  const value = await draft.view.value(secret, document, draft.identity)
  // without the origin, an exposed value would look new
  const origin = carriedOrigin(document)
  const stages = await withNewVersion(draft, secret, { token: asNew, value, stamp, origin })
  const pruned = draft.updateStages(secret, stages, asNew, stamp)
  draft.describe(secret.name, [
    ['Client-Request-Token', asNew],
    ['Secret-Arn', secret.arn],
    ...versionTrailers(stages, asNew, pruned)
  ])
  return stages
}
