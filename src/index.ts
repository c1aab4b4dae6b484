/**
 * git-vault as a library: AWS Secrets Manager's operations over a vault in a git repository. Code that calls the AWS
 * SDK's `SecretsManager` client can call this instead: methods, requests, responses and error names are the same.
 *
 * @example
 * const vault = await openVault()
 * const { SecretString } = await vault.getSecretValue({ SecretId: 'prod/db' })
 */
import type { OperationName } from './core/generated/operations.js'
import type * as api from './core/generated/requests.js'
import type { Clock, Random } from './core/ports.js'
import { open, type OpenOptions } from './app/open.js'
import { call } from './operations/call.js'
import { systemToken } from './system/files/random.js'

export { VaultError, type ErrorCode, type ServiceErrorCode, type VaultErrorCode } from './core/errors.js'
export type * from './core/generated/requests.js'
export type { Clock, OpenOptions, Random }

/** A response, and what the AWS SDK puts beside it: there is no connection to tell of, so it is empty and not enumerable. */
export type Answer<Response> = Response & { readonly $metadata: { readonly httpStatusCode?: number } }

/** The operations of this version, under the AWS SDK's names. Each throws `VaultError`. */
export interface SecretsVault {
  batchGetSecretValue(
    request?: api.BatchGetSecretValueRequest
  ): Promise<Answer<api.BatchGetSecretValueResponse>>
  cancelRotateSecret(request: api.CancelRotateSecretRequest): Promise<Answer<api.CancelRotateSecretResponse>>
  createSecret(request: api.CreateSecretRequest): Promise<Answer<api.CreateSecretResponse>>
  putResourcePolicy(request: api.PutResourcePolicyRequest): Promise<Answer<api.PutResourcePolicyResponse>>
  putSecretValue(request: api.PutSecretValueRequest): Promise<Answer<api.PutSecretValueResponse>>
  deleteResourcePolicy(
    request: api.DeleteResourcePolicyRequest
  ): Promise<Answer<api.DeleteResourcePolicyResponse>>
  deleteSecret(request: api.DeleteSecretRequest): Promise<Answer<api.DeleteSecretResponse>>
  getRandomPassword(request?: api.GetRandomPasswordRequest): Promise<Answer<api.GetRandomPasswordResponse>>
  getResourcePolicy(request: api.GetResourcePolicyRequest): Promise<Answer<api.GetResourcePolicyResponse>>
  getSecretValue(request: api.GetSecretValueRequest): Promise<Answer<api.GetSecretValueResponse>>
  describeSecret(request: api.DescribeSecretRequest): Promise<Answer<api.DescribeSecretResponse>>
  listSecrets(request?: api.ListSecretsRequest): Promise<Answer<api.ListSecretsResponse>>
  listSecretVersionIds(
    request: api.ListSecretVersionIdsRequest
  ): Promise<Answer<api.ListSecretVersionIdsResponse>>
  replicateSecretToRegions(
    request: api.ReplicateSecretToRegionsRequest
  ): Promise<Answer<api.ReplicateSecretToRegionsResponse>>
  removeRegionsFromReplication(
    request: api.RemoveRegionsFromReplicationRequest
  ): Promise<Answer<api.RemoveRegionsFromReplicationResponse>>
  restoreSecret(request: api.RestoreSecretRequest): Promise<Answer<api.RestoreSecretResponse>>
  rotateSecret(request: api.RotateSecretRequest): Promise<Answer<api.RotateSecretResponse>>
  stopReplicationToReplica(
    request: api.StopReplicationToReplicaRequest
  ): Promise<Answer<api.StopReplicationToReplicaResponse>>
  tagResource(request: api.TagResourceRequest): Promise<Answer<api.TagResourceResponse>>
  untagResource(request: api.UntagResourceRequest): Promise<Answer<api.UntagResourceResponse>>
  updateSecret(request: api.UpdateSecretRequest): Promise<Answer<api.UpdateSecretResponse>>
  updateSecretVersionStage(
    request: api.UpdateSecretVersionStageRequest
  ): Promise<Answer<api.UpdateSecretVersionStageResponse>>
  validateResourcePolicy(
    request: api.ValidateResourcePolicyRequest
  ): Promise<Answer<api.ValidateResourcePolicyResponse>>
}

/**
 * Opens the vault of the repository around a folder. A missing or unfit repository throws here, all else at the
 * first operation.
 */
export async function openVault(options: OpenOptions = {}): Promise<SecretsVault> {
  const vault = await open(options)
  // as the AWS SDK does: a token of its own for each request that has none
  const withToken = <R extends { ClientRequestToken?: string | undefined }>(request: R): R => ({
    ...request,
    ClientRequestToken: request.ClientRequestToken ?? systemToken()
  })
  const ask = async <Name extends OperationName>(name: Name, request: api.Requests[Name]) =>
    Object.defineProperty(await call(vault, name, request), '$metadata', { value: {} }) as Answer<
      api.Responses[Name]
    >
  return {
    batchGetSecretValue: (request = {}) => ask('BatchGetSecretValue', request),
    cancelRotateSecret: request => ask('CancelRotateSecret', request),
    createSecret: request => ask('CreateSecret', withToken(request)),
    putResourcePolicy: request => ask('PutResourcePolicy', request),
    putSecretValue: request => ask('PutSecretValue', withToken(request)),
    deleteResourcePolicy: request => ask('DeleteResourcePolicy', request),
    deleteSecret: request => ask('DeleteSecret', request),
    getRandomPassword: (request = {}) => ask('GetRandomPassword', request),
    getResourcePolicy: request => ask('GetResourcePolicy', request),
    getSecretValue: request => ask('GetSecretValue', request),
    describeSecret: request => ask('DescribeSecret', request),
    listSecrets: (request = {}) => ask('ListSecrets', request),
    listSecretVersionIds: request => ask('ListSecretVersionIds', request),
    replicateSecretToRegions: request => ask('ReplicateSecretToRegions', request),
    removeRegionsFromReplication: request => ask('RemoveRegionsFromReplication', request),
    restoreSecret: request => ask('RestoreSecret', request),
    rotateSecret: request => ask('RotateSecret', withToken(request)),
    stopReplicationToReplica: request => ask('StopReplicationToReplica', request),
    tagResource: request => ask('TagResource', request),
    untagResource: request => ask('UntagResource', request),
    updateSecret: request => ask('UpdateSecret', withToken(request)),
    updateSecretVersionStage: request => ask('UpdateSecretVersionStage', request),
    validateResourcePolicy: request => ask('ValidateResourcePolicy', request)
  }
}
