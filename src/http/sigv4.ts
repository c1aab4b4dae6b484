import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import { VaultError, type ErrorCode } from '../core/errors.js'
import type { Clock } from '../core/ports.js'
import { canonicalRequest, parameters } from './canonicalRequest.js'
import type { Credential, Credentials } from './credentials.js'
import type { Received } from './received.js'

/** Who signed a request, and for which region. */
export interface Signer {
  readonly credential: Credential
  readonly region: string
  readonly signature: string
  /** By the client's clock: milliseconds since the Unix epoch. */
  readonly signed: number
}

/** What the request says of its signature, wherever it says so. */
interface Claim {
  readonly credential: string
  readonly signedHeaders: string
  readonly signature: string
  readonly date: string
  /** Seconds: of a presigned request. */
  readonly expires?: number
}

const ALGORITHM = 'AWS4-HMAC-SHA256'
const SERVICE = 'secretsmanager'
const MINUTES = 5
/** How far a client's clock may be off, and how old a signature may be: milliseconds. */
export const SKEW = MINUTES * 60_000
/** A presigned request may be good for a week. */
const LONGEST = 604_800
const DATE = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/
/** What is read once and must be there once. */
const SINGLE = [
  'host',
  'authorization',
  'content-type',
  'content-length',
  'x-amz-date',
  'x-amz-target',
  'x-amz-content-sha256'
]
/** Enough for every credential in several regions, for a day. */
const MOST_KEYS = 1_000

