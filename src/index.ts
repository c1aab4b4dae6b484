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

/** A response with the AWS SDK's `$metadata`, which is empty and not enumerable, as there is no connection. */
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
 * Opens the vault of the repository around a folder. Throws `VaultError` if there is no usable repository;
 * any other problem is thrown by the first operation.
 */
export async function openVault(options: OpenOptions = {}): Promise<SecretsVault> {
  const vault = await open(options)
  // as the AWS SDK does, adds a token to a request without one
  const withToken = <R extends { ClientRequestToken?: string | undefined }>(request: R): R => ({
    ...request,
    ClientRequestToken: request.ClientRequestToken ?? systemToken()
  })
  const run = async <Name extends OperationName>(name: Name, request: api.Requests[Name]) =>
    Object.defineProperty(await call(vault, name, request), '$metadata', { value: {} }) as Answer<
      api.Responses[Name]
    >
  return {
    batchGetSecretValue: (request = {}) => run('BatchGetSecretValue', request),
    cancelRotateSecret: request => run('CancelRotateSecret', request),
    createSecret: request => run('CreateSecret', withToken(request)),
    putResourcePolicy: request => run('PutResourcePolicy', request),
    putSecretValue: request => run('PutSecretValue', withToken(request)),
    deleteResourcePolicy: request => run('DeleteResourcePolicy', request),
    deleteSecret: request => run('DeleteSecret', request),
    getRandomPassword: (request = {}) => run('GetRandomPassword', request),
    getResourcePolicy: request => run('GetResourcePolicy', request),
    getSecretValue: request => run('GetSecretValue', request),
    describeSecret: request => run('DescribeSecret', request),
    listSecrets: (request = {}) => run('ListSecrets', request),
    listSecretVersionIds: request => run('ListSecretVersionIds', request),
    replicateSecretToRegions: request => run('ReplicateSecretToRegions', request),
    removeRegionsFromReplication: request => run('RemoveRegionsFromReplication', request),
    restoreSecret: request => run('RestoreSecret', request),
    rotateSecret: request => run('RotateSecret', withToken(request)),
    stopReplicationToReplica: request => run('StopReplicationToReplica', request),
    tagResource: request => run('TagResource', request),
    untagResource: request => run('UntagResource', request),
    updateSecret: request => run('UpdateSecret', withToken(request)),
    updateSecretVersionStage: request => run('UpdateSecretVersionStage', request),
    validateResourcePolicy: request => run('ValidateResourcePolicy', request)
  }
}
