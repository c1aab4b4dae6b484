import {
  answeredValue,
  batchOfValues,
  listedSecrets,
  type BatchOfValues,
  type ListedSecret
} from '../../core/exchange/endpointAnswers.js'
import { unreadable, type NamedValue } from '../../core/exchange/entry.js'
import { VaultError } from '../../core/errors.js'
import { forEachOf } from '../../core/workers.js'
import { findProgram, outputOf } from '../../system/run/output.js'
import { programEnvironment } from '../../core/run/programEnvironment.js'

export type { ListedSecret } from '../../core/exchange/endpointAnswers.js'

/** The most that BatchGetSecretValue takes. */
const MAX_BATCH = 20
const CONCURRENT_CALLS = 4
const MAX_ANSWER_BYTES = 256 * 1024 * 1024

/** Secrets Manager or what speaks like it, through the user's own AWS CLI, which has the credentials. */
export class Endpoint {
  /** For messages. */
  readonly shown: string
  readonly #url: readonly string[]

  /** @param url left out, the one of the AWS CLI's own settings */
  constructor(url: string | undefined) {
    this.shown = url ?? 'AWS Secrets Manager'
    this.#url = url === undefined ? [] : [`--endpoint-url=${url}`]
  }

  /** Returns all secrets, without their values. The AWS CLI asks for every page. */
  async list(): Promise<readonly ListedSecret[]> {
    return listedSecrets(await this.#call('list-secrets', []), this.shown)
  }

  /**
   * Returns the current values of secrets, and the names of those that have none. Throws, naming the secret, if one cannot be
   * read.
   */
  async values(
    secrets: readonly ListedSecret[],
    onStep: () => void
  ): Promise<{ values: NamedValue[]; without: string[] }> {
    const found = new Map<string, NamedValue['value']>()
    const without = new Set<string>()
    const batches = Array.from({ length: Math.ceil(secrets.length / MAX_BATCH) }, (_, at) =>
      secrets.slice(at * MAX_BATCH, (at + 1) * MAX_BATCH)
    )
    await forEachOf(batches, CONCURRENT_CALLS, async batch => {
      const read = await this.#batch(batch)
      for (const [arn, value] of read.values) found.set(arn, value)
      for (const id of read.without) without.add(id)
      batch.forEach(onStep)
    })
    const values: NamedValue[] = []
    for (const { arn, name, description, tags } of secrets) {
      const value = found.get(arn)
      if (value !== undefined) values.push({ name, value, description, tags })
      else if (!without.has(arn))
        throw unreadable(this.shown, `it did not answer for ${JSON.stringify(name)}`)
    }
    return { values, without: secrets.filter(({ arn }) => without.has(arn)).map(({ name }) => name) }
  }

  /** Older policies do not allow BatchGetSecretValue, and moto fails as a whole if one secret has no value. */
  async #batch(secrets: readonly ListedSecret[]): Promise<BatchOfValues> {
    const ids = secrets.map(({ arn }) => arn)
    const answer = await this.#call('batch-get-secret-value', ['--secret-id-list', ...ids]).catch(onFailure)
    return answer ? batchOfValues(answer, this.shown) : this.#oneByOne(secrets)
  }

  async #oneByOne(secrets: readonly ListedSecret[]): Promise<BatchOfValues> {
    const values = new Map<string, NamedValue['value']>()
    const without: string[] = []
    for (const { arn, name } of secrets) {
      const answer = await this.#call('get-secret-value', ['--secret-id', arn]).catch(onNoValue)
      if (answer) values.set(arn, answeredValue(answer, name, this.shown))
      else without.push(arn)
    }
    return { values, without }
  }

  #call(command: string, args: readonly string[]): Promise<Uint8Array> {
    const own = programEnvironment(process.env)
    // version 1 of the AWS CLI knows the region by the other name only
    const env = { AWS_DEFAULT_REGION: own['AWS_REGION'], ...own, AWS_PAGER: '' }
    const aws = findProgram(['aws'], env)
    const all = ['secretsmanager', command, '--output', 'json', ...this.#url, ...args]
    return outputOf(aws, all, { env, limit: MAX_ANSWER_BYTES, reason: 'last' })
  }
}

/** Returns `undefined` for an error of the AWS CLI. */
function onFailure(error: unknown): undefined {
  if (!(error instanceof VaultError) || !error.message.startsWith('aws failed: ')) throw error
}

/** Returns `undefined` for the error of a secret that was created without a value. */
function onNoValue(error: unknown): undefined {
  if (!(error instanceof VaultError) || !/\(ResourceNotFoundException\)/.test(error.message)) throw error
}
