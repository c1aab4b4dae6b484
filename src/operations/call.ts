import { inModelOrder, validate } from '../core/constraints.js'
import { VaultError } from '../core/errors.js'
import { operations, type OperationName } from '../core/generated/operations.js'
import type { Requests, Responses } from '../core/generated/requests.js'
import type { Vault } from '../vault/vault.js'
import { batchGetSecretValue } from './batchGetSecretValue.js'
import { cancelRotateSecret } from './cancelRotateSecret.js'
import { createSecret } from './createSecret.js'
import { deleteResourcePolicy } from './deleteResourcePolicy.js'
import { deleteSecret } from './deleteSecret.js'
import { describeSecret } from './describeSecret.js'
import { getRandomPassword } from './getRandomPassword.js'
import { getResourcePolicy } from './getResourcePolicy.js'
import { getSecretValue } from './getSecretValue.js'
import type { Implemented } from './implemented.js'
import { listSecrets } from './listSecrets.js'
import { listSecretVersionIds } from './listSecretVersionIds.js'
import { putResourcePolicy } from './putResourcePolicy.js'
import { putSecretValue } from './putSecretValue.js'
import { removeRegionsFromReplication } from './removeRegionsFromReplication.js'
import { replicateSecretToRegions } from './replicateSecretToRegions.js'
import { restoreSecret } from './restoreSecret.js'
import { rotateSecret } from './rotateSecret.js'
import { stopReplicationToReplica } from './stopReplicationToReplica.js'
import { tagResource } from './tagResource.js'
import { untagResource } from './untagResource.js'
import { updateSecret } from './updateSecret.js'
import { updateSecretVersionStage } from './updateSecretVersionStage.js'
import { validateResourcePolicy } from './validateResourcePolicy.js'

type Functions = {
  [Name in OperationName]?: (vault: Vault, request: Requests[Name]) => Promise<Responses[Name]>
}

const functions: Functions = {
  BatchGetSecretValue: batchGetSecretValue,
  CancelRotateSecret: cancelRotateSecret,
  CreateSecret: createSecret,
  DeleteResourcePolicy: deleteResourcePolicy,
  DeleteSecret: deleteSecret,
  DescribeSecret: describeSecret,
  GetRandomPassword: getRandomPassword,
  GetResourcePolicy: getResourcePolicy,
  GetSecretValue: getSecretValue,
  ListSecretVersionIds: listSecretVersionIds,
  ListSecrets: listSecrets,
  PutResourcePolicy: putResourcePolicy,
  PutSecretValue: putSecretValue,
  RemoveRegionsFromReplication: removeRegionsFromReplication,
  ReplicateSecretToRegions: replicateSecretToRegions,
  RestoreSecret: restoreSecret,
  RotateSecret: rotateSecret,
  StopReplicationToReplica: stopReplicationToReplica,
  TagResource: tagResource,
  UntagResource: untagResource,
  UpdateSecret: updateSecret,
  UpdateSecretVersionStage: updateSecretVersionStage,
  ValidateResourcePolicy: validateResourcePolicy
} satisfies { [Name in Implemented]: unknown }

/**
 * Runs one operation: the same for the command line, the library and the endpoint. The request is checked against the
 * service's model first; the response has the model's order. Throws `VaultError`.
 */
export async function call<Name extends OperationName>(
  vault: Vault,
  name: Name,
  input: unknown
): Promise<Responses[Name]> {
  const run = functions[name]
  if (!run)
    throw new VaultError('InvalidRequestException', `${name} is not supported by this version of git-vault.`)
  const { input: shape, output } = operations[name]
  return inModelOrder(output, await run(vault, validate<Requests[Name]>(shape, input)))
}
