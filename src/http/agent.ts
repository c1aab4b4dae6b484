import { hash, timingSafeEqual } from 'node:crypto'
import { parsePolicy } from '../core/policy/policy.js'
import type { Api, RequestRecord } from './api.js'
import { wireError } from './awsJson.js'
import type { Backend } from './backend.js'
import { decoded, parameters } from './canonicalRequest.js'
import type { Credential } from './credentials.js'
import { plain, type Answer, type Received } from './received.js'

export interface AgentOptions {
  readonly token: string
  /** An IAM policy: what whoever has the token may read. */
  readonly policy: object
}

const READ = '/secretsmanager/get'
const PATH = '/v1/'
const PARAMETERS = ['versionId', 'versionStage', 'refreshNow']

/** A failure of the protocol's own, in plain text. */
class AgentError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** The protocol of AWS's own local agent, which only reads. What is checked, is checked in its order. */
export class Agent {
  readonly #api: Api
  readonly #backend: Backend
  readonly #token: string | undefined
  readonly #credential: Pick<Credential, 'name' | 'policy'>

  /** @param options left out, the protocol is off but for /ping */
  constructor(api: Api, backend: Backend, options: AgentOptions | undefined) {
    this.#api = api
    this.#backend = backend
    this.#token = options && hash('sha256', options.token)
    const policy = options?.policy ?? { Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] }
    this.#credential = { name: 'agent', policy: parsePolicy(JSON.stringify(policy), 'identity') }
  }

  async answer(received: Received, record: RequestRecord): Promise<Answer> {
    try {
      return await this.#answer(received, record)
    } catch (error) {
      if (error instanceof AgentError) return plain(error.status, error.message)
      throw error
    }
  }

  async #answer(received: Received, record: RequestRecord): Promise<Answer> {
    const { headers, method, path, query } = received
    if (headers.has('x-forwarded-for')) throw new AgentError(400, 'Forwarded')
    const isPing = path === '/ping' && method === 'GET'
    // whether the server lives is no secret, and what asks that is seldom given one
    if (!isPing && !this.#isToken(received)) throw new AgentError(403, 'Bad Token')
    if (method !== 'GET') throw new AgentError(405, 'Not allowed')
    if (isPing) return plain(200, 'healthy')
    if (path !== READ && !path.startsWith(PATH)) throw new AgentError(404, 'Not found')

    record.operation = 'GetSecretValue'
    record.key = 'agent'
    const body = Buffer.from(JSON.stringify(requestOf(path, query)))
    const answer = await this.#api.run(
      'GetSecretValue',
      body,
      {
        credential: this.#credential,
        region: this.#backend.home,
        now: this.#backend.clock.now(),
        address: received.address,
        isSecure: received.isSecure
      },
      record
    )
    return { ...answer, type: 'application/json', body: withDateAsText(answer.body.toString()) }
  }

  #isToken({ headers }: Received): boolean {
    const given = headers.get('x-aws-parameters-secrets-token') ?? headers.get('x-vault-token')
    if (given === undefined || this.#token === undefined) return false
    return timingSafeEqual(Buffer.from(hash('sha256', given)), Buffer.from(this.#token))
  }
}

/** An error of the service's keeps its status; here its text is under another name. */
export function agentError(error: unknown): Answer {
  const { status, code, message } = wireError(error)
  return { status, type: 'application/json', body: JSON.stringify({ __type: code, message }) }
}

function requestOf(path: string, query: string): object {
  const pairs = parameters(query)
  const inPath = path === READ ? '' : decoded(path.slice(PATH.length))
  if (pairs === undefined || inPath === undefined)
    throw new AgentError(400, 'the URL is not percent-encoded UTF-8')
  const given = new Map(pairs)
  if (given.size < pairs.length) throw new AgentError(400, 'a parameter is there twice')
  const secretId = path === READ ? given.get('secretId') : inPath
  if (!secretId) throw new AgentError(400, 'missing parameter secretId')
  const known = path === READ ? ['secretId', ...PARAMETERS] : PARAMETERS
  const unknown = pairs.find(([name]) => !known.includes(name))
  if (unknown) throw new AgentError(400, `unknown parameter: ${unknown[0]}`)
  // every answer is fresh, so there is nothing that it changes
  if (!/^(?:true|false)$/i.test(given.get('refreshNow') ?? 'false'))
    throw new AgentError(400, 'invalid refreshNow value')
  const [versionId, versionStage] = [given.get('versionId'), given.get('versionStage')]
  return {
    SecretId: secretId,
    ...(versionId === undefined ? {} : { VersionId: versionId }),
    ...(versionStage === undefined ? {} : { VersionStage: versionStage })
  }
}

/** The number stands last in the answer, and outside of every string there. */
function withDateAsText(body: string): string {
  return body.replace(/"CreatedDate":(\d+\.\d{3})\}$/, '"CreatedDate":"$1"}')
}
