import { VaultError } from '../core/errors.js'
import type { VersionDocument } from '../core/format/documents.js'
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
  return decrypted(vault, view, await findVersion(vault, view, request))
}

export interface FoundVersion {
  readonly secret: Secret
  readonly versionId: string
  readonly document: VersionDocument
  /** The view that has it: the one that was asked, or one side of a conflict. */
  readonly view: View
}

/** Finds and verifies the requested version, without an identity. */
export async function findVersion(
  vault: Vault,
  view: View,
  request: GetSecretValueRequest
): Promise<FoundVersion> {
  const found = await findSecret(vault, view, request)
  const { secret } = found
  refuseDeleted(secret)
  const versionId = resolveVersion(secret, request)
  const document = await found.view.version(secret, versionId)
  if (!document)
    throw request.VersionId === undefined
      ? noVersionWithLabel(request.VersionStage ?? AWSCURRENT)
      : noVersion(versionId)
  return { secret, versionId, document, view: found.view }
}

export async function decrypted(
  vault: Vault,
  view: View,
  { secret, versionId, document, view: holder }: FoundVersion
): Promise<GetSecretValueResponse> {
  const value = await holder.value(secret, document, await vault.identity())
  // one side of a conflict is not the newest state of the branch
  if (holder === view) await vault.noteRead(view, secret, versionId)
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

/** Finds the secret; if it does not have the version, or is refused, in the sides of a merge conflict, too. */
async function findSecret(
  vault: Vault,
  view: View,
  { SecretId, VersionId }: GetSecretValueRequest
): Promise<{ view: View; secret: Secret }> {
  const here = await view.secret(SecretId).catch((error: unknown) => ({ error }))
  if (VersionId !== undefined && ('error' in here || !here.stages.versions.has(VersionId))) {
    const { conflictedSecret } = await import('./conflictedSecret.js')
    const side = await conflictedSecret(vault, view, { secretId: SecretId, versionId: VersionId })
    if (side) return side
  }
  if ('error' in here) throw here.error
  return { view, secret: here }
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
  throw noVersionWithLabel(label)
}

export function noVersionWithLabel(label: string): VaultError {
  return new VaultError(
    'ResourceNotFoundException',
    `Secrets Manager can't find the specified secret value for staging label: ${label}`
  )
}

export function noVersion(versionId: string): VaultError {
  return new VaultError(
    'ResourceNotFoundException',
    `Secrets Manager can't find the specified secret value for VersionId: ${versionId}`
  )
}
