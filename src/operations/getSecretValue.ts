import { VaultError } from '../core/errors.js'
import type { GetSecretValueRequest, GetSecretValueResponse } from '../core/generated/requests.js'
import { AWSCURRENT, labelsOf } from '../core/versions/stages.js'
import type { Vault } from '../vault/vault.js'
import type { Secret, View } from '../vault/view.js'
import { toDate } from './dates.js'
import { refuseDeleted } from './deletion.js'
import { valueFields } from './value.js'

/** Decrypts one version, by default the one labelled AWSCURRENT. Secrets Manager: GetSecretValue. */
export async function getSecretValue(
  vault: Vault,
  request: GetSecretValueRequest
): Promise<GetSecretValueResponse> {
  return readValue(vault, await vault.read(), request)
}

/** GetSecretValue on a view that is already open. */
export async function readValue(
  vault: Vault,
  view: View,
  request: GetSecretValueRequest
): Promise<GetSecretValueResponse> {
  const found = await view
    .secret(request.SecretId)
    .then(secret => ({ view, secret }))
    .catch(async (error: unknown) => inConflict(vault, view, request, error))
  const { secret } = found
  refuseDeleted(secret)
  const versionId = resolveVersion(secret, request)
  const document = await found.view.version(secret, versionId)
  if (!document) throw noVersion(versionId)

  const value = await found.view.value(secret, document, await vault.identity())
  // one side of a conflict is not the newest state of the branch
  if (found.view === view) await vault.noteRead(view, secret, versionId)
  const labels = labelsOf(secret.stages, versionId)
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: versionId,
    ...valueFields(value),
    ...(labels.length > 0 ? { VersionStages: labels } : {}),
    CreatedDate: toDate(document.created)
  }
}

/** Rethrows the error, unless the version can be read from one side of a merge conflict. */
async function inConflict(
  vault: Vault,
  view: View,
  { SecretId, VersionId }: GetSecretValueRequest,
  error: unknown
): Promise<{ view: View; secret: Secret }> {
  if (VersionId === undefined) throw error
  const { conflictedSecret } = await import('./conflictedSecret.js')
  return conflictedSecret(vault, view, { secretId: SecretId, versionId: VersionId }, error)
}

function resolveVersion({ stages }: Secret, { VersionId, VersionStage }: GetSecretValueRequest): string {
  if (VersionId !== undefined) {
    if (!stages.versions.has(VersionId)) throw noVersion(VersionId)
    if (VersionStage === undefined || stages.labels.get(VersionStage)?.version === VersionId) return VersionId
    throw new VaultError(
      'InvalidRequestException',
      'You provided a VersionStage that is not associated to the provided VersionId.'
    )
  }
  const label = VersionStage ?? AWSCURRENT
  const holder = stages.labels.get(label)?.version
  if (holder !== undefined) return holder
  throw new VaultError(
    'ResourceNotFoundException',
    `Secrets Manager can't find the specified secret value for staging label: ${label}`
  )
}

function noVersion(versionId: string): VaultError {
  return new VaultError(
    'ResourceNotFoundException',
    `Secrets Manager can't find the specified secret value for VersionId: ${versionId}`
  )
}
