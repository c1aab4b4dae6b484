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
import { nameAndRegion } from '../vault/documents/place.js'
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
 * @param more what the service has no request for
 */
export async function rotateSecret(
  vault: Vault,
  request: RotateSecretRequest,
  more: Pick<RotationRun, 'replacesExposed'> = {}
): Promise<RotateSecretResponse> {
  const { ClientRequestToken: token } = request
  if (token === undefined) throw new VaultError('InvalidParameterException', NO_TOKEN)
  const { run, answer } = await vault.write<Decided>('RotateSecret', draft =>
    decide(vault, draft, request, token)
  )
  const isHere = run && (await vault.rotator?.start({ ...run, ...more }))
  if (!(answer instanceof VaultError)) return answer
  if (!run) throw answer
  const done = vault.rotator?.isDetached
    ? 'it is being reattempted: git-vault rotation status shows how it goes'
    : 'it was reattempted, and is complete'
  throw answer.reworded(answer.message, isHere ? done : 'another process is rotating it: wait for it to end')
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
    const present = document.rotation?.enabled === 'yes' ? document.rotation.function : undefined
    const again = await find(present)
    if (again && draft.mayRead(Name))
      return { answer: incomplete(), run: { ...again, token: pending, testsOnly: false } }
    return { answer: incomplete(again ? readHint(draft, Name) : notRunHint(secret, present)) }
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
  if (!isStarted) await vault.rotator?.claim(ARN, token, stamp)
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
export function addPending(draft: Draft, secret: Secret, token: string, stamp: Time) {
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
export function refuseUnreadable(draft: Draft, name: string): void {
  if (draft.mayRead(name)) return
  throw new VaultError(
    'AccessDeniedException',
    `${draft.member.name} is not authorized to perform secretsmanager:GetSecretValue on ${name}`,
    { hint: readHint(draft, name) }
  )
}

const readHint = (draft: Draft, name: string): string | undefined =>
  grantHint(draft.view.access, draft.member.keyId, draft.keyOf(name), ['decrypt'])

/** @param functionArn of a function that is not registered here; `undefined` if rotation is off, so that none would run */
const notRunHint = ({ name, place }: Secret, functionArn: string | undefined): string | undefined =>
  functionArn === undefined
    ? `git-vault label ${nameAndRegion(name, place)} AWSPENDING --remove`
    : cannotInvoke(functionArn).hint

/** The service's error, which says so also if nothing is reattempted here. */
function incomplete(hint?: string): VaultError {
  return new VaultError(
    'InvalidRequestException',
    "A previous rotation isn't complete. That rotation will be reattempted.",
    { hint }
  )
}
