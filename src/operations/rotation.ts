import { VaultError } from '../core/errors.js'
import type { SecretListEntry } from '../core/generated/requests.js'
import { nextRotation } from '../core/rotation/due.js'
import type { Time } from '../core/time.js'
import { completesRotation, rulesOf } from '../core/rotation/rotationState.js'
import { AWSCURRENT, type Stages } from '../core/versions/stages.js'
import type { Draft } from '../vault/draft.js'
import type { ListedSecret } from '../vault/listedSecret.js'
import type { Secret } from '../vault/view.js'
import { toDate } from './dates.js'

type RotationFields = Pick<
  SecretListEntry,
  'RotationEnabled' | 'RotationLambdaARN' | 'RotationRules' | 'LastRotatedDate' | 'NextRotationDate'
>

/**
 * The members about rotation of DescribeSecret and ListSecrets; none if rotation was never configured.
 * @param now milliseconds since the Unix epoch
 */
export function rotationFields(
  { document: { rotation, rotated }, stages }: Pick<ListedSecret, 'document' | 'stages'>,
  now: number
): RotationFields {
  if (rotation?.function === undefined)
    return rotated === undefined ? {} : { LastRotatedDate: toDate(rotated) }
  const rules = rulesOf(rotation)
  const isOn = rotation.enabled === 'yes'
  const current = stages.versions.get(stages.labels.get(AWSCURRENT)?.version ?? '')
  const state = { setUp: rotation.changed, lastRotated: rotated, valueStored: current?.created }
  const next = isOn && rules ? nextRotation(rules, state, now) : undefined
  return {
    RotationEnabled: isOn,
    RotationLambdaARN: rotation.function,
    ...(rules ? { RotationRules: rules } : {}),
    ...(rotated === undefined ? {} : { LastRotatedDate: toDate(rotated) }),
    ...(next === undefined ? {} : { NextRotationDate: new Date(next.date) })
  }
}

/**
 * Dates a rotation (LastRotatedDate) in the same commit that completes it, so that a crash after it loses nothing. A writer
 * without `manage` cannot: then the run that waits for the function dates it. Each write that moves AWSCURRENT calls this, or
 * stores `rotationDate` itself.
 */
export function noteRotation(draft: Draft, secret: Secret, stages: Stages, stamp: Time): void {
  const fields = rotationDate(draft, secret, stages, stamp)
  if (fields.rotated !== undefined) draft.updateSecret(secret, fields, undefined, stamp)
}

/** What secret.yaml gets if these stages complete a rotation: for a write that changes other fields of it, too. */
export function rotationDate(
  draft: Draft,
  secret: Secret,
  stages: Stages,
  stamp: Time
): { readonly rotated?: Time } {
  const isComplete = completesRotation(secret.document.rotation, secret.stages, stages)
  return isComplete && draft.mayWrite(secret.name, ['manage']) ? { rotated: stamp } : {}
}

export function noFunction(): VaultError {
  return new VaultError(
    'InvalidRequestException',
    'No Lambda rotation function ARN is associated with this secret.'
  )
}

/** Also for a function that is not registered here: see `git-vault function`. */
export function cannotInvoke(functionArn: string): VaultError {
  return new VaultError(
    'AccessDeniedException',
    'Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.',
    {
      hint: `register it for this vault: git-vault function add ${functionArn.replace(/^.*:function:/, '').replace(/:.*$/, '')}`
    }
  )
}
