import { canonicalBytes, fix, isFixed, isList, utf8, type Value } from './canonical.js'
import { decode, encode } from '../encoding.js'
import { VaultError } from '../errors.js'
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
import * as validators from '../generated/validators.js'
import { ParseCache, keepLast } from './parseCache.js'
import { hash, sodium } from '../sodium.js'
import { formatYaml } from './plainYaml.js'
import { parseYaml, refuseOversize, type Caps } from './yaml.js'

export interface Documents {
  access: AccessDocument
  key: KeyDocument
  secret: SecretDocument
  stages: StagesDocument
  version: VersionDocument
  replica: ReplicaDocument
  identity: IdentityDocument
  vaultrc: VaultrcDocument
}

export type Kind = keyof Documents
export type SignedDocument = KeyDocument | SecretDocument | StagesDocument | VersionDocument
/** A document before it is signed. */
export type Unsigned<D extends SignedDocument> = Omit<D, 'signature'>

/** What a file of each kind may ask of a parser: FORMAT.md, "Limits". */
export const CAPS: Readonly<Record<Kind, Caps>> = {
  access: { bytes: 4 << 20, depth: 7 },
  key: { bytes: 1 << 20, depth: 4 },
  secret: { bytes: 256 << 10, depth: 4 },
  stages: { bytes: 1 << 20, depth: 4 },
  version: { bytes: 256 << 10, depth: 4 },
  replica: { bytes: 4 << 10, depth: 1 },
  identity: { bytes: 4 << 10, depth: 2 },
  vaultrc: { bytes: 4 << 10, depth: 1 }
}

/** Parses a file of one kind and checks it against its schema. Throws `DocumentRefused` naming `path`. */
export async function parseDocument<K extends Kind>(
  kind: K,
  bytes: Uint8Array,
  path: string
): Promise<Documents[K]> {
  const known = parsed.get(`${kind} ${path}`, bytes)
  if (known) return known as Documents[K]
  const document = await parseYaml(bytes, path, CAPS[kind])
  check(kind, document, path)
  remember(kind, path, bytes, document as object)
  return document as unknown as Documents[K]
}

/** Documents are values: nobody changes one. */
const parsed = new ParseCache<object>(2 << 20)

/** An identity's file holds a secret: nothing of it stays. */
function remember(kind: Kind, path: string, bytes: Uint8Array, document: object): void {
  if (kind !== 'identity') parsed.set(`${kind} ${path}`, bytes, document)
}

/**
 * The file's text: a comment that tells editors the schema, then the document. `path` is where it will lie. Throws
 * `DocumentRefused` for what no reader would take: better not written than written and unreadable. Who reads these bytes
 * there later in this process is given the document again, and what is known of it.
 */
export function formatDocument(kind: Kind, document: Documents[Kind], path: string): Uint8Array {
  check(kind, asValue(document), path)
  const bytes = formatUnchecked(kind, document, path)
  refuseOversize(bytes, path, CAPS[kind])
  const asRead = withoutPrototype(asValue(document)) as object
  remember(kind, path, bytes, asRead)
  const signer = verifiedBy.get(document)
  if (signer !== undefined) verifiedBy.set(asRead, signer)
  const digest = digests.get(document)
  if (digest !== undefined) digests.set(asRead, digest)
  return bytes
}

/** As a parser would give it: maps without a prototype. */
function withoutPrototype(value: Value): Value {
  if (typeof value === 'string') return value
  if (isList(value)) return value.map(withoutPrototype)
  if (isFixed(value) && Object.getPrototypeOf(value) === null) return value
  const map = Object.create(null) as Record<string, Value>
  for (const [key, member] of Object.entries(value)) map[key] = withoutPrototype(member)
  return fix(map)
}

/** The same of a document that may not be one: tests forge some. */
export function formatUnchecked(kind: Kind, document: Documents[Kind], path: string): Uint8Array {
  const up = '../'.repeat(path.split('/').length - 1)
  const schema = `${up}node_modules/git-vault/vault-schema/${kind}.schema.json`
  return utf8(formatYaml(asValue(document), `yaml-language-server: $schema=${schema}`))
}

