import { validate } from '../core/service/constraints.js'
import { VaultError } from '../core/errors.js'
import { operations, type OperationName } from '../core/generated/operations.js'
import { parseSecretId } from '../core/service/name.js'
import { call } from '../operations/call.js'
import { writes } from '../operations/implemented.js'
import type { Vault } from '../vault/vault.js'
import { AWS_JSON, formatOutput, operationOf, parseInput } from './awsJson.js'
import { authorize, needsOf, pinToArn, replacementNeeds, type Caller, type Found } from './authorize.js'
import type { Backend } from './backend.js'
import { batch } from './batch.js'
import { Cache } from './cache.js'
import type { Input } from './context.js'
import type { Answer, HttpRequest } from './message.js'
import { Outcomes, stateAfter, stateOf, type WriteRecord } from './outcomes.js'
import { Replays } from './replays.js'
import { SKEW, Verifier } from './sigv4.js'
import { callerIdentity, isQueryProtocol, STS } from './sts.js'

/** What the log reports of a request. A field is set once it is known and its signature verified. */
export interface LogFields {
  operation?: string
  secret?: string
  key?: string
}

/** The most frequent operations whose answer is the same for every caller who is allowed it. */
const CACHED: ReadonlySet<OperationName> = new Set(['GetSecretValue', 'DescribeSecret'])
/** If the request has a value, these add a version whose id is the request's token. */
const WRITES_VERSIONS: ReadonlySet<OperationName> = new Set([
  'CreateSecret',
  'PutSecretValue',
  'UpdateSecret'
])
/** Bytes of a request's body. Programs do not repeat longer ones often. */
const LONGEST_CACHED = 8_192

/** The AWS JSON 1.1 protocol of Secrets Manager. */
export class Api {
  readonly #backend: Backend
  readonly #verifier: Verifier
  readonly #replays: Replays
  readonly #outcomes = new Outcomes()
  readonly #cache = new Cache()
  readonly #running = new Map<string, Promise<unknown>>()

  constructor(backend: Backend) {
    this.#backend = backend
    this.#verifier = new Verifier(backend.clock)
    this.#replays = new Replays(backend.clock)
  }

  /** As `Verifier.open`: until then, every request is refused. */
  open(since: number): void {
    this.#verifier.open(since)
  }

  /** Throws `VaultError`. Any other error is a bug. */
  async answer(request: HttpRequest, logFields: LogFields): Promise<Answer> {
    if (isQueryProtocol(request.headers)) return this.#callerIdentity(request, logFields)
    const signer = this.#verifier.verify(request, this.#backend.credentials())
    const { credential, region } = signer
    logFields.key = credential.accessKeyId
    const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
    if (type !== AWS_JSON)
      throw new VaultError('UnknownOperationException', `Content-Type must be ${AWS_JSON}.`)
    const operation = operationOf(request.headers.get('x-amz-target'))
    logFields.operation = operation
    const { address, isSecure, body } = request
    const { home, clock, ownPolicyOnly } = this.#backend
    const caller: Caller = { credential, region, home, now: clock.now(), address, isSecure, ownPolicyOnly }
    if (!writes(operation)) return this.run(operation, body, caller, logFields)
    const until = signer.signed + SKEW
    // a presigned read may be up to a week old; signatures of writes are not remembered that long, so an old
    // one is refused
    if (until < caller.now) throw new VaultError('RequestExpired', 'Request has expired.')
    const { accessKeyId } = credential
    const id = `${accessKeyId} ${signer.signature}`
    const run = () =>
      this.#outcomes.keep(id, record =>
        retried(() => this.#compute(operation, body, caller, logFields, { record }))
      )
    const again = async () =>
      (await this.#repeat(id, caller)) ?? this.#byToken(operation, body, caller, logFields)
    return this.#replays.once({ accessKeyId, signature: signer.signature, until }, run, again)
  }

  #callerIdentity(request: HttpRequest, logFields: LogFields): Answer {
    const { credential } = this.#verifier.verify(request, this.#backend.credentials(), STS)
    logFields.key = credential.accessKeyId
    const answer = callerIdentity(request, credential, this.#backend)
    logFields.operation = 'GetCallerIdentity'
    return answer
  }

  /** The first answer to a repeated write, if nothing has changed since. */
  async #repeat(id: string, caller: Caller): Promise<Answer | undefined> {
    const tree = this.#backend.vault(this.#backend.home).repository.workTree
    return this.#outcomes.repeat(id, tree, needs => authorize(needs, caller, this.#backend.account))
  }

