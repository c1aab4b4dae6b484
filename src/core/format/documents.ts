import { canonicalBytes, freezeFlat, isFrozenFlat, isList, utf8, type Value } from './canonical.js'
import { decode, encode } from '../encoding.js'
import type {
  AccessDocument,
  Envelope,
  IdentityDocument,
  KeyDocument,
  ReplicaDocument,
  SecretDocument,
  StagesDocument,
  VaultrcDocument,
  VersionDocument
} from '../generated/documents.js'
import { ParseCache, isSameBytes, keepLast } from './parseCache.js'
import { hash, sodium } from '../sodium.js'
import { inTurns } from '../turns.js'
import { formatYaml } from './plainYaml.js'
import { CAPS, type Kind } from './limits.js'
import { parseYaml, refuseOversize } from './yaml.js'
import { extendedLogSteps } from './extendedLog.js'
import { validate, validationSteps } from './validate.js'

export interface Documents extends Record<Kind, object> {
  access: AccessDocument
  key: KeyDocument
  secret: SecretDocument
  stages: StagesDocument
  version: VersionDocument
  replica: ReplicaDocument
  identity: IdentityDocument
  vaultrc: VaultrcDocument
}

export type SignedDocument = KeyDocument | SecretDocument | StagesDocument | VersionDocument
/** A document before it is signed. */
export type Unsigned<D extends SignedDocument> = Omit<D, 'signature'>

export { CAPS, type Kind }

/** Parses a file of one kind and validates it against its schema. Throws `DocumentRefused` naming `path`. */
export async function parseDocument<K extends Kind>(
  kind: K,
  bytes: Uint8Array,
  path: string
): Promise<Documents[K]> {
  const cached = cacheOf(kind).get(`${kind} ${path}`, bytes)
  if (cached) return cached as Documents[K]
  if (kind !== 'access') return (await parseValid(kind, bytes, path)) as Documents[K]
  const running = parsing.get(path)
  if (running && isSameBytes(running.bytes, bytes)) return (await running.document) as Documents[K]
  const document = parseValid(kind, bytes, path)
  const own = { bytes, document }
  parsing.set(path, own)
  try {
    return (await document) as Documents[K]
  } finally {
    if (parsing.get(path) === own) parsing.delete(path)
  }
}

/** Access logs that are being parsed now, by path: requests that arrive meanwhile wait, and parse nothing. */
const parsing = new Map<string, { readonly bytes: Uint8Array; readonly document: Promise<object> }>()

async function parseValid(kind: Kind, bytes: Uint8Array, path: string): Promise<object> {
  // most commits that change an access log add to the one that was parsed before
  const before = kind === 'access' ? parsedLogs.last(`${kind} ${path}`) : undefined
  const extended = before && (await inTurns(extendedLogSteps(before, bytes, path)))
  const document = extended ?? (await parseWhole(kind, bytes, path))
  cache(kind, path, bytes, document)
  return document
}

async function parseWhole(kind: Kind, bytes: Uint8Array, path: string): Promise<object> {
  const document = await parseYaml(bytes, path, CAPS[kind])
  await inTurns(validationSteps(kind, document, path))
  return document as object
}

/** Parsed documents, by kind and path. They can be shared because nothing changes a document in place. */
const parsed = new ParseCache<object>(2 << 20)
/** Access logs have a cache of their own, because a log and the pin may be larger than all else together. */
const parsedLogs = new ParseCache<object>(2 * CAPS.access.bytes)

const cacheOf = (kind: Kind): ParseCache<object> => (kind === 'access' ? parsedLogs : parsed)

/** Caches a parsed document. An identity file holds a secret and is never cached. */
function cache(kind: Kind, path: string, bytes: Uint8Array, document: object): void {
  if (kind !== 'identity') cacheOf(kind).set(`${kind} ${path}`, bytes, document)
}

/**
 * Returns the file's bytes: a comment that names the schema for editors, then the document. Throws
 * `DocumentRefused` if a reader would refuse the file, so that no unreadable file is written. Also caches the
 * document, with its digest and verified signer, for a later read of these bytes at `path` in this process.
 * @param path of the file that will be written
 * @param isCached false in a large write, whose documents would only displace each other
 */
export function formatDocument(
  kind: Kind,
  document: Documents[Kind],
  path: string,
  isCached = true
): Uint8Array {
  validate(kind, asValue(document), path)
  const bytes = formatUnchecked(kind, document, path)
  refuseOversize(bytes, path, CAPS[kind])
  if (!isCached) return bytes
  const asRead = withoutPrototype(asValue(document)) as object
  cache(kind, path, bytes, asRead)
  const signer = verifiedBy.get(document)
  if (signer !== undefined) verifiedBy.set(asRead, signer)
  const digest = digests.get(document)
  if (digest !== undefined) digests.set(asRead, digest)
  return bytes
}

/** Returns a value as a parser returns it: its maps have no prototype. */
function withoutPrototype(value: Value): Value {
  if (typeof value === 'string') return value
  if (isList(value)) return value.map(withoutPrototype)
  if (isFrozenFlat(value) && Object.getPrototypeOf(value) === null) return value
  const map = Object.create(null) as Record<string, Value>
  for (const [key, member] of Object.entries(value)) map[key] = withoutPrototype(member)
  return freezeFlat(map)
}

