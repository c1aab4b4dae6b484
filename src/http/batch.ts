import { VaultError, type ErrorCode } from '../core/errors.js'
import type {
  APIErrorType,
  BatchGetSecretValueRequest,
  BatchGetSecretValueResponse
} from '../core/generated/requests.js'
import { skipUnusable } from '../operations/batchGetSecretValue.js'
import { call } from '../operations/call.js'
import type { Vault } from '../vault/vault.js'
import { authorize, needsOf, type Caller, type Found } from './authorize.js'
import { wireError } from './awsJson.js'
import type { Input } from './context.js'

/** The operation's limit for one answer. */
const MOST = 20

/**
 * BatchGetSecretValue for a caller who may not read every secret. Each secret needs the permissions of
 * GetSecretValue. A secret that the caller may not read is not read, and is reported in `Errors`.
 */
export async function batch(
  vault: Vault,
  input: Input,
  caller: Caller,
  account: string,
  lookUp: (id: string) => Promise<Found | undefined>
): Promise<BatchGetSecretValueResponse> {
  const { SecretIdList, Filters = [], MaxResults = MOST, NextToken } = input as BatchGetSecretValueRequest
  const isFiltered = Filters.length > 0
  // the operation itself refuses a request with both or neither
  if (isFiltered === (SecretIdList !== undefined)) return call(vault, 'BatchGetSecretValue', input)
  if (!isFiltered && (input['MaxResults'] ?? NextToken) !== undefined)
    return call(vault, 'BatchGetSecretValue', input)
  if (SecretIdList) return values(SecretIdList)

  // filters reveal names, so the service asks for the permission for ListSecrets too
  const listRequest = { Filters, MaxResults, ...(NextToken === undefined ? {} : { NextToken }) }
  const found = await call(vault, 'ListSecrets', listRequest)
  const list = found.SecretList ?? []
  return {
    ...(await values(list.flatMap(({ ARN }) => (ARN === undefined ? [] : [ARN])))),
    ...(found.NextToken === undefined ? {} : { NextToken: found.NextToken })
  }

  async function values(ids: readonly string[]): Promise<BatchGetSecretValueResponse> {
    const refused = new Map<string, APIErrorType>()
    /** From the requested id to the ARN that the operation is called with (see `pinToArn`). */
    const allowed = new Map<string, string>()
    for (const id of ids) {
      const { found, error } = await permitted(id)
      if (error) refused.set(id, error)
      else allowed.set(id, found?.secret.arn ?? id)
    }
    const arns = ids.flatMap(id => allowed.get(id) ?? [])
    const { SecretValues = [], Errors = [] } =
      arns.length === 0 ? {} : await call(vault, 'BatchGetSecretValue', { SecretIdList: arns })
    const failed = new Map(Errors.map(error => [error.SecretId, error]))
    const errorOf = (id: string): APIErrorType[] => {
      const error = refused.get(id) ?? failed.get(allowed.get(id))
      return error ? [{ ...onWire(error), SecretId: id }] : []
    }
    return { SecretValues, Errors: ids.flatMap(errorOf) }
  }

  async function permitted(SecretId: string): Promise<{ found?: Found | undefined; error?: APIErrorType }> {
    const scope = { region: caller.region, account }
    const check = (found: Found | undefined) =>
      authorize(needsOf('GetSecretValue', { SecretId }, scope, found), caller, account)
    try {
      const found = await lookUp(SecretId).catch((error: unknown) => {
        // a caller who may not read the secret is not told that it fails verification
        check(undefined)
        throw error
      })
      check(found)
      return { found }
    } catch (error) {
      if (error instanceof VaultError && error.code === 'AccessDeniedException')
        return { error: { SecretId, ErrorCode: error.code, Message: error.message } }
      const { problem } = await skipUnusable(vault, await vault.read(), SecretId, error)
      return { error: { SecretId, ErrorCode: problem.code, Message: problem.message } }
    }
  }
}

/** The entry as a client may see it: the message of an error that the service does not have names files. */
function onWire({ ErrorCode, Message }: APIErrorType): APIErrorType {
  const { code, message } = wireError(new VaultError(ErrorCode as ErrorCode, Message ?? ''))
  return { ErrorCode: code, Message: message }
}
