import { formatDocument, parseDocument, type IdentityDocument } from '../core/format/documents.js'
import { VaultError } from '../core/errors.js'
import {
  formatSecret,
  identityFromSeed,
  parseCarried,
  parsePublic,
  parseSecret,
  type Identity
} from '../core/crypto/identity.js'
import { sodiumReady } from '../core/sodium.js'
import { givenPassphrase } from './givenPassphrase.js'
import { createKeyFile, findKey, keyFilePath, refuseReadable, refuseTaken } from '../system/files/keyFile.js'
import { systemRandom } from '../system/files/random.js'
import { socketFor } from '../system/agent/runtimeFolder.js'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Makes an identity, wrapped in the passphrase that is asked for. Throws `FileFailed` where there is one already, and
 * then asks for none.
 */
export async function newIdentity({
  askPassphrase,
  path = keyFilePath(process.env)
}: { askPassphrase?: () => Promise<string>; path?: string } = {}): Promise<{
  from: string
  isFile: boolean
  publicKey: string
  words: string
}> {
  await sodiumReady
  refuseTaken(path)
  const passphrase = await askPassphrase?.()
  const seed = systemRandom.bytes(32)
  const publicKey = identityFromSeed(seed).public.text
  const head = { kind: 'git-vault/identity', format: '1', public: publicKey } as const
  const document: IdentityDocument =
    passphrase === undefined
      ? { ...head, secret: formatSecret(seed) }
      : { ...head, wrapped: await wrap(seed, publicKey, passphrase) }
  createKeyFile(path, formatDocument('identity', document, 'identity.yaml'))
  return { from: path, isFile: true, publicKey, words: await words(publicKey) }
}

/** The identity's public half, and the file or the variable that it is from; never asks for its passphrase. */
export async function showIdentity(): Promise<{
  from: string
  isFile: boolean
  publicKey: string
  words: string
  wrapped: boolean
}> {
  await sodiumReady
  const source = findKey(process.env)
  if (source.kind === 'text') {
    const publicKey = identityFromSeed(parseCarried(source.text).seed).public.text
    return { from: source.from, isFile: false, publicKey, words: await words(publicKey), wrapped: false }
  }
  const document = await parseIdentity(source.bytes, source.path)
  return {
    from: source.path,
    isFile: true,
    publicKey: document.public,
    words: await words(document.public),
    wrapped: document.wrapped !== undefined
  }
}

/** The list of words is only wanted where they are shown. */
async function words(publicKey: string): Promise<string> {
  const { fingerprint } = await import('../core/crypto/fingerprint.js')
  return fingerprint(publicKey)
}

/**
 * Reads the identity, asking for a passphrase where it is wrapped and `git-vault unlock` does not keep it unlocked; what
 * comes back derives the keys once libsodium is ready.
 */
export async function loadIdentity(
  env: Environment,
  askPassphrase: (() => Promise<string>) | undefined
): Promise<() => Identity> {
  const source = findKey(env)
  if (source.kind === 'text') return () => identityFromSeed(parseCarried(source.text).seed)
  const { path, bytes } = source
  const document = await parseIdentity(bytes, path)
  if (!document.wrapped) {
    refuseReadable(path)
    return () => checked(parseSecret(document.secret ?? ''), document, path)
  }
  await sodiumReady
  // a passphrase that was given is the one that counts, right or wrong
  const unlocked = givenPassphrase(env) === undefined ? await unlockedIdentity(document, env) : undefined
  if (unlocked) return () => unlocked
  const seed = await unwrapped(document.wrapped, document, path, env, askPassphrase)
  return () => checked(seed, document, path)
}

/** A wrapped identity, to be opened with its passphrase and nothing else. */
export interface WrappedIdentity {
  readonly keyId: string
  seed(): Promise<Uint8Array>
}