/** As `formatDocument`, without validating or caching the document. Tests use it to forge documents. */
export function formatUnchecked(kind: Kind, document: Documents[Kind], path: string): Uint8Array {
  const up = '../'.repeat(path.split('/').length - 1)
  const schema = `${up}node_modules/git-vault/vault-schema/${kind}.schema.json`
  return utf8(formatYaml(asValue(document), `yaml-language-server: $schema=${schema}`))
}

/**
 * Returns BLAKE2b-256 of the canonical form with its signature, base64url. Line endings and comments do not
 * affect it.
 */
export function digestOf(document: SignedDocument): string {
  const digest = digests.get(document) ?? encode(hash(canonicalBytes(asValue(document))))
  digests.set(document, digest)
  return digest
}

const digests = new WeakMap<object, string>()

/**
 * Returns the document with its signature (FORMAT.md, "Signatures").
 * @param vaultId the vault that the document belongs to; the signature does not verify in another vault
 * @param secretKey the Ed25519 secret key, 64 bytes
 */
export function signDocument<D extends SignedDocument>(
  document: Unsigned<D>,
  vaultId: string,
  secretKey: Uint8Array
): D {
  const message = signedBytes(document.kind, vaultId, asValue(document))
  const signature = encode(sodium.crypto_sign_detached(message, secretKey))
  const signed = { ...document, signature } as D
  verifiedBy.set(signed, signerOf(vaultId, publicOf(secretKey)))
  return signed
}

/** Whether the document's signature verifies in the vault, with an Ed25519 public key of 32 bytes. */
export function verifyDocument(document: SignedDocument, vaultId: string, publicKey: Uint8Array): boolean {
  const by = signerOf(vaultId, publicKey)
  if (verifiedBy.get(document) === by) return true
  if (!verifySignature(document, vaultId, publicKey)) return false
  verifiedBy.set(document, by)
  return true
}

/** The vault id and public key under which a document's signature has been verified. */
const verifiedBy = new WeakMap<object, string>()
/** libsodium's secret key ends with the public key. */
const publicOf = (secretKey: Uint8Array): Uint8Array => secretKey.subarray(32)
const signerOf = (vaultId: string, publicKey: Uint8Array): string => `${vaultId} ${encode(publicKey)}`

function verifySignature(document: SignedDocument, vaultId: string, publicKey: Uint8Array): boolean {
  const { signature, ...unsigned } = document
  return verifyCached(signature, signedBytes(document.kind, vaultId, asValue(unsigned)), publicKey)
}

/**
 * Signs a message and caches the signature as verified, so that this process need not verify its own
 * signature.
 */
export function signCached(message: Uint8Array, secretKey: Uint8Array): string {
  const signature = encode(sodium.crypto_sign_detached(message, secretKey))
  keepLast(verified, MAX_VERIFIED, cacheKey(signature, message, publicOf(secretKey)), true)
  return signature
}

/** As `verifyBytes`, with a cache for signatures that a warm process verifies repeatedly. */
export function verifyCached(signature: string, message: Uint8Array, publicKey: Uint8Array): boolean {
  const key = cacheKey(signature, message, publicKey)
  if (verified.has(key)) return true
  if (!verifyBytes(signature, message, publicKey)) return false
  keepLast(verified, MAX_VERIFIED, key, true)
  return true
}

/**
 * The signatures that this process has made or verified, by a hash of everything that verification depends
 * on. Hashing takes a tenth of the time of verifying.
 */
const verified = new Map<string, true>()
const MAX_VERIFIED = 4_000

function cacheKey(signature: string, message: Uint8Array, publicKey: Uint8Array): string {
  return encode(hash(utf8(`${encode(publicKey)} ${signature} ${encode(hash(message))}`)))
}

/**
 * Returns the bytes that are signed (FORMAT.md, "Signatures"): `git-vault/1`, kind, vault id and canonical
 * form. Each but the last is ended by a line feed, which none of them can contain.
 */
export function signedBytes(kind: string, vaultId: string, unsigned: Value): Uint8Array {
  const context = utf8(`git-vault/1\n${kind}\n${vaultId}\n`)
  const body = canonicalBytes(unsigned)
  const message = new Uint8Array(context.length + body.length)
  message.set(context)
  message.set(body, context.length)
  return message
}

/**
 * Whether an Ed25519 signature, base64url, verifies for a message. Returns `false` for a malformed signature.
 */
export function verifyBytes(signature: string, message: Uint8Array, publicKey: Uint8Array): boolean {
  const bytes = decode(signature, sodium.crypto_sign_BYTES)
  return bytes !== undefined && sodium.crypto_sign_verify_detached(bytes, message, publicKey)
}

/**
 * The generated types describe a document's strings, lists and maps. The serialisers only need to know it has
 * nothing else.
 */
export function asValue(document: object): Value {
  return document as Value
}

export type {
  AccessDocument,
  Envelope,
  IdentityDocument,
  KeyDocument,
  ReplicaDocument,
  SecretDocument,
  StagesDocument,
  VersionDocument,
  VaultrcDocument
}
