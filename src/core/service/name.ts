import { VaultError } from '../errors.js'

/** A secret's Amazon Resource Name, in parts. */
export interface Arn {
  readonly region: string
  readonly account: string
  readonly name: string
  /** Six alphanumerics, drawn when the secret is created. */
  readonly suffix: string
}

/** What a SecretId can be. A partial ARN is one without its suffix. */
export type SecretId =
  | { readonly kind: 'name'; readonly name: string }
  | ({ readonly kind: 'arn' } & Arn)
  | ({ readonly kind: 'partialArn' } & Omit<Arn, 'suffix'>)

const NAME = /^[A-Za-z0-9\-/_+=.@!]+$/
const ARN = /^arn:aws:secretsmanager:([a-z0-9-]+):([0-9]{12}):secret:(.+)$/
const SUFFIXED = /^(.+)-([A-Za-z0-9]{6})$/

const ALPHANUMERICS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const SUFFIX_LENGTH = 6

/** Throws ValidationException unless the name's characters are allowed; its length is the model's affair. */
export function checkName(name: string): void {
  if (NAME.test(name)) return
  throw new VaultError(
    'ValidationException',
    'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!'
  )
}

/**
 * Takes a SecretId apart; throws ValidationException where it is neither a name nor a secret's ARN.
 *
 * Whatever ends in a hyphen and six alphanumerics is read as a full ARN, as the service does. The partial
 * ARN of a secret called `my-secret` therefore asks for `my` with the suffix `secret`, and finds nothing.
 */
export function parseSecretId(id: string): SecretId {
  const [, region, account, resource] = ARN.exec(id) ?? []
  if (region === undefined || account === undefined || resource === undefined) {
    checkName(id)
    return { kind: 'name', name: id }
  }
  checkName(resource)
  const [, name, suffix] = SUFFIXED.exec(resource) ?? []
  return name === undefined || suffix === undefined
    ? { kind: 'partialArn', region, account, name: resource }
    : { kind: 'arn', region, account, name, suffix }
}

/** The parts of a secret's own ARN, which a verified document vouches for. */
export function parseArn(arn: string): Arn {
  const id = parseSecretId(arn)
  if (id.kind === 'arn') return id
  throw new Error('A secret has a full ARN.')
}

export function formatArn({ region, account, name, suffix }: Arn): string {
  return `arn:aws:secretsmanager:${region}:${account}:secret:${name}-${suffix}`
}

/**
 * An ARN's suffix out of random bytes, every one equally likely. Eight in 256 bytes are of no use, and
 * `undefined` says that fewer than six were left: draw again. From 32 bytes that does not happen (2^-117).
 */
export function arnSuffix(bytes: Uint8Array): string | undefined {
  const usable = 256 - (256 % ALPHANUMERICS.length)
  const suffix = [...bytes]
    .filter(byte => byte < usable)
    .slice(0, SUFFIX_LENGTH)
    .map(byte => ALPHANUMERICS.charAt(byte % ALPHANUMERICS.length))
    .join('')
  return suffix.length === SUFFIX_LENGTH ? suffix : undefined
}
