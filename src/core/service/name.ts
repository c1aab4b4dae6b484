import { VaultError } from '../errors.js'
import { isPartition, partitionOf, spellings } from '../partition.js'

/** The parts of a secret's Amazon Resource Name. */
export interface Arn {
  readonly region: string
  readonly account: string
  readonly name: string
  /** Six alphanumerics, drawn when the secret is created. */
  readonly suffix: string
}

/** A parsed SecretId. A partial ARN has no suffix. */
export type SecretId =
  | { readonly kind: 'name'; readonly name: string }
  | ({ readonly kind: 'arn' } & Arn)
  | ({ readonly kind: 'partialArn' } & Omit<Arn, 'suffix'>)

const NAME = /^[A-Za-z0-9\-/_+=.@!]+$/
const ARN = /^arn:(aws[a-z-]*):secretsmanager:([a-z0-9-]+):([0-9]{12}):secret:(.+)$/
const SUFFIXED = /^(.+)-([A-Za-z0-9]{6})$/

const ALPHANUMERICS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const SUFFIX_LENGTH = 6

/** Throws ValidationException if the name has a character that is not allowed. The model checks its length. */
export function checkName(name: string): void {
  if (NAME.test(name)) return
  throw new VaultError(
    'ValidationException',
    'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!'
  )
}

/**
 * Parses a SecretId. Throws ValidationException if it is neither a name nor a secret's ARN. The partition of an ARN must be
 * its region's own, or `aws`: then it is that of an earlier version. The partition identifies nothing, so it is not returned.
 *
 * Like the service, takes an ARN that ends in a hyphen and six alphanumerics as a full one. The partial ARN
 * of a secret named `my-secret` is therefore taken for the name `my` with the suffix `secret`, and finds
 * nothing.
 */
export function parseSecretId(id: string): SecretId {
  const [, partition = '', region, account, resource] = ARN.exec(id) ?? []
  if (
    region === undefined ||
    account === undefined ||
    resource === undefined ||
    !isPartition(partition, region)
  ) {
    checkName(id)
    return { kind: 'name', name: id }
  }
  checkName(resource)
  const [, name, suffix] = SUFFIXED.exec(resource) ?? []
  return name === undefined || suffix === undefined
    ? { kind: 'partialArn', region, account, name: resource }
    : { kind: 'arn', region, account, name, suffix }
}

/**
 * The parts of a full ARN from a document, or `undefined` for any other text. Its partition is not checked: a document with
 * another one is refused later (`isArnOf`).
 */
export function partsOfArn(arn: string): Arn | undefined {
  const [, , region, account, resource = ''] = ARN.exec(arn) ?? []
  const [, name, suffix] = SUFFIXED.exec(resource) ?? []
  if (region === undefined || account === undefined || name === undefined || suffix === undefined)
    return undefined
  return { region, account, name, suffix }
}

/** The parts of the ARN of a document that is valid against its schema, accepted or not. */
export function parseArn(arn: string): Arn {
  const parts = partsOfArn(arn)
  if (parts) return parts
  throw new Error('not a full ARN')
}

/** The ARN of a new secret. It has the partition of its region. */
export function formatArn({ region, account, name, suffix }: Arn): string {
  return `arn:${partitionOf(region)}:secretsmanager:${region}:${account}:secret:${name}-${suffix}`
}

/** Whether an ARN from a document consists of these parts, with the partition of the region or of earlier versions. */
export function isArnOf(arn: string, parts: Omit<Arn, 'suffix'>): boolean {
  return spellings(formatArn({ ...parts, suffix: arn.slice(-SUFFIX_LENGTH) })).includes(arn)
}

/**
 * A random ARN suffix from random bytes, all suffixes equally likely. 8 of 256 byte values are discarded.
 * `undefined` if fewer than six bytes are left: draw again. With 32 bytes this does not happen in practice
 * (2^-117).
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
