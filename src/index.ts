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
import { open, type OpenOptions } from './open.js'
import { call } from './operations/call.js'
import { systemToken } from './system/random.js'

export { VaultError, type ErrorCode, type ServiceErrorCode, type VaultErrorCode } from './core/errors.js'
export type * from './core/generated/requests.js'
export type { Clock, OpenOptions, Random }

/** A response, and what the AWS SDK puts beside it: there is no connection to tell of, so it is empty and not enumerable. */
export type Answer<Response> = Response & { readonly $metadata: { readonly httpStatusCode?: number } }

/** The operations of this version, under the AWS SDK's names. Each throws `VaultError`. */
export interface SecretsVault {
  createSecret(request: api.CreateSecretRequest): Promise<Answer<api.CreateSecretResponse>>
  putSecretValue(request: api.PutSecretValueRequest): Promise<Answer<api.PutSecretValueResponse>>
  getSecretValue(request: api.GetSecretValueRequest): Promise<Answer<api.GetSecretValueResponse>>
  describeSecret(request: api.DescribeSecretRequest): Promise<Answer<api.DescribeSecretResponse>>
  listSecrets(request?: api.ListSecretsRequest): Promise<Answer<api.ListSecretsResponse>>
  listSecretVersionIds(
    request: api.ListSecretVersionIdsRequest
  ): Promise<Answer<api.ListSecretVersionIdsResponse>>
  updateSecretVersionStage(
    request: api.UpdateSecretVersionStageRequest
  ): Promise<Answer<api.UpdateSecretVersionStageResponse>>
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
    createSecret: request => ask('CreateSecret', withToken(request)),
    putSecretValue: request => ask('PutSecretValue', withToken(request)),
    getSecretValue: request => ask('GetSecretValue', request),
    describeSecret: request => ask('DescribeSecret', request),
    listSecrets: (request = {}) => ask('ListSecrets', request),
    listSecretVersionIds: request => ask('ListSecretVersionIds', request),
    updateSecretVersionStage: request => ask('UpdateSecretVersionStage', request)
  }
}
