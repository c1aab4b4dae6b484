import { hash, timingSafeEqual } from 'node:crypto'
import { VaultError, type ErrorCode } from '../core/errors.js'
import type { Clock } from '../core/ports.js'
import { canonicalRequest, parameters } from './canonicalRequest.js'
import type { Credential, Credentials } from './credentials.js'
import type { HttpRequest } from './message.js'
import { ALGORITHM, basic, hmac, SERVICE, signingKey } from './signingKey.js'

/** The credential that signed a request, and what it signed. */
export interface Signer {
  readonly credential: Credential
  readonly region: string
  readonly signature: string
  /** By the client's clock: milliseconds since the Unix epoch. */
  readonly signed: number
}

/** The signature's parameters, from the header or the query. Not verified. */
interface Claim {
  readonly credential: string
  readonly signedHeaders: string
  readonly signature: string
  readonly date: string
  /** Seconds that a presigned request is valid. */
  readonly expires?: number
}

const MINUTES = 5
/** The largest difference between a signature's date and the clock, either way: milliseconds. */
export const SKEW = MINUTES * 60_000
/** The longest validity of a presigned request, one week: seconds. */
const LONGEST = 604_800
const DATE = /^\d{8}T\d{6}Z$/
/** Headers that must not be repeated. */
const SINGLE = [
  'host',
  'authorization',
  'content-type',
  'content-length',
  'x-amz-date',
  'x-amz-target',
  'x-amz-content-sha256'
]
/** Signing keys that are cached: enough for every credential in several regions, for a day. */
const MOST_KEYS = 1_000

/** Verifies requests signed with Signature Version 4, in the header or in the query (presigned). */
export class Verifier {
  readonly #clock: Clock
  /** Signing keys by the request's Credential: access key id and scope. */
  readonly #keys = new Map<string, Buffer>()
  /** The credentials that `#keys` was derived from. */
  #source: Credentials | undefined
  #since = Infinity

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Accepts signatures dated `since` or later, and none before this is called. Another process may have had this
   * server's port before it: what it was sent must not be accepted here.
   * @param since milliseconds since the Unix epoch
   */
  open(since: number): void {
    this.#since = since
  }