/** Verifies signatures of Signature Version 4, in the header or in the query. */
export class Verifier {
  readonly #clock: Clock
  readonly #keys = new Map<string, Buffer>()
  #of: Credentials | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Throws `VaultError` with what the service says, in its order: of a key that is known and has expired it is told
   * before the signature is looked at. Which key ids there are is no secret; every request tells its own.
   */
  verify(received: Received, credentials: Credentials): Signer {
    if (this.#of !== credentials) this.#keys.clear()
    this.#of = credentials
    if (received.headers.repeats(SINGLE)) throw incomplete('A header that is signed must not be repeated.')
    const claim = claimOf(received)
    const [accessKeyId = '', day = '', region = '', service, terminator, ...more] =
      claim.credential.split('/')
    if (terminator === undefined || more.length > 0)
      throw incomplete(
        'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.'
      )
    const credential = credentials.get(accessKeyId)
    if (!credential || isTemporary(received)) throw unrecognized()
    const now = this.#clock.now()
    if (credential.expires !== undefined && credential.expires <= now)
      throw refused('ExpiredTokenException', 'The security token included in the request is expired')
    checkScope(claim, day, service, terminator)
    const signed = checkTime(claim, now)
    checkContent(received)
    if (received.path !== '/') throw mismatch()

    const signedHeaders = claim.signedHeaders.split(';')
    checkSigned(received, signedHeaders, claim.expires !== undefined)
    const canonical = canonicalRequest(received, signedHeaders)
    if (canonical === undefined) throw mismatch()
    const scope = `${day}/${region}/${SERVICE}/aws4_request`
    const text = `${ALGORITHM}\n${claim.date}\n${scope}\n${hash('sha256', canonical)}`
    const cached = this.#keys.get(`${accessKeyId}/${scope}`)
    const key = cached ?? signingKey(credential.secretAccessKey, day, region)
    if (!isSame(hmac(key, text), claim.signature)) throw mismatch()
    // only what has proved itself, so that nobody else can fill it
    if (!cached) this.#keep(`${accessKeyId}/${scope}`, key)
    return { credential, region, signature: claim.signature, signed }
  }

  #keep(name: string, key: Buffer): void {
    if (this.#keys.size >= MOST_KEYS) this.#keys.clear()
    this.#keys.set(name, key)
  }
}

/** Takes the claim from the header or, where there is none, from the query. */
function claimOf(received: Received): Claim {
  const header = received.headers.get('authorization')
  if (header === undefined) return claimOfQuery(received.query)
  if (!header.startsWith(`${ALGORITHM} `)) throw missing()
  const parts = new Map(
    header
      .slice(ALGORITHM.length)
      .split(',')
      .map(part => {
        const equals = part.indexOf('=')
        return [part.slice(0, equals).trim(), part.slice(equals + 1).trim()] as const
      })
  )
  const [credential, signedHeaders, signature] = ['Credential', 'SignedHeaders', 'Signature'].map(name =>
    parts.get(name)
  )
  const date = received.headers.get('x-amz-date')
  const lacking = [
    ...(credential ? [] : ["Authorization header requires 'Credential' parameter."]),
    ...(signature ? [] : ["Authorization header requires 'Signature' parameter."]),
    ...(signedHeaders ? [] : ["Authorization header requires 'SignedHeaders' parameter."]),
    ...(date ? [] : ["Authorization header requires existence of a 'X-Amz-Date' header."])
  ]
  if (!credential || !signature || !signedHeaders || !date) throw incomplete(lacking.join(' '))
  return { credential, signedHeaders, signature, date }
}

function claimOfQuery(query: string): Claim {
  const pairs = query === '' ? [] : parameters(query)
  if (pairs === undefined) throw incomplete('The query string is malformed.')
  const given = new Map(pairs)
  if (given.size < pairs.length) throw incomplete('A query parameter must not be repeated.')
  if (!given.has('X-Amz-Algorithm') && !given.has('X-Amz-Signature')) throw missing()
  const [algorithm, credential, signedHeaders, signature, date, expires] = [
    'X-Amz-Algorithm',
    'X-Amz-Credential',
    'X-Amz-SignedHeaders',
    'X-Amz-Signature',
    'X-Amz-Date',
    'X-Amz-Expires'
  ].map(name => given.get(name))
  if (given.has('X-Amz-Security-Token')) throw unrecognized()
  if (algorithm !== ALGORITHM || !credential || !signedHeaders || !signature || !date || !expires)
    throw incomplete('AWS query-string parameters must include all that a signature needs.')
  if (!/^\d{1,6}$/.test(expires) || Number(expires) < 1 || Number(expires) > LONGEST)
    throw incomplete(`X-Amz-Expires must be between 1 and ${LONGEST} seconds.`)
  return { credential, signedHeaders, signature, date, expires: Number(expires) }
}

/** Session tokens are for credentials that a service of AWS gives out for a while; no vault has given one. */
function isTemporary({ headers }: Received): boolean {
  return headers.has('x-amz-security-token')
}

function checkScope(
  { date }: Claim,
  day: string,
  service: string | undefined,
  terminator: string | undefined
): void {
  if (service !== SERVICE)
    throw refused(
      'InvalidSignatureException',
      `Credential should be scoped to correct service: '${SERVICE}'.`
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

/** Gives the moment of signing. */
function checkTime({ date, expires }: Claim, now: number): number {
  const [, year, month, day, hour, minute, second] = (DATE.exec(date) ?? []).map(Number)
  const time = Date.UTC(year!, month! - 1, day, hour, minute, second)
  const basic = (at: number): string => new Date(at).toISOString().replace(/[-:]|\.\d+/g, '')
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

/** The signature is over the body's hash, so what the header says of it is right or of no use. */
function checkContent({ headers, body }: Received): void {
  const claimed = headers.get('x-amz-content-sha256')
  if (claimed !== undefined && claimed !== hash('sha256', body)) throw mismatch()
}

/**
 * What the answer depends on must be under the signature. Content-Type need not be: there is one that is taken. Names of
 * headers are in lower case and in order, each once, as they are where they are hashed.
 */
function checkSigned({ headers }: Received, signed: readonly string[], presigned: boolean): void {
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

function signingKey(secret: string, day: string, region: string): Buffer {
  return ['aws4_request', SERVICE, region, day].reduceRight(
    (key: Buffer | string, part) => hmac(key, part),
    `AWS4${secret}`
  ) as Buffer
}

const hmac = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest()

function isSame(signature: Buffer, claimed: string): boolean {
  return /^[0-9a-f]{64}$/.test(claimed) && timingSafeEqual(signature, Buffer.from(claimed, 'hex'))
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
