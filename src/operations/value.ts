import { generationOf } from '../core/access/access.js'
import { commitTo } from '../core/crypto/commitment.js'
import { digestOf, type VersionDocument } from '../core/format/documents.js'
import { VaultError } from '../core/errors.js'
import { Fingerprints } from '../core/crypto/valueFingerprints.js'
import { carriedOrigin } from '../core/access/origin.js'
import type { SecretValue } from '../core/crypto/seal.js'
import { labelledVersions } from '../core/versions/stages.js'
import type { Draft } from '../vault/draft.js'
import type { Secret } from '../vault/view.js'

export interface ValueFields {
  readonly SecretString?: string | undefined
  readonly SecretBinary?: Uint8Array | undefined
}

/** The value that a request carries; `undefined` where it carries none. */
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

/** What the write path requires of every caller; SDKs and the command line fill it in. */
export function requireToken(token: string | undefined): string {
  if (token !== undefined) return token
  throw new VaultError('InvalidRequestException', NO_TOKEN)
}

/**
 * Whether a version has been written under this token before with this very value. Throws ResourceExistsException where
 * the value was another.
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
 * Where this value was first written, if a labelled version still holds it: writing it again must not make it look
 * newer than it is. Of several, the one that more people could have read.
 */
export async function knownOrigin(draft: Draft, secret: Secret, value: SecretValue) {
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

/** Whether a version holds the value. Who cannot decrypt tells it of versions of their own alone. */
async function holds(
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

/** Of what this process has opened or sealed. */
export const fingerprints = new Fingerprints()