/** Throws `DocumentRefused` where the schema does. */
function check(kind: Kind, document: Value, path: string): void {
  const validate = validators[kind]
  if (validate(document)) return
  const [error] = validate.errors ?? []
  const place = error?.instancePath.slice(1).replaceAll('~1', '/') ?? ''
  const extra = error?.params['additionalProperty']
  const what =
    typeof extra === 'string' ? `unknown field ${JSON.stringify(extra)}` : (error?.message ?? 'is not valid')
  const article = /^[ai]/.test(kind) ? 'an' : 'a'
  throw new VaultError(
    'DocumentRefused',
    `${path}: not ${article} ${kind} document: ${place ? `${place}: ` : ''}${what}`
  )
}

/** BLAKE2b-256 of the canonical form with its signature, base64url. Line ends and comments never matter to it. */
export function digestOf(document: SignedDocument): string {
  const known = digests.get(document) ?? encode(hash(canonicalBytes(asValue(document))))
  digests.set(document, known)
  return known
}

const digests = new WeakMap<object, string>()

/**
 * Signs a document as FORMAT.md, "Signatures", has it.
 * @param vaultId what the document belongs to, so that it means nothing in another vault
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

export function verifyDocument(document: SignedDocument, vaultId: string, publicKey: Uint8Array): boolean {
  const by = signerOf(vaultId, publicKey)
  if (verifiedBy.get(document) === by) return true
  if (!verifySignature(document, vaultId, publicKey)) return false
  verifiedBy.set(document, by)
  return true
}

/** Vault and public key under which a document's signature is known to be right. */
const verifiedBy = new WeakMap<object, string>()
/** libsodium's secret key ends with the public one. */
const publicOf = (secretKey: Uint8Array): Uint8Array => secretKey.subarray(32)
const signerOf = (vaultId: string, publicKey: Uint8Array): string => `${vaultId} ${encode(publicKey)}`

function verifySignature(document: SignedDocument, vaultId: string, publicKey: Uint8Array): boolean {
  const { signature, ...unsigned } = document
  return verifyOnce(signature, signedBytes(document.kind, vaultId, asValue(unsigned)), publicKey)
}

/** Signs what this process will verify itself before long, and need not then. */
export function signOnce(message: Uint8Array, secretKey: Uint8Array): string {
  const signature = encode(sodium.crypto_sign_detached(message, secretKey))
  keepLast(verified, AT_MOST, verification(signature, message, publicOf(secretKey)), true)
  return signature
}

/** As `verifyBytes`, of what a program that runs on meets again and again. */
export function verifyOnce(signature: string, message: Uint8Array, publicKey: Uint8Array): boolean {
  const known = verification(signature, message, publicKey)
  if (verified.has(known)) return true
  if (!verifyBytes(signature, message, publicKey)) return false
  keepLast(verified, AT_MOST, known, true)
  return true
}

/**
 * The signatures that this process has made or verified, by hash of all that goes into verifying one, which takes a tenth
 * of the time.
 */
const verified = new Map<string, true>()
const AT_MOST = 4_000

function verification(signature: string, message: Uint8Array, publicKey: Uint8Array): string {
  return encode(hash(utf8(`${encode(publicKey)} ${signature} ${encode(hash(message))}`)))
}

/** `git-vault/1`, kind, vault id and canonical form, each but the last ended by a line feed, which none can contain. */
export function signedBytes(kind: string, vaultId: string, unsigned: Value): Uint8Array {
  const context = utf8(`git-vault/1\n${kind}\n${vaultId}\n`)
  const body = canonicalBytes(unsigned)
  const message = new Uint8Array(context.length + body.length)
  message.set(context)
  message.set(body, context.length)
  return message
}

export function verifyBytes(signature: string, message: Uint8Array, publicKey: Uint8Array): boolean {
  const bytes = decode(signature, sodium.crypto_sign_BYTES)
  return bytes !== undefined && sodium.crypto_sign_verify_detached(bytes, message, publicKey)
}

/** The generated types say which strings, lists and maps a document has; the serialisers only need that it has no others. */
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