  /**
   * Throws `VaultError` with the service's code and text, in the service's order. An expired key is reported
   * before the signature is checked. That reveals the key id exists, which is no secret: every request
   * carries its own.
   */
  verify(request: HttpRequest, credentials: Credentials, service = SERVICE): Signer {
    if (this.#source !== credentials) this.#keys.clear()
    this.#source = credentials
    if (request.headers.repeats(SINGLE)) throw incomplete('A signed header must not be repeated.')
    const claim = claimOf(request)
    const parts = claim.credential.split('/')
    if (parts.length !== 5)
      throw incomplete(
        'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.'
      )
    const [accessKeyId, day, region, ...end] = parts as [string, string, string, string, string]
    const credential = credentials.get(accessKeyId)
    if (!credential || isTemporary(request)) throw unrecognized()
    const now = this.#clock.now()
    if (credential.expires !== undefined && credential.expires <= now)
      throw refused('ExpiredTokenException', 'The security token included in the request is expired')
    checkScope(claim, day, end, service)
    const signed = checkTime(claim, now)
    if (signed < this.#since) throw tooEarly(claim.date, this.#since)
    checkContent(request)
    if (request.path !== '/') throw mismatch()

    const signedHeaders = claim.signedHeaders.split(';')
    checkSignedHeaders(request, signedHeaders, claim.expires !== undefined)
    const canonical = canonicalRequest(request, signedHeaders)
    if (canonical === undefined) throw mismatch()
    const scope = claim.credential.slice(accessKeyId.length + 1)
    const text = `${ALGORITHM}\n${claim.date}\n${scope}\n${hash('sha256', canonical)}`
    const cached = this.#keys.get(claim.credential)
    const key = cached ?? signingKey(credential.secretAccessKey, day, region, service)
    if (!isSame(hmac(key, text).digest('hex'), claim.signature)) throw mismatch()
    // only keys that verified a signature, so that strangers cannot fill the cache
    if (!cached) this.#keep(claim.credential, key)
    return { credential, region, signature: claim.signature, signed }
  }

  #keep(name: string, key: Buffer): void {
    if (this.#keys.size >= MOST_KEYS) this.#keys.clear()
    this.#keys.set(name, key)
  }
}

/** Takes the claim from the Authorization header or, if there is none, from the query. */
function claimOf(request: HttpRequest): Claim {
  const header = request.headers.get('authorization')
  if (header === undefined) return claimOfQuery(request.query)
  if (!header.startsWith(`${ALGORITHM} `)) throw missing()
  const parts = new Map<string, string>()
  for (const part of header.slice(ALGORITHM.length).split(',')) {
    const equals = part.indexOf('=')
    parts.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim())
  }
  const credential = parts.get('Credential')
  const signature = parts.get('Signature')
  const signedHeaders = parts.get('SignedHeaders')
  const date = request.headers.get('x-amz-date')
  if (!credential || !signature || !signedHeaders || !date) {
    const lacking = [
      ...(credential ? [] : ["Authorization header requires 'Credential' parameter."]),
      ...(signature ? [] : ["Authorization header requires 'Signature' parameter."]),
      ...(signedHeaders ? [] : ["Authorization header requires 'SignedHeaders' parameter."]),
      ...(date ? [] : ["Authorization header requires existence of a 'X-Amz-Date' header."])
    ]
    throw incomplete(lacking.join(' '))
  }
  return { credential, signedHeaders, signature, date }
}

function claimOfQuery(query: string): Claim {
  const pairs = query === '' ? [] : parameters(query)
  if (pairs === undefined) throw incomplete('The query string is malformed.')
  const values = new Map(pairs)
  if (values.size < pairs.length) throw incomplete('A query parameter must not be repeated.')
  if (!values.has('X-Amz-Algorithm') && !values.has('X-Amz-Signature')) throw missing()
  const [algorithm, credential, signedHeaders, signature, date, expires] = [
    'X-Amz-Algorithm',
    'X-Amz-Credential',
    'X-Amz-SignedHeaders',
    'X-Amz-Signature',
    'X-Amz-Date',
    'X-Amz-Expires'
  ].map(name => values.get(name))
  if (values.has('X-Amz-Security-Token')) throw unrecognized()
  if (algorithm !== ALGORITHM || !credential || !signedHeaders || !signature || !date || !expires)
    throw incomplete('AWS query-string parameters must include every part of the signature.')
  if (!/^\d{1,6}$/.test(expires) || Number(expires) < 1 || Number(expires) > LONGEST)
    throw incomplete(`X-Amz-Expires must be between 1 and ${LONGEST} seconds.`)
  return { credential, signedHeaders, signature, date, expires: Number(expires) }
}

/** A session token belongs to temporary AWS credentials, which a vault never issues. */
function isTemporary({ headers }: HttpRequest): boolean {
  return headers.has('x-amz-security-token')
}

function checkScope(
  { date }: Claim,
  day: string,
  [claimed, terminator]: readonly [string, string],
  service: string
): void {
  if (claimed !== service)
    throw refused(
      'InvalidSignatureException',
      `Credential should be scoped to correct service: '${service}'.`
    )
  if (terminator !== 'aws4_request')
    throw refused(
      'InvalidSignatureException',
      "Credential should be scoped with a valid terminator: 'aws4_request'."
    )
  if (!DATE.test(date))
    throw incomplete("Date must be in ISO-8601 'basic format'. See http://en.wikipedia.org/wiki/ISO_8601.")
  if (day !== date.slice(0, 8))
    throw refused(
      'InvalidSignatureException',
      'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.'
    )
}

/** Returns the time of signing: milliseconds since the Unix epoch. */
function checkTime({ date, expires }: Claim, now: number): number {
  const part = (from: number, to: number): number => Number(date.slice(from, to))
  // positions within DATE, which `date` matches
  const time = Date.UTC(part(0, 4), part(4, 6) - 1, part(6, 8), part(9, 11), part(11, 13), part(13, 15))
  if (time > now + SKEW) {
    const limit = `${basic(now + SKEW)} (${basic(now)} + ${MINUTES} min.)`
    throw refused(
      'InvalidSignatureException',
      `Signature not yet current: ${date} is still later than ${limit}`
    )
  }
  const until = time + (expires === undefined ? SKEW : expires * 1000)
  if (until >= now) return time
  if (expires !== undefined) throw refused('RequestExpired', 'Request has expired.')
  const limit = `${basic(now - SKEW)} (${basic(now)} - ${MINUTES} min.)`
  throw refused('InvalidSignatureException', `Signature expired: ${date} is now earlier than ${limit}`)
}

function tooEarly(date: string, since: number): VaultError {
  const start = Number.isFinite(since) ? basic(since) : date
  return refused(
    'InvalidSignatureException',
    `Signature expired: ${date} is now earlier than ${start} (when this server started)`
  )
}

/** The signature covers the body's hash, so a header that claims another hash is refused. */
function checkContent({ headers, body }: HttpRequest): void {
  const claimed = headers.get('x-amz-content-sha256')
  if (claimed !== undefined && claimed !== hash('sha256', body)) throw mismatch()
}

/**
 * Every header that the answer depends on must be signed. Content-Type need not be, as only one is accepted.
 * The signed names must be in lower case, sorted and unique, as they are in the canonical request.
 */
function checkSignedHeaders({ headers }: HttpRequest, signed: readonly string[], presigned: boolean): void {
  const needed = ['host', 'x-amz-target', ...(presigned ? [] : ['x-amz-date'])]
  const unsigned = needed.find(name => !signed.includes(name) && (name === 'host' || headers.has(name)))
  if (unsigned !== undefined)
    throw refused(
      'InvalidSignatureException',
      `'${unsigned}' must be a 'SignedHeader' in the AWS Authorization.`
    )
  if (!signed.every((name, at) => /^[a-z0-9-]+$/.test(name) && (at === 0 || signed[at - 1]! < name)))
    throw mismatch()
}

/**
 * Compares in constant time, as hexadecimal text: making the digest as text takes half the time of making
 * bytes.
 */
function isSame(signature: string, claimed: string): boolean {
  return /^[0-9a-f]{64}$/.test(claimed) && timingSafeEqual(Buffer.from(signature), Buffer.from(claimed))
}

const refused = (code: ErrorCode, message: string): VaultError => new VaultError(code, message)

const incomplete = (message: string): VaultError => refused('IncompleteSignatureException', message)

const missing = (): VaultError =>
  refused('MissingAuthenticationTokenException', 'Missing Authentication Token')

const unrecognized = (): VaultError =>
  refused('UnrecognizedClientException', 'The security token included in the request is invalid.')

const mismatch = (): VaultError =>
  refused(
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret ' +
      'Access Key and signing method. Consult the service documentation for details.'
  )
