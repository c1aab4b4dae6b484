import { grantHint } from '../core/access/grantHint.js'
import { VaultError } from '../core/errors.js'
import type { RotateSecretRequest, RotateSecretResponse } from '../core/generated/requests.js'
import { rulesFault } from '../core/rotation/rules.js'
import { pendingVersion, requestedRotation } from '../core/rotation/rotationState.js'
import { parseArn } from '../core/service/name.js'
import type { Time } from '../core/time.js'
import { addVersion } from '../core/versions/labels.js'
import { forget, prune } from '../core/versions/pruning.js'
import { AWSPENDING, hasNoValue, NO_DIGEST } from '../core/versions/stages.js'
import { creationTime } from '../core/versions/versions.js'
import type { Draft } from '../vault/draft.js'
import type { RotationRun } from '../vault/rotator.js'
import type { Vault } from '../vault/vault.js'
import type { Secret } from '../vault/view.js'
import { refuseDeleted } from './deletion.js'
import { versionTrailers } from './newVersion.js'
import { cannotInvoke, noFunction } from './rotation.js'
import { NO_TOKEN } from './value.js'

/** What RotateSecret has decided: its answer, or the service's error, and the run that is started in any case. */
interface Decided {
  readonly run?: RotationRun
  readonly answer: RotateSecretResponse | VaultError
}

/**
 * Stores how a secret is rotated, and starts a rotation with an empty version that AWSPENDING is on. Secrets Manager:
 * RotateSecret.
 */
export async function rotateSecret(
  vault: Vault,
  request: RotateSecretRequest
): Promise<RotateSecretResponse> {
  const { ClientRequestToken: token } = request
  if (token === undefined) throw new VaultError('InvalidParameterException', NO_TOKEN)
  const { run, answer } = await vault.write<Decided>('RotateSecret', draft =>
    decide(vault, draft, request, token)
  )
  if (!(answer instanceof VaultError)) {
    if (run) await start(vault, run)
    return answer
  }
  throw run && (await start(vault, run))
    ? answer.reworded(answer.message, 'it was reattempted, and is complete')
    : answer
}

/** Returns false if another process runs that rotation already. Throws `RotationFailed` if this process has, and it failed. */
async function start(vault: Vault, run: RotationRun): Promise<boolean> {
  try {
    await vault.rotator?.start(run)
    return true
  } catch (error) {
    if (error instanceof VaultError && error.code === 'RepositoryBusy') return false
    throw error
  }
}

async function decide(
  vault: Vault,
  draft: Draft,
  request: RotateSecretRequest,
  token: string
): Promise<Decided> {
  const secret = await draft.secret(request.SecretId)
  refuseDeleted(secret)
  const { arn: ARN, name: Name, document, stages } = secret
  draft.authorize(Name, ['manage'])
  const fault = rulesFault(request.RotationRules ?? {})
  if (fault !== undefined) throw new VaultError('InvalidParameterException', fault)

  const find = async (functionArn: string | undefined): Promise<RotationRun | undefined> => {
    const name = functionArn === undefined ? undefined : await vault.rotator?.find(functionArn)
    if (functionArn === undefined || name === undefined) return undefined
    const testsOnly = request.RotateImmediately === false
    return {
      arn: ARN,
      name: Name,
      region: parseArn(ARN).region,
      token,
      function: name,
      functionArn,
      testsOnly
    }
  }
  const pending = pendingVersion(stages)
  if (pending !== undefined && pending !== token) {
    const again = document.rotation?.enabled === 'yes' ? await find(document.rotation.function) : undefined
    return {
      answer: incomplete(),
      ...(again && draft.mayRead(Name) ? { run: { ...again, token: pending, testsOnly: false } } : {})
    }
  }

  const functionArn = request.RotationLambdaARN || document.rotation?.function
  if (functionArn === undefined) throw noFunction()
  const run = await find(functionArn)
  if (!run) throw cannotInvoke(functionArn)
  refuseUnreadable(draft, Name)

  const stamp = draft.stamp(secret)
  const rotation = requestedRotation(
    document.rotation,
    { function: request.RotationLambdaARN || undefined, rules: request.RotationRules },
    stamp
  )
  const present = stages.versions.get(token)
  const isComplete = present !== undefined && !hasNoValue(present) && pending !== token
  const isStarted = run.testsOnly || isComplete || pending === token
  const isConfigured = rotation === document.rotation
  if (!isConfigured) draft.updateSecret(secret, { rotation }, token, stamp)
  const trailers = isStarted ? [] : addPending(draft, secret, token, stamp)
  draft.describe(Name, [
    ['Client-Request-Token', token],
    ['Secret-Arn', ARN],
    ...trailers,
    ['Rotation-Function', run.function]
  ])
  return {
    answer: { ARN, Name, ...(run.testsOnly ? {} : { VersionId: token }) },
    ...(isComplete ? {} : { run })
  }
}

/** Puts AWSPENDING on a version without a value, which the function fills. Returns the trailers about it. */
function addPending(draft: Draft, secret: Secret, token: string, stamp: Time) {
  const { name, stages, key } = secret
  draft.authorize(name, ['encrypt'])
  const entry = {
    created: creationTime(stages, draft.now),
    writer: draft.member.keyId,
    key: key.alias,
    digest: NO_DIGEST
  }
  const added = addVersion(stages, { versionId: token, entry, labels: [AWSPENDING], stamp })
  const { stages: kept } = prune(forget(added, draft.now), { ...draft.access.pruning, now: draft.now })
  const pruned = draft.updateStages(secret, kept, token, stamp)
  return versionTrailers(kept, token, pruned)
}

/** The function reads and writes values with the identity of the member who rotates. */
function refuseUnreadable(draft: Draft, name: string): void {
  if (draft.mayRead(name)) return
  throw new VaultError(
    'AccessDeniedException',
    `${draft.member.name} is not authorized to perform secretsmanager:GetSecretValue on ${name}`,
    { hint: grantHint(draft.view.access, draft.member.keyId, draft.keyOf(name), ['decrypt']) }
  )
}

function incomplete(): VaultError {
  return new VaultError(
    'InvalidRequestException',
    "A previous rotation isn't complete. That rotation will be reattempted."
  )
}
