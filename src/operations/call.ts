import { inModelOrder, validate } from '../core/service/constraints.js'
import { VaultError } from '../core/errors.js'
import { operations, type OperationName } from '../core/generated/operations.js'
import type { Requests, Responses } from '../core/generated/requests.js'
import type { Vault } from '../vault/vault.js'
import type { Implemented } from './implemented.js'

type Functions = {
  [Name in OperationName]?: () => Promise<(vault: Vault, request: Requests[Name]) => Promise<Responses[Name]>>
}

/** Each operation is loaded when it is first called, so that reading one value loads little code. */
const functions: Functions = {
  BatchGetSecretValue: async () => (await import('./batchGetSecretValue.js')).batchGetSecretValue,
  CancelRotateSecret: async () => (await import('./cancelRotateSecret.js')).cancelRotateSecret,
  CreateSecret: async () => (await import('./createSecret.js')).createSecret,
  DeleteResourcePolicy: async () => (await import('./deleteResourcePolicy.js')).deleteResourcePolicy,
  DeleteSecret: async () => (await import('./deleteSecret.js')).deleteSecret,
  DescribeSecret: async () => (await import('./describeSecret.js')).describeSecret,
  GetRandomPassword: async () => (await import('./getRandomPassword.js')).getRandomPassword,
  GetResourcePolicy: async () => (await import('./getResourcePolicy.js')).getResourcePolicy,
  GetSecretValue: async () => (await import('./getSecretValue.js')).getSecretValue,
  ListSecretVersionIds: async () => (await import('./listSecretVersionIds.js')).listSecretVersionIds,
  ListSecrets: async () => (await import('./listSecrets.js')).listSecrets,
  PutResourcePolicy: async () => (await import('./putResourcePolicy.js')).putResourcePolicy,
  PutSecretValue: async () => (await import('./putSecretValue.js')).putSecretValue,
  RemoveRegionsFromReplication: async () =>
    (await import('./removeRegionsFromReplication.js')).removeRegionsFromReplication,
  ReplicateSecretToRegions: async () =>
    (await import('./replicateSecretToRegions.js')).replicateSecretToRegions,
  RestoreSecret: async () => (await import('./restoreSecret.js')).restoreSecret,
  RotateSecret: async () => (await import('./rotateSecret.js')).rotateSecret,
  StopReplicationToReplica: async () =>
    (await import('./stopReplicationToReplica.js')).stopReplicationToReplica,
  TagResource: async () => (await import('./tagResource.js')).tagResource,
  UntagResource: async () => (await import('./untagResource.js')).untagResource,
  UpdateSecret: async () => (await import('./updateSecret.js')).updateSecret,
  UpdateSecretVersionStage: async () =>
    (await import('./updateSecretVersionStage.js')).updateSecretVersionStage,
  ValidateResourcePolicy: async () => (await import('./validateResourcePolicy.js')).validateResourcePolicy
} satisfies { [Name in Implemented]: unknown }

/**
 * Runs one operation, for the command line, the library and the endpoint alike. First checks the request
 * against the service's model. The response has its members in the model's order. Throws `VaultError`.
 */
export async function call<Name extends OperationName>(
  vault: Vault,
  name: Name,
  input: unknown
): Promise<Responses[Name]> {
  const load = functions[name]
  if (!load)
    throw new VaultError('InvalidRequestException', `${name} is not supported by this version of git-vault.`)
  const { input: shape, output } = operations[name]
  const request = validate<Requests[Name]>(shape, input)
  const run = await load()
  return inModelOrder(output, await run(vault, request))
}
