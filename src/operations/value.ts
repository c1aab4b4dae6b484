import { generationOf } from '../core/access/access.js'
import { commitTo } from '../core/crypto/commitment.js'
import { digestOf, type VersionDocument } from '../core/format/documents.js'
import { VaultError } from '../core/errors.js'
import { ValueFingerprints } from '../core/crypto/valueFingerprints.js'
import { carriedOrigin } from '../core/access/origin.js'
import type { SecretValue } from '../core/crypto/seal.js'
import { labelledVersions } from '../core/versions/stages.js'
import type { Draft } from '../vault/draft.js'
import type { Secret } from '../vault/view.js'

export interface ValueFields {
  readonly SecretString?: string | undefined
  readonly SecretBinary?: Uint8Array | undefined
}

/** The value in a request; `undefined` if it has none. Throws InvalidParameterException if it has two. */
export function requestedValue({ SecretString, SecretBinary }: ValueFields): SecretValue | undefined {
  if (SecretString !== undefined && SecretBinary !== undefined) {
    throw new VaultError(
      'InvalidParameterException',
      "You can't specify both a binary secret value and a string secret value in the same secret."
    )
  }
  if (SecretString !== undefined) return { type: 'string', text: SecretString }
  return SecretBinary && { type: 'binary', bytes: SecretBinary }
}

export function valueFields(value: SecretValue): ValueFields {
  return value.type === 'string' ? { SecretString: value.text } : { SecretBinary: value.bytes }
}

export const NO_TOKEN = 'You must provide a ClientRequestToken value. We recommend a UUID-type value.'

/** Throws InvalidRequestException if a request has no token. SDKs and the command line always add one. */
export function requireToken(token: string | undefined): string {
  if (token !== undefined) return token
  throw new VaultError('InvalidRequestException', NO_TOKEN)
}

/**
 * Whether the version with this token already exists, with this value. Throws ResourceExistsException if it
 * has another value.
 */
export async function alreadyWritten(
  draft: Draft,
  secret: Secret,
  token: string,
  value: SecretValue
): Promise<boolean> {
  const document = await draft.view.version(secret, token)
  if (!document) return false
  if (await holds(draft, secret, document, value)) return true
  throw new VaultError(
    'ResourceExistsException',
    `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${secret.arn}.`
  )
}

/**
 * The origin of this value, if a labelled version still holds it: writing a value again must not make it look
 * newer than it is. If several versions hold it, the origin that more people could have read.
 */
export async function existingOrigin(draft: Draft, secret: Secret, value: SecretValue) {
  const found: VersionDocument[] = []
  for (const versionId of labelledVersions(secret.stages.labels)) {
    const document = await draft.view.version(secret, versionId)
    if (document && (await holds(draft, secret, document, value))) found.push(document)
  }
  const age = ({ origin, created }: VersionDocument): string =>
    `${String(generationOf(draft.access, origin)?.since ?? 0).padStart(15, '0')} ${created}`
  const [first] = found.sort((a, b) => (age(a) < age(b) ? -1 : 1))
  return first && carriedOrigin(first)
}

/**
 * Whether a version holds the value. A member who cannot decrypt can find that out only for versions they
 * wrote.
 */
export async function holds(
  draft: Draft,
  secret: Secret,
  document: VersionDocument,
  value: SecretValue
): Promise<boolean> {
  const { view, identity } = draft
  if (!draft.mayRead(secret.name)) {
    if (document.origin.writer !== identity.public.keyId) return false
    const committed = { vault: view.access.vaultId, secret: document.secret, version: document.version }
    return document.commitment === commitTo(value, committed, identity.commitSecret)
  }
  const digest = digestOf(document)
  const known = fingerprints.matches(identity, digest, value)
  if (known !== undefined) return known
  fingerprints.set(identity, digest, await view.value(secret, document, identity))
  return fingerprints.matches(identity, digest, value) === true
}

/** Fingerprints of the values that this process has decrypted or encrypted. */
export const fingerprints = new ValueFingerprints()
