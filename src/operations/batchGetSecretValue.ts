import { VaultError } from '../core/errors.js'
import { checkFilters, prefixOf } from '../core/service/filters.js'
import type {
  APIErrorType,
  BatchGetSecretValueRequest,
  BatchGetSecretValueResponse,
  Filter,
  SecretValueEntry
} from '../core/generated/requests.js'
import { parseSecretId } from '../core/service/name.js'
import type { ListedSecret } from '../vault/listedSecret.js'
import type { Unusable } from '../vault/documents/skipped.js'
import type { Keyed, Vault } from '../vault/vault.js'
import type { View } from '../vault/view.js'
import { isScheduled } from './deletion.js'
import { decrypted, findVersion, type FoundVersion } from './getSecretValue.js'
import { matchesFilters } from './listSecrets.js'
import { pageOfSecrets } from './paging.js'

/** The most secrets that one request can name. */
const LIMIT = 20

/** Reads the current values of several secrets. Secrets Manager: BatchGetSecretValue. */
export async function batchGetSecretValue(
  vault: Vault,
  request: BatchGetSecretValueRequest
): Promise<BatchGetSecretValueResponse> {
  const { SecretIdList = [], Filters = [] } = request
  checkParameters(request)
  checkFilters(Filters)
  const { items, NextToken } =
    Filters.length > 0 ? await matchingArns(vault, Filters, request) : { items: SecretIdList }
  const view = await vault.read()
  const SecretValues: SecretValueEntry[] = []
  const Errors: APIErrorType[] = []
  for (const SecretId of items) {
    const { value, error } = await attempt(vault, view, SecretId)
    if (value) SecretValues.push(value)
    else Errors.push(error)
  }
  return { SecretValues, ...(NextToken === undefined ? {} : { NextToken }), Errors }
}

function checkParameters({ SecretIdList, Filters, MaxResults, NextToken }: BatchGetSecretValueRequest): void {
  const hasFilters = Filters !== undefined && Filters.length > 0
  if (SecretIdList !== undefined && hasFilters) throw invalid(NOT_BOTH)
  for (const [name, value] of Object.entries({ MaxResults, NextToken })) {
    if (value === undefined || hasFilters) continue
    throw invalid(`'Filters' not specified. 'Filters' must also be specified when '${name}' is provided.`)
  }
  if (SecretIdList === undefined && !hasFilters) throw invalid(NOT_BOTH)
}

const NOT_BOTH = "Either 'SecretIdList' or 'Filters' must be provided, but not both."

function invalid(message: string): VaultError {
  return new VaultError('InvalidParameterException', message)
}

/** A page of the ARNs of secrets that match the filters, oldest first, without those scheduled for deletion. */
async function matchingArns(
  vault: Vault,
  filters: readonly Filter[],
  { MaxResults = LIMIT, NextToken }: BatchGetSecretValueRequest
): Promise<{ items: string[]; NextToken?: string }> {
  const inOrder = async (secrets: readonly ListedSecret[]): Promise<Keyed<ListedSecret>[]> =>
    secrets
      .filter(secret => !isScheduled(secret) && matchesFilters(secret, filters))
      .map(item => ({ item, key: `${item.document.created} ${item.name}` }))
  const list = { list: 'BatchGetSecretValue', query: filters, prefix: prefixOf(filters) }
  const shown = await pageOfSecrets(vault, list, { MaxResults, NextToken }, inOrder)
  return { ...shown, items: shown.items.map(({ arn }) => arn) }
}

/**
 * The result of GetSecretValue as an entry of `SecretValues` or `Errors`. A secret that failed verification is reported,
 * too. An error that is neither that nor one of the service's, such as a missing identity, fails the whole request.
 */
async function attempt(
  vault: Vault,
  view: View,
  SecretId: string
): Promise<{ value: SecretValueEntry; error?: never } | { value?: never; error: APIErrorType }> {
  const failed = async (error: unknown) => {
    if (error instanceof VaultError && error.isService) return { error: entry(SecretId, error) }
    return { error: entry(SecretId, (await skipUnusable(vault, view, SecretId, error)).problem) }
  }
  let found: FoundVersion
  try {
    found = await findVersion(vault, view, { SecretId })
  } catch (error) {
    return failed(error)
  }
  try {
    return { value: await decrypted(vault, view, found) }
  } catch (error) {
    // the file of an identity concerns all secrets
    if (error instanceof VaultError && error.code === 'FileFailed') throw error
    return failed(error)
  }
}

const entry = (SecretId: string, { code, message }: VaultError): APIErrorType => ({
  SecretId,
  ErrorCode: code,
  Message: message
})

/** Reports a secret that failed verification. Rethrows an error that concerns more than this secret. */
export async function skipUnusable(
  vault: Vault,
  view: View,
  secretId: string,
  error: unknown
): Promise<Unusable> {
  const unusable = await view.unusable(error, view.place.secret(parseSecretId(secretId).name).secret)
  await vault.skip([unusable])
  return unusable
}
