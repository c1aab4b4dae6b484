import { VaultError } from '../core/errors.js'
import { checkFilters } from '../core/service/filters.js'
import type {
  APIErrorType,
  BatchGetSecretValueRequest,
  BatchGetSecretValueResponse,
  Filter,
  SecretValueEntry
} from '../core/generated/requests.js'
import type { Keyed, Vault } from '../vault/vault.js'
import type { Secret, View } from '../vault/view.js'
import { isScheduled } from './deletion.js'
import { readValue } from './getSecretValue.js'
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
  const all = async (): Promise<Keyed<Secret>[]> =>
    (await vault.secrets())
      .filter(secret => !isScheduled(secret) && matchesFilters(secret, filters))
      .map(item => ({ item, key: `${item.document.created} ${item.name}` }))
  const list = { list: 'BatchGetSecretValue', query: filters }
  const shown = await pageOfSecrets(vault, list, { MaxResults, NextToken }, all)
  return { ...shown, items: shown.items.map(({ arn }) => arn) }
}

/**
 * The result of GetSecretValue as an entry of `SecretValues` or `Errors`. An error that is not one of the
 * service's, such as a document that failed verification, fails the whole request.
 */
async function attempt(
  vault: Vault,
  view: View,
  SecretId: string
): Promise<{ value: SecretValueEntry; error?: never } | { value?: never; error: APIErrorType }> {
  try {
    return { value: await readValue(vault, view, { SecretId }) }
  } catch (error) {
    if (!(error instanceof VaultError && error.isService)) throw error
    return { error: { SecretId, ErrorCode: error.code, Message: error.message } }
  }
}
