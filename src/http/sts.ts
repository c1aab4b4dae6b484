import { VaultError } from '../core/errors.js'
import { userArn } from '../core/partition.js'
import { parameters } from './canonicalRequest.js'
import type { Credential } from './credentials.js'
import type { Answer, Headers, HttpRequest } from './message.js'

/** The name of AWS's Security Token Service in a signature. */
export const STS = 'sts'

const VERSION = '2011-06-15'
const NAMESPACE = `https://sts.amazonaws.com/doc/${VERSION}/`

/** AWS's codes for the same errors in the query protocol, with their status. */
const CODES: Readonly<Record<string, readonly [code: string, status: number]>> = {
  UnrecognizedClientException: ['InvalidClientTokenId', 403],
  InvalidSignatureException: ['SignatureDoesNotMatch', 403],
  RequestExpired: ['SignatureDoesNotMatch', 403],
  MissingAuthenticationTokenException: ['MissingAuthenticationToken', 403],
  IncompleteSignatureException: ['IncompleteSignature', 400],
  ExpiredTokenException: ['ExpiredToken', 403],
  AccessDeniedException: ['AccessDenied', 403],
  ThrottlingException: ['Throttling', 400],
  UnknownOperationException: ['InvalidAction', 400]
}

/** Whether a request to the API is in the query protocol, which has its parameters in a form. */
export function isQueryProtocol(headers: Headers): boolean {
  const type = headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
  return type === 'application/x-www-form-urlencoded'
}

/**
 * Answers GetCallerIdentity of the Security Token Service, with which many programs begin. As in AWS, it needs no
 * permission. Throws UnknownOperationException for any other action.
 */
export function callerIdentity(
  { body, id }: HttpRequest,
  { name, accessKeyId }: Credential,
  vault: { readonly account: string; readonly home: string }
): Answer {
  const pairs = parameters(body.toString('latin1').replaceAll('+', '%20')) ?? []
  const values = new Map(pairs)
  const [action = '', version = ''] = [values.get('Action'), values.get('Version')]
  if (action !== 'GetCallerIdentity' || version !== VERSION) {
    throw new VaultError(
      'UnknownOperationException',
      `Could not find operation ${action || 'NO_OPERATION'} for version ${version || 'NO_VERSION_SPECIFIED'}`
    )
  }
  const result = element('Arn', userArn(name, vault)) + element('UserId', accessKeyId)
  return xml(
    200,
    'GetCallerIdentityResponse',
    `<GetCallerIdentityResult>${result}${element('Account', vault.account)}</GetCallerIdentityResult>` +
      `<ResponseMetadata>${element('RequestId', id)}</ResponseMetadata>`
  )
}

/** An error in the query protocol. */
export function queryError(
  { status, code, message }: { readonly status: number; readonly code: string; readonly message: string },
  id: string
): Answer {
  const [name, its] = CODES[code] ?? (status >= 500 ? ['InternalFailure', 500] : [code, status])
  const type = its >= 500 ? 'Receiver' : 'Sender'
  const error = element('Type', type) + element('Code', name) + element('Message', message)
  return xml(its, 'ErrorResponse', `<Error>${error}</Error>${element('RequestId', id)}`)
}

function xml(status: number, root: string, content: string): Answer {
  return { status, type: 'text/xml', body: `<${root} xmlns="${NAMESPACE}">${content}</${root}>` }
}

/** What XML does not allow at all, such as control characters, becomes `?`. */
function element(name: string, text: string): string {
  const escaped = text.replace(/[^\x20-\x7e]/g, '?').replace(/[&<>]/g, mark => `&#${mark.charCodeAt(0)};`)
  return `<${name}>${escaped}</${name}>`
}
