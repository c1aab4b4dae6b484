import { inModelOrder, validate } from '../core/constraints.js'
import { VaultError } from '../core/errors.js'
import { operations, type OperationName } from '../core/generated/operations.js'
import type { Requests, Responses } from '../core/generated/requests.js'
import type { Vault } from '../vault/vault.js'
import { createSecret } from './createSecret.js'
import { describeSecret } from './describeSecret.js'
import { getSecretValue } from './getSecretValue.js'
import type { Implemented } from './implemented.js'
import { listSecrets } from './listSecrets.js'
import { listSecretVersionIds } from './listSecretVersionIds.js'
import { putSecretValue } from './putSecretValue.js'
import { updateSecretVersionStage } from './updateSecretVersionStage.js'

type Functions = {
  [Name in OperationName]?: (vault: Vault, request: Requests[Name]) => Promise<Responses[Name]>
}

const functions: Functions = {
  CreateSecret: createSecret,
  DescribeSecret: describeSecret,
  GetSecretValue: getSecretValue,
  ListSecretVersionIds: listSecretVersionIds,
  ListSecrets: listSecrets,
  PutSecretValue: putSecretValue,
  UpdateSecretVersionStage: updateSecretVersionStage
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
