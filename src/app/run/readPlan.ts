import { VaultError } from '../../core/errors.js'
import { forEachOf } from '../../core/workers.js'
import { operations } from '../../core/generated/operations.js'
import type { GetSecretValueRequest, GetSecretValueResponse } from '../../core/generated/requests.js'
import { secretsOf, type Plan } from '../../core/run/plan.js'
import { given, type Given, type Value } from '../../core/run/variables.js'
import { validate } from '../../core/service/constraints.js'
import { readValue } from '../../operations/getSecretValue.js'
import type { Vault } from '../../vault/vault.js'
import type { View } from '../../vault/view.js'

/** The first read of a day is remembered on the disk, which is most of the waiting. */
const CONCURRENT_READS = 8

/**
 * Reads the secrets of a plan from one state of the vault, each once, and returns what the program gets. Throws the error of
 * the first secret that cannot be read, with its name.
 * @param label the staging label of the versions to read; AWSCURRENT by default
 * @param explain returns an error in better words, with the secret's name; or the same error, if it has none
 */
export async function readPlan(
  vault: Vault,
  plan: Plan,
  label: string | undefined,
  explain: (error: unknown, secret: string) => Promise<unknown>
): Promise<Given> {
  const view = await vault.read()
  const ids = [...secretsOf(plan)]
  const results = new Map<string, { readonly value: Value } | { readonly error: unknown }>()
  let hasFailed = false
  await forEachOf(ids, CONCURRENT_READS, async SecretId => {
    if (hasFailed) return
    const request = { SecretId, ...(label === undefined ? {} : { VersionStage: label }) }
    try {
      results.set(SecretId, { value: await read(vault, view, request) })
    } catch (error) {
      hasFailed = true
      results.set(SecretId, { error })
    }
  })
  const values = new Map<string, Value>()
  for (const id of ids) {
    const result = results.get(id)!
    if ('value' in result) {
      values.set(id, result.value)
      continue
    }
    const explained = await explain(result.error, id)
    throw explained === result.error ? withName(result.error, id) : explained
  }
  return given(plan, values)
}

/** GetSecretValue, with the same checks of the request. */
async function read(vault: Vault, view: View, input: object): Promise<GetSecretValueResponse> {
  const request = validate<GetSecretValueRequest>(operations.GetSecretValue.input, input)
  return readValue(vault, view, request)
}

function withName(error: unknown, id: string): unknown {
  if (!(error instanceof VaultError) || !error.isService) return error
  return error.reworded(`cannot read ${id}: ${error.message}`)
}
