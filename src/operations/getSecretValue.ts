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
  return decrypted(vault, view, await findVersion(view, request))
}

export interface FoundVersion {
  readonly secret: Secret
  readonly versionId: string
  readonly document: VersionDocument
}

/** Finds and verifies the requested version, without an identity. */
export async function findVersion(view: View, request: GetSecretValueRequest): Promise<FoundVersion> {
  const secret = await view.secret(request.SecretId)
  refuseDeleted(secret)
  const versionId = resolveVersion(secret, request)
  const document = await view.version(secret, versionId)
  if (!document) throw noVersion(versionId)
  return { secret, versionId, document }
}

export async function decrypted(
  vault: Vault,
  view: View,
  { secret, versionId, document }: FoundVersion
): Promise<GetSecretValueResponse> {
  const value = await view.value(secret, document, await vault.identity())
  await vault.noteRead(view, secret, versionId)
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
