import { validate } from '../core/service/constraints.js'
import { VaultError } from '../core/errors.js'
import { operations, type OperationName } from '../core/generated/operations.js'
import { call } from '../operations/call.js'
import { writes } from '../operations/implemented.js'
import type { Vault } from '../vault/vault.js'
import type { Secret } from '../vault/view.js'
import { AWS_JSON, formatOutput, operationOf, parseInput } from './awsJson.js'
import { authorize, needsOf, pinned, type Caller } from './authorize.js'
import type { Backend } from './backend.js'
import { batch } from './batch.js'
import { Cache } from './cache.js'
import type { Input } from './context.js'
import type { Answer, Received } from './received.js'
import { Replays } from './replays.js'
import { SKEW, Verifier } from './sigv4.js'

/** What the log is told of a request, as soon as it is known and believed. */
export interface RequestRecord {
  operation?: string
  secret?: string
  key?: string
}

/** Asked for most, and the same for everybody who may have them. */
const CACHED: ReadonlySet<OperationName> = new Set(['GetSecretValue', 'DescribeSecret'])
/** With a value, they make a version that is named by their token. */
const WRITES_VERSIONS: ReadonlySet<OperationName> = new Set([
  'CreateSecret',
  'PutSecretValue',
  'UpdateSecret'
])
/** Longer ones are not what programs ask for again and again. */
const LONGEST_CACHED = 8_192

/** Secrets Manager's own protocol. */
export class Api {
  readonly #backend: Backend
  readonly #verifier: Verifier
  readonly #replays: Replays
  readonly #cache = new Cache()
  readonly #running = new Map<string, Promise<unknown>>()

  constructor(backend: Backend) {
    this.#backend = backend
    this.#verifier = new Verifier(backend.clock)
    this.#replays = new Replays(backend.clock)
  }

  /** Throws `VaultError`, and whatever is a fault of the program. */
  async answer(received: Received, record: RequestRecord): Promise<Answer> {
    const signer = this.#verifier.verify(received, this.#backend.credentials())
    const { credential, region } = signer
    record.key = credential.accessKeyId
    const type = received.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
    if (type !== AWS_JSON)
      throw new VaultError('UnknownOperationException', `Content-Type must be ${AWS_JSON}.`)
    const operation = operationOf(received.headers.get('x-amz-target'))
    record.operation = operation
    const { address, isSecure, body } = received
    const caller: Caller = { credential, region, now: this.#backend.clock.now(), address, isSecure }
    if (!writes(operation)) return this.run(operation, body, caller, record)
    const until = signer.signed + SKEW
    // a presigned read may be asked for a week; a write that old is a replay, for no signature is remembered that long
    if (until < caller.now) throw new VaultError('RequestExpired', 'Request has expired.')
    const { accessKeyId } = credential
    const run = () => this.run(operation, body, caller, record)
    const again = () => this.#byToken(operation, body, caller, record)
    return this.#replays.once({ accessKeyId, signature: signer.signature, until }, run, again)
  }

  /** A write of a version that is there is answered by its token, which changes nothing. */
  async #byToken(
    operation: OperationName,
    body: Buffer,
    caller: Caller,
    record: RequestRecord
  ): Promise<Answer | undefined> {
    if (!WRITES_VERSIONS.has(operation)) return undefined
    const { input: shape } = operations[operation]
    const input = validate<Input>(shape, parseInput(shape, body))
    const { SecretId = input['Name'], SecretString, SecretBinary, ClientRequestToken } = input
    if (SecretString === undefined && SecretBinary === undefined) return undefined
    const secret = await lookUp(this.#backend.vault(caller.region), { SecretId })
    const isThere = secret?.stages.versions.has(ClientRequestToken as string)
    return isThere ? this.run(operation, body, caller, record) : undefined
  }

  /**
   * Answers a request of somebody who is known. Of equal requests that come at once the first is computed; each of the
   * others waits for the one before it, and takes what was cached if that is still true when it looks, or computes anew.
   */
  async run(operation: OperationName, body: Buffer, caller: Caller, record: RequestRecord): Promise<Answer> {
    if (!CACHED.has(operation) || body.length > LONGEST_CACHED)
      return this.#compute(operation, body, caller, record)
    const day = Math.floor(caller.now / 86_400_000)
    const key = `${caller.region} ${operation} ${day} ${body.toString('latin1')}`
    const cached = this.#given(key, caller, record)
    if (cached) return cached
    await this.#running.get(key)
    const shared = this.#given(key, caller, record)
    if (shared) return shared
    const running = this.#compute(operation, body, caller, record, key)
    const settled = running.catch(() => undefined)
    this.#running.set(key, settled)
    try {
      return await running
    } finally {
      if (this.#running.get(key) === settled) this.#running.delete(key)
    }
  }

  #given(key: string, caller: Caller, record: RequestRecord): Answer | undefined {
    const cached = this.#cache.get(key)
    if (!cached) return undefined
    record.secret = cached.secret
    authorize(cached.needs, caller, this.#backend.account)
    return { status: 200, type: AWS_JSON, body: cached.body }
  }

  async #compute(
    operation: OperationName,
    body: Buffer,
    caller: Caller,
    record: RequestRecord,
    key?: string
  ): Promise<Answer> {
    const { account } = this.#backend
    const { region } = caller
    const { input: shape, output } = operations[operation]
    const input = validate<Input>(shape, parseInput(shape, body))
    await this.#backend.ready()
    const world = key === undefined ? undefined : this.#backend.traceReads(region)
    const vault = world?.vault ?? this.#backend.vault(region)

    const secret = await lookUp(vault, input)
    const named = secret?.name ?? (input['SecretId'] as string | undefined) ?? input['Name']
    if (typeof named === 'string') record.secret = named
    const needs = needsOf(operation, input, { region, account }, secret)
    authorize(needs, caller, account)

    const response =
      operation === 'BatchGetSecretValue'
        ? await batch(vault, input, caller, account, async id => lookUp(vault, { SecretId: id }))
        : await call(vault, operation, pinned(input, secret))
    const text = formatOutput(output, response)
    const trace = world?.trace()
    // one that is scheduled for deletion goes at its time, though no file changes
    if (key !== undefined && trace && secret && secret.document.deletion?.date === undefined)
      this.#cache.set(key, { body: text, needs, secret: secret.name, trace })
    return { status: 200, type: AWS_JSON, body: text }
  }
}

/** The secret that a request is about; `undefined` where there is none, or the request is about no certain one. */
async function lookUp(vault: Vault, input: Input): Promise<Secret | undefined> {
  const id = input['SecretId'] as string | undefined
  if (id === undefined) return undefined
  try {
    const view = await vault.read()
    return await view.secret(id)
  } catch (error) {
    const isUnknown =
      error instanceof VaultError &&
      (error.code === 'ResourceNotFoundException' || error.code === 'ValidationException')
    if (isUnknown) return undefined
    throw error
  }
}
