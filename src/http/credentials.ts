import { usage, VaultError } from '../core/errors.js'
import { parsePolicy, type Policy } from '../core/policy/policy.js'

/** Who may sign requests, and what they may do. */
export interface Credential {
  readonly name: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Milliseconds since the Unix epoch. */
  readonly expires?: number
  readonly policy: Policy
}

/** As it is kept in the file. */
export interface StoredCredential {
  readonly name: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly created: string
  readonly expires?: string
  readonly policy: object
}

/** All that may sign, as of one state of the file. */
export type Credentials = ReadonlyMap<string, Credential>

const FORMAT = '1'
const NAME = /^[\w+=,.@-]{1,64}$/
const ACCESS_KEY_ID = /^\w{16,128}$/

/** A file's credentials; `undefined` is no file, and so none. Throws `FileFailed` where it is damaged. */
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

/** What a credential is asked for. Throws MalformedPolicyDocumentException for a policy that is none. */
export function usable(stored: StoredCredential): Credential {
  const { name, accessKeyId, secretAccessKey, expires, policy } = stored
  return {
    name,
    accessKeyId,
    secretAccessKey,
    ...(expires === undefined ? {} : { expires: Date.parse(expires) }),
    policy: parsePolicy(JSON.stringify(policy), 'identity')
  }
}

/** Throws `Usage`. The name becomes part of an ARN, so it is what IAM takes for a user. */
export function checkCredential({ name, accessKeyId, secretAccessKey }: StoredCredential): void {
  if (!NAME.test(name)) throw usage('a credential has a name of 1 to 64 letters, digits and _+=,.@-')
  if (!ACCESS_KEY_ID.test(accessKeyId))
    throw usage('an access key id has 16 to 128 letters, digits and underscores')
  if (!/^[\x21-\x7e]{16,256}$/.test(secretAccessKey))
    throw usage('a secret access key has 16 to 256 printable characters and no space')
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

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined // its text may hold a secret, so the parser's message is not repeated
  }
}

function damaged(path: string): VaultError {
  return new VaultError('FileFailed', `the file of credentials ${path} is damaged`, {
    hint: 'remove it and make them anew with git-vault credential new'
  })
}
