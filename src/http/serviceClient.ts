import { hash } from 'node:crypto'
import { ALGORITHM, basic, hmac, SERVICE, signingKey } from './signingKey.js'

/** An endpoint of Secrets Manager, and an access key for it. */
export interface ServiceAccess {
  readonly url: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** The service's answer that a request failed. */
export class ServiceFailure extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * Calls an operation, signed with Signature Version 4. Throws `ServiceFailure` if the service refuses it.
 * @param now milliseconds since the Unix epoch
 */
export async function callService(
  { url, region, accessKeyId, secretAccessKey }: ServiceAccess,
  operation: string,
  input: object,
  now: number
): Promise<Record<string, unknown>> {
  const body = JSON.stringify(input)
  const date = basic(now)
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    host: new URL(url).host,
    'x-amz-date': date,
    'x-amz-target': `${SERVICE}.${operation}`
  }
  const day = date.slice(0, 8)
  const scope = `${day}/${region}/${SERVICE}/aws4_request`
  const signed = Object.keys(headers).join(';')
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`)
  const canonical = `POST\n/\n\n${lines.join('')}\n${signed}\n${hash('sha256', body)}`
  const text = `${ALGORITHM}\n${date}\n${scope}\n${hash('sha256', canonical)}`
  const signature = hmac(signingKey(secretAccessKey, day, region, SERVICE), text).digest('hex')
  const claim = `Credential=${accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`
  const answer = await fetch(url, {
    ...{ method: 'POST', body },
    headers: { ...headers, authorization: `${ALGORITHM} ${claim}` }
  })
  const output = (await answer.json()) as Record<string, unknown>
  if (answer.ok) return output
  const code = String(output['__type']).replace(/^.*#/, '')
  throw new ServiceFailure(code, String(output['Message'] ?? output['message']))
}
