import { parseJson } from '../core/format/parseJson.js'
import { usage, VaultError } from '../core/errors.js'
import { parsePolicy, type Policy } from '../core/policy/policy.js'

/** An access key that may sign requests, and its policy. */
export interface Credential {
  readonly name: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Milliseconds since the Unix epoch. */
  readonly expires?: number
  readonly policy: Policy
}

/** A credential as the credential file stores it. */
export interface StoredCredential {
  readonly name: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly created: string
  readonly expires?: string
  readonly policy: object
}

/** All credentials of one state of the file, by access key id. */
export type Credentials = ReadonlyMap<string, Credential>

const FORMAT = '1'
const NAME = /^[\w+=,.@-]{1,64}$/
const ACCESS_KEY_ID = /^\w{1,128}$/

/**
 * The credentials in a file; none if `bytes` is `undefined` (no file). Throws `FileFailed` if it is damaged.
 */
export function parseCredentialFile(bytes: Uint8Array | undefined, path: string): StoredCredential[] {
  if (!bytes) return []
  const { format, credentials } = Object(parseJson(bytes)) as { format?: unknown; credentials?: unknown }
  if (format !== FORMAT || !Array.isArray(credentials)) throw damaged(path)
  const stored = credentials.map((entry: unknown) => (isStored(entry) ? entry : undefined))
  if (stored.some(entry => entry === undefined)) throw damaged(path)
  return stored as StoredCredential[]
}

export function formatCredentialFile(credentials: readonly StoredCredential[]): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ format: FORMAT, credentials }, undefined, 2)}\n`)
}

/** Parses the policy and the expiry. Throws MalformedPolicyDocumentException if the policy is invalid. */
export function parseCredential(stored: StoredCredential): Credential {
  const { name, accessKeyId, secretAccessKey, expires, policy } = stored
  return {
    name,
    accessKeyId,
    secretAccessKey,
    ...(expires === undefined ? {} : { expires: Date.parse(expires) }),
    policy: parsePolicy(JSON.stringify(policy), 'identity')
  }
}

/** Throws `Usage`. The name becomes part of an ARN, so it follows IAM's rule for user names. */
export function checkCredential({ name, accessKeyId, secretAccessKey }: StoredCredential): void {
  if (!NAME.test(name))
    throw usage(`invalid credential name ${JSON.stringify(name)}: use 1 to 64 letters, digits or _+=,.@-`)
  if (!ACCESS_KEY_ID.test(accessKeyId))
    throw usage('an access key id must be 1 to 128 letters, digits or underscores')
  if (!/^[\x21-\x7e]{1,256}$/.test(secretAccessKey))
    throw usage('a secret access key must be 1 to 256 printable ASCII characters without spaces')
}

function isStored(entry: unknown): entry is StoredCredential {
  const { name, accessKeyId, secretAccessKey, created, expires, policy } = Object(entry) as Record<
    string,
    unknown
  >
  return (
    [name, accessKeyId, secretAccessKey, created].every(text => typeof text === 'string') &&
    (expires === undefined || (typeof expires === 'string' && !Number.isNaN(Date.parse(expires)))) &&
    typeof policy === 'object' &&
    policy !== null
  )
}

function damaged(path: string): VaultError {
  return new VaultError('FileFailed', `the credential file ${path} is damaged`, {
    hint: 'delete it, then create the credentials again with git-vault credential new'
  })
}
