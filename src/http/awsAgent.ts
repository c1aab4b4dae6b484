import { hash, timingSafeEqual } from 'node:crypto'
import { parsePolicy } from '../core/policy/policy.js'
import type { Api, LogFields } from './api.js'
import { wireError } from './awsJson.js'
import type { Backend } from './backend.js'
import { decoded, parameters } from './canonicalRequest.js'
import type { Credential } from './credentials.js'
import { plain, type Answer, type HttpRequest } from './message.js'

export interface AgentOptions {
  readonly token: string
  /** An IAM policy: what a client with the token may read. */
  readonly policy: object
}

const READ = '/secretsmanager/get'
const PATH = '/v1/'
const PARAMETERS = ['versionId', 'versionStage', 'refreshNow']

/** An error of the agent's protocol itself, answered in plain text. */
class AgentError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/**
 * The read-only protocol of the AWS Secrets Manager Agent. Makes the checks in the same order as that agent.
 */
export class AwsAgent {
  readonly #api: Api
  readonly #backend: Backend
  readonly #token: string | undefined
  readonly #credential: Pick<Credential, 'name' | 'policy'>

  /** @param options if undefined, only /ping is answered */
  constructor(api: Api, backend: Backend, options: AgentOptions | undefined) {
    this.#api = api
    this.#backend = backend
    this.#token = options && hash('sha256', options.token)
    const policy = options?.policy ?? { Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] }
    this.#credential = { name: 'agent', policy: parsePolicy(JSON.stringify(policy), 'identity') }
  }

  async answer(request: HttpRequest, logFields: LogFields): Promise<Answer> {
    try {
      return await this.#answer(request, logFields)
    } catch (error) {
      if (error instanceof AgentError) return plain(error.status, error.message)
      throw error
    }
  }

  async #answer(request: HttpRequest, logFields: LogFields): Promise<Answer> {
    const { headers, method, path, query } = request
    if (headers.has('x-forwarded-for')) throw new AgentError(400, 'Forwarded')
    const isPing = path === '/ping' && method === 'GET'
    // a health check seldom has the token, and its answer reveals nothing
    if (!isPing && !this.#isToken(request)) throw new AgentError(403, 'Bad Token')
    if (method !== 'GET') throw new AgentError(405, 'Not allowed')
    if (isPing) return plain(200, 'healthy')
    if (path !== READ && !path.startsWith(PATH)) throw new AgentError(404, 'Not found')

    logFields.operation = 'GetSecretValue'
    logFields.key = 'agent'
    const body = Buffer.from(JSON.stringify(requestOf(path, query)))
    const answer = await this.#api.run(
      'GetSecretValue',
      body,
      {
        credential: this.#credential,
        region: this.#backend.home,
        home: this.#backend.home,
        now: this.#backend.clock.now(),
        address: request.address,
        isSecure: request.isSecure
      },
      logFields
    )
    return { ...answer, type: 'application/json', body: withDateAsText(answer.body.toString()) }
  }

  #isToken({ headers }: HttpRequest): boolean {
    const token = headers.get('x-aws-parameters-secrets-token') ?? headers.get('x-vault-token')
    if (token === undefined || this.#token === undefined) return false
    return timingSafeEqual(Buffer.from(hash('sha256', token)), Buffer.from(this.#token))
  }
}

/**
 * An error of the service, with its status. This protocol calls the text `message`; the API calls it
 * `Message`.
 */
export function agentError(error: unknown): Answer {
  const { status, code, message } = wireError(error)
  return { status, type: 'application/json', body: JSON.stringify({ __type: code, message }) }
}

function requestOf(path: string, query: string): object {
  const pairs = parameters(query)
  const inPath = path === READ ? '' : decoded(path.slice(PATH.length))
  if (pairs === undefined || inPath === undefined)
    throw new AgentError(400, 'the URL is not percent-encoded UTF-8')
  const values = new Map(pairs)
  if (values.size < pairs.length) throw new AgentError(400, 'repeated parameter')
  const secretId = path === READ ? values.get('secretId') : inPath
  if (!secretId) throw new AgentError(400, 'missing parameter secretId')
  const known = path === READ ? ['secretId', ...PARAMETERS] : PARAMETERS
  const unknown = pairs.find(([name]) => !known.includes(name))
  if (unknown) throw new AgentError(400, `unknown parameter: ${unknown[0]}`)
  // every answer is fresh, so refreshNow is only checked
  if (!/^(?:true|false)$/i.test(values.get('refreshNow') ?? 'false'))
    throw new AgentError(400, 'invalid refreshNow value')
  const [versionId, versionStage] = [values.get('versionId'), values.get('versionStage')]
  return {
    SecretId: secretId,
    ...(versionId === undefined ? {} : { VersionId: versionId }),
    ...(versionStage === undefined ? {} : { VersionStage: versionStage })
  }
}

/**
 * CreatedDate as a string. It is the last member of the answer, so the match cannot be inside a string value.
 */
function withDateAsText(body: string): string {
  return body.replace(/"CreatedDate":(\d+\.\d{3})\}$/, '"CreatedDate":"$1"}')
}
