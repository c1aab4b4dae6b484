import { VaultError } from '../core/errors.js'
import type { DeleteSecretRequest, DeleteSecretResponse } from '../core/generated/requests.js'
import { parseSecretId } from '../core/service/name.js'
import { valuesOf } from '../core/versions/register.js'
import { formatTime } from '../core/time.js'
import type { Draft } from '../vault/draft.js'
import type { Vault } from '../vault/vault.js'
import type { Secret } from '../vault/view.js'
import { toDate } from './dates.js'
import { refuseDeleted } from './deletion.js'
import { newArn } from './newArn.js'

const DAY = 24 * 60 * 60 * 1000
const WINDOW = { least: 7, most: 30, usual: 30 }

/** Schedules a secret for deletion, or removes it at once. Secrets Manager: DeleteSecret. */
export async function deleteSecret(
  vault: Vault,
  request: DeleteSecretRequest
): Promise<DeleteSecretResponse> {
  const { RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: force = false } = request
  if (days !== undefined && (days < WINDOW.least || days > WINDOW.most)) {
    throw invalidParameter('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).')
  }
  if (force && days !== undefined) {
    throw invalidParameter(
      "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
    )
  }
  const deleted = await vault.write('DeleteSecret', async draft => {
    if (!force) return schedule(draft, await draft.secret(request.SecretId), days ?? WINDOW.usual)
    const secret = await find(draft, request.SecretId)
    return secret ? remove(draft, secret) : missing(draft, request.SecretId)
  })
  if (!force) await vault.noteScheduled(deleted.ARN, formatTime(deleted.DeletionDate.getTime()))
  return deleted
}

interface Deleted extends DeleteSecretResponse {
  readonly ARN: string
  readonly DeletionDate: Date
}

/** `undefined` if the secret does not exist: like the service, a forced deletion then succeeds. */
async function find(draft: Draft, secretId: string): Promise<Secret | undefined> {
  try {
    return await draft.secret(secretId)
  } catch (error) {
    if (error instanceof VaultError && error.code === 'ResourceNotFoundException') return undefined
    throw error
  }
}

function schedule(draft: Draft, secret: Secret, days: number): Deleted {
  refuseDeleted(secret)
  authorize(draft, secret)
  const { arn: ARN, name: Name } = secret
  const stamp = draft.stamp(secret)
  const date = formatTime(draft.now + days * DAY)
  draft.updateSecret(secret, { deletion: { date, changed: stamp } }, undefined, stamp)
  draft.describe(Name, [['Secret-Arn', ARN]])
  return { ARN, Name, DeletionDate: toDate(date) }
}

function remove(draft: Draft, secret: Secret): Deleted {
  authorize(draft, secret)
  const { arn: ARN, name: Name } = secret
  draft.removeSecret(secret)
  draft.describe(Name, [['Secret-Arn', ARN]])
  return { ARN, Name, DeletionDate: new Date(draft.now) }
}

/**
 * The answer for a secret that does not exist: a date and an ARN, with a random suffix unless the request has
 * one.
 */
function missing(draft: Draft, secretId: string): Deleted {
  const id = parseSecretId(secretId)
  const own = newArn(draft, id.name)
  const ARN = { name: own, arn: secretId, partialArn: secretId + own.slice(-7) }[id.kind]
  return { ARN, Name: id.name, DeletionDate: new Date(draft.now) }
}

/** Requires `manage`, and that the secret has no replicas left. */
function authorize(draft: Draft, { arn, name, document }: Secret): void {
  const regions = valuesOf(document.replicas).map(([region]) => region)
  if (regions.length > 0) {
    throw invalidParameter(
      `You can't delete secret ${arn} that still has replica regions [${regions.join(', ')}].`
    )
  }
  draft.authorize(name, ['manage'])
}

function invalidParameter(message: string): VaultError {
  return new VaultError('InvalidParameterException', message)
}
