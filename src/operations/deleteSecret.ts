import { VaultError } from '../core/errors.js'
import type { DeleteSecretRequest, DeleteSecretResponse } from '../core/generated/requests.js'
import { parseSecretId } from '../core/service/name.js'
import { valuesOf } from '../core/versions/register.js'
import { formatTime } from '../core/time.js'
import type { Draft } from '../vault/draft.js'
import type { Vault } from '../vault/vault.js'
import type { ListedSecret } from '../vault/listedSecret.js'
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
  checkWindow(days)
  if (force && days !== undefined) {
    throw invalidParameter(
      "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
    )
  }
  const deleted = await vault.write('DeleteSecret', async draft => {
    if (!force) return removed(draft, await draft.secret(request.SecretId), { days })
    const secret = await find(draft, request.SecretId)
    return secret ? removed(draft, secret, 'at once') : missing(draft, request.SecretId)
  })
  if (!force) await vault.noteScheduled([[deleted.ARN, formatTime(deleted.DeletionDate.getTime())]])
  return deleted
}

/** Throws InvalidParameterException if a recovery window is not one of the service's. */
export function checkWindow(days: number | undefined): void {
  if (days === undefined || (days >= WINDOW.least && days <= WINDOW.most)) return
  throw invalidParameter('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).')
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

/** How a secret is removed: at once, or after a recovery window of so many days, 30 if left out. */
export type Removal = 'at once' | { readonly days?: number | undefined }

/**
 * Removes a secret, or schedules that. Returns when it will be deleted. Adds nothing to the commit's message. Throws
 * InvalidRequestException if it is scheduled already, and InvalidParameterException if it has replicas.
 */
export function removeOrSchedule(draft: Draft, secret: Secret, removal: Removal): Date {
  if (removal !== 'at once') refuseDeleted(secret)
  authorize(draft, secret)
  if (removal === 'at once') {
    draft.removeSecret(secret)
    return new Date(draft.now)
  }
  const stamp = draft.stamp(secret)
  const date = formatTime(draft.now + (removal.days ?? WINDOW.usual) * DAY)
  draft.updateSecret(secret, { deletion: { date, changed: stamp } }, undefined, stamp)
  return toDate(date)
}

function removed(draft: Draft, secret: Secret, removal: Removal): Deleted {
  const { arn: ARN, name: Name } = secret
  const DeletionDate = removeOrSchedule(draft, secret, removal)
  draft.describe(Name, [['Secret-Arn', ARN]])
  return { ARN, Name, DeletionDate }
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
function authorize(draft: Draft, secret: Secret): void {
  refuseReplicated(secret)
  draft.authorize(secret.name, ['manage'])
}

/** Throws InvalidParameterException if the secret has replicas: then it cannot be removed. */
export function refuseReplicated({ arn, document }: Pick<ListedSecret, 'arn' | 'document'>): void {
  const regions = valuesOf(document.replicas).map(([region]) => region)
  if (regions.length === 0) return
  throw invalidParameter(
    `You can't delete secret ${arn} that still has replica regions [${regions.join(', ')}].`
  )
}

function invalidParameter(message: string): VaultError {
  return new VaultError('InvalidParameterException', message)
}
