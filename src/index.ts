/**
 * git-vault as a library: AWS Secrets Manager's operations over a vault in a git repository. Code that calls the AWS
 * SDK's `SecretsManager` client can call this instead: methods, requests, responses and error names are the same.
 *
 * @example
 * const vault = await openVault()
 * const { SecretString } = await vault.getSecretValue({ SecretId: 'prod/db' })
 */
import { randomUUID } from 'node:crypto'
import type * as api from './core/generated/requests.js'
import type { Clock, Random } from './core/ports.js'
import { open, type OpenOptions } from './open.js'
import { call } from './operations/call.js'

export { VaultError, type ErrorCode, type ServiceErrorCode, type VaultErrorCode } from './core/errors.js'
export type * from './core/generated/requests.js'
export type { Clock, OpenOptions, Random }

/** The operations of this version, under the AWS SDK's names. Each throws `VaultError`. */
export interface SecretsVault {
  createSecret(request: api.CreateSecretRequest): Promise<api.CreateSecretResponse>
  putSecretValue(request: api.PutSecretValueRequest): Promise<api.PutSecretValueResponse>
  getSecretValue(request: api.GetSecretValueRequest): Promise<api.GetSecretValueResponse>
  describeSecret(request: api.DescribeSecretRequest): Promise<api.DescribeSecretResponse>
  listSecrets(request?: api.ListSecretsRequest): Promise<api.ListSecretsResponse>
  listSecretVersionIds(request: api.ListSecretVersionIdsRequest): Promise<api.ListSecretVersionIdsResponse>
  updateSecretVersionStage(
    request: api.UpdateSecretVersionStageRequest
  ): Promise<api.UpdateSecretVersionStageResponse>
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
    ClientRequestToken: request.ClientRequestToken ?? randomUUID()
  })
  return {
    createSecret: request => call(vault, 'CreateSecret', withToken(request)),
    putSecretValue: request => call(vault, 'PutSecretValue', withToken(request)),
    getSecretValue: request => call(vault, 'GetSecretValue', request),
    describeSecret: request => call(vault, 'DescribeSecret', request),
    listSecrets: (request = {}) => call(vault, 'ListSecrets', request),
    listSecretVersionIds: request => call(vault, 'ListSecretVersionIds', request),
    updateSecretVersionStage: request => call(vault, 'UpdateSecretVersionStage', request)
  }
}
