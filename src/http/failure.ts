import type { IncomingMessage } from 'node:http'
import { VaultError } from '../core/errors.js'
import { agentError } from './awsAgent.js'
import { errorAnswer, wireError } from './awsJson.js'
import { partsOf, type Answer, type Headers } from './message.js'
import { isQueryProtocol, queryError } from './sts.js'

/** A POST to the root is a request to the API; any other request uses the agent's protocol. */
export function isApi(request: IncomingMessage): boolean {
  return request.method === 'POST' && partsOf(request.url).path === '/'
}

/** The answer for an error, in the protocol of the request. */
export function failureAnswer(
  request: IncomingMessage,
  headers: Headers,
  error: unknown,
  id: string
): Answer {
  if (!isApi(request)) return agentError(error)
  return isQueryProtocol(headers) ? queryError(wireError(error), id) : errorAnswer(error)
}

/** Log fields of an error. A text that is not ours may hold a secret: then only the place is logged. */
export function failureFields(error: unknown): { error: string; cause?: string } {
  const { code, status } = wireError(error)
  if (status < 500) return { error: code }
  if (error instanceof VaultError) return { error: code, cause: `${error.code}: ${error.message}` }
  const place = error instanceof Error ? (error.stack ?? '').split('\n    at ')[1] : undefined
  return {
    error: code,
    cause: `${error instanceof Error ? error.name : typeof error} at ${place ?? 'unknown'}`
  }
}