/** The identity where it has a passphrase; else where it is from. A command that prints it is not run for that. */
export async function wrappedIdentity(
  env: Environment,
  askPassphrase: () => Promise<string>
): Promise<WrappedIdentity | { readonly from: string }> {
  await sodiumReady
  if (!env['GIT_VAULT_IDENTITY'] && env['GIT_VAULT_IDENTITY_COMMAND'])
    return { from: 'GIT_VAULT_IDENTITY_COMMAND' }
  const source = findKey(env)
  if (source.kind === 'text') return { from: source.from }
  const { path, bytes } = source
  const document = await parseIdentity(bytes, path)
  const { wrapped } = document
  if (!wrapped) return { from: path }
  return {
    keyId: keyIdOf(document, path),
    async seed() {
      const seed = await unwrapped(wrapped, document, path, env, askPassphrase)
      checked(seed, document, path)
      return seed
    }
  }
}

/**
 * The identity from the process that keeps it unlocked. `undefined`, without a word, where there is none, or none that
 * answers in time and with this very identity: then the passphrase is asked for as ever.
 */
async function unlockedIdentity(document: IdentityDocument, env: Environment): Promise<Identity | undefined> {
  const keyId = parsePublic(document.public)?.keyId
  const path = keyId === undefined ? undefined : socketFor(env, keyId)
  if (path === undefined) return undefined
  const { askAgent } = await import('../system/agent/askAgent.js')
  const reply = await askAgent(path, 'seed')
  if (reply.kind !== 'answer') return undefined
  try {
    const identity = reply.bytes.length === 32 ? identityFromSeed(reply.bytes) : undefined
    return identity?.public.keyId === keyId ? identity : undefined
  } finally {
    reply.bytes.fill(0)
  }
}

async function unwrapped(
  wrapped: NonNullable<IdentityDocument['wrapped']>,
  document: IdentityDocument,
  path: string,
  env: Environment,
  askPassphrase: (() => Promise<string>) | undefined
): Promise<Uint8Array> {
  const given = givenPassphrase(env)
  const ask = given !== undefined ? async () => given : askPassphrase
  if (!ask) {
    throw new VaultError(
      'IdentityLocked',
      `the identity ${path} is wrapped, and there is no terminal to ask for its passphrase`,
      {
        hint: 'set GIT_VAULT_PASSPHRASE, or use an identity without one here'
      }
    )
  }
  const { unwrapSeed } = await import('../core/crypto/passphrase.js')
  return unwrapSeed(wrapped, document.public, await ask())
}

/** The vault id that an identity given as a string carries. */
export async function carriedRoot(env: Environment): Promise<string | undefined> {
  if (!env['GIT_VAULT_IDENTITY'] && !env['GIT_VAULT_IDENTITY_COMMAND']) return undefined
  await sodiumReady
  const source = findKey(env)
  return source.kind === 'text' ? parseCarried(source.text).root : undefined
}

async function parseIdentity(bytes: Uint8Array, path: string): Promise<IdentityDocument> {
  try {
    return await parseDocument('identity', bytes, path)
  } catch (cause) {
    const why = cause instanceof VaultError ? cause.message : path
    throw new VaultError('IdentityLocked', `the identity is damaged: ${why}`, { cause })
  }
}

function checked(seed: Uint8Array | undefined, document: IdentityDocument, path: string): Identity {
  const identity = seed && identityFromSeed(seed)
  if (identity && identity.public.keyId === keyIdOf(document, path)) return identity
  throw halves(path)
}

function keyIdOf(document: IdentityDocument, path: string): string {
  const keyId = parsePublic(document.public)?.keyId
  if (keyId === undefined) throw halves(path)
  return keyId
}

const halves = (path: string): VaultError =>
  new VaultError('IdentityLocked', `the identity is damaged: ${path}: its two halves do not belong together`)

async function wrap(seed: Uint8Array, publicKey: string, passphrase: string) {
  const { wrapSeed } = await import('../core/crypto/passphrase.js')
  return wrapSeed(seed, publicKey, passphrase, systemRandom.bytes(40))
}