  /**
   * Runs a repeated write if the version with its token exists: that changes nothing. Else returns
   * `undefined`.
   */
  async #byToken(
    operation: OperationName,
    body: Buffer,
    caller: Caller,
    logFields: LogFields
  ): Promise<Answer | undefined> {
    if (!WRITES_VERSIONS.has(operation)) return undefined
    const { input: shape } = operations[operation]
    const input = validate<Input>(shape, parseInput(shape, body))
    const { SecretId = input['Name'], SecretString, SecretBinary, ClientRequestToken } = input
    if (SecretString === undefined && SecretBinary === undefined) return undefined
    const found = await lookUp(this.#backend.vault(caller.region), { SecretId })
    const exists = found?.secret.stages.versions.has(ClientRequestToken as string)
    return exists ? this.run(operation, body, caller, logFields) : undefined
  }

  /**
   * Answers a request of an authenticated caller. Of equal requests that arrive together the first is
   * computed. Each of the others waits for the one before it, then takes the cached answer if it is still
   * current, or computes its own.
   */
  async run(operation: OperationName, body: Buffer, caller: Caller, logFields: LogFields): Promise<Answer> {
    if (!CACHED.has(operation) || body.length > LONGEST_CACHED)
      return retried(() => this.#compute(operation, body, caller, logFields))
    const day = Math.floor(caller.now / 86_400_000)
    const key = `${caller.region} ${operation} ${day} ${body.toString('latin1')}`
    const cached = this.#fromCache(key, caller, logFields)
    if (cached) return cached
    await this.#running.get(key)
    const shared = this.#fromCache(key, caller, logFields)
    if (shared) return shared
    const running = retried(() => this.#compute(operation, body, caller, logFields, { key }))
    const settled = running.catch(() => undefined)
    this.#running.set(key, settled)
    try {
      return await running
    } finally {
      if (this.#running.get(key) === settled) this.#running.delete(key)
    }
  }

  #fromCache(key: string, caller: Caller, logFields: LogFields): Answer | undefined {
    const cached = this.#cache.get(key)
    if (!cached) return undefined
    logFields.secret = cached.secret
    authorize(cached.needs, caller, this.#backend.account)
    return { status: 200, type: AWS_JSON, body: cached.body }
  }

  async #compute(
    operation: OperationName,
    body: Buffer,
    caller: Caller,
    logFields: LogFields,
    { key, record }: { readonly key?: string; readonly record?: WriteRecord } = {}
  ): Promise<Answer> {
    const { account } = this.#backend
    const { region } = caller
    const { input: shape, output } = operations[operation]
    const input = validate<Input>(shape, parseInput(shape, body))
    await this.#backend.ready()
    const traced = key === undefined ? undefined : this.#backend.traceReads(region)
    const vault = traced?.vault ?? this.#backend.vault(region)

    const found = await this.#backend.reading(() => lookUp(vault, input))
    const secret = found?.secret
    const named = secret?.name ?? (input['SecretId'] as string | undefined) ?? input['Name']
    if (typeof named === 'string') logFields.secret = named
    const needs = needsOf(operation, input, { region, account }, found)
    authorize(needs, caller, account)
    if (record) {
      record.needs = needs
      const name = nameIn(named)
      const elsewhere = region === this.#backend.home ? undefined : region
      if (name !== undefined) record.before = await stateOf(vault, elsewhere, name)
    }

    const ask = (pinned: Input): Promise<object> =>
      call(limited(vault, caller, account, record), operation, pinned)
    const work = async (): Promise<object> => {
      if (operation === 'BatchGetSecretValue')
        return batch(vault, input, caller, account, async id => lookUp(vault, { SecretId: id }))
      const pinned = pinToArn(input, secret)
      return this.#backend.answer ? this.#backend.answer(operation, pinned, ask) : ask(pinned)
    }
    // a write is decided on a commit, and may itself wait for the work tree to be updated
    const response = writes(operation) ? await work() : await this.#backend.reading(work)
    const text = formatOutput(output, response)
    const trace = traced?.trace()
    // a secret scheduled for deletion expires without any file changing, so it is not cached
    if (key !== undefined && trace && secret && secret.document.deletion?.date === undefined)
      this.#cache.set(key, { body: text, needs, secret: secret.name, trace })
    return { status: 200, type: AWS_JSON, body: text }
  }
}

/**
 * Tries again once if git fails: a process of it may have been killed, or its housekeeping may have deleted objects that it
 * was about to use. A write that git refused has changed nothing.
 */
async function retried<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof VaultError && error.code === 'GitFailed')) throw error
    return work()
  }
}

/** The vault for one caller: a forced replication may replace only secrets that the caller may delete. */
function limited(vault: Vault, caller: Caller, account: string, record: WriteRecord | undefined): Vault {
  if (!record) return vault
  return vault.limited({
    beforeReplacing: (replaced, access) => authorize(replacementNeeds(replaced, access), caller, account),
    // a second commit, which removes expired secrets, may follow
    afterWriting: files => void (record.written ??= stateAfter(files))
  })
}

/** The name in a SecretId or Name; `undefined` if it is neither a name nor an ARN. */
function nameIn(id: unknown): string | undefined {
  try {
    return typeof id === 'string' ? parseSecretId(id).name : undefined
  } catch (error) {
    if (error instanceof VaultError) return undefined
    throw error
  }
}

/** The secret that a request names; `undefined` if it names none, or none that exists. */
async function lookUp(vault: Vault, input: Input): Promise<Found | undefined> {
  const id = input['SecretId'] as string | undefined
  if (id === undefined) return undefined
  try {
    const view = await vault.read()
    return { secret: await view.secret(id), access: view.access }
  } catch (error) {
    const isUnknown =
      error instanceof VaultError &&
      (error.code === 'ResourceNotFoundException' || error.code === 'ValidationException')
    if (isUnknown) return undefined
    throw error
  }
}
