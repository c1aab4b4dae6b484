import { formatDocument, parseDocument, type IdentityDocument } from '../core/format/documents.js'
import { VaultError } from '../core/errors.js'
import {
  formatSecret,
  identityFromSeed,
  parseMachineIdentity,
  parsePublic,
  parseSecret,
  type Identity
} from '../core/crypto/identity.js'
import { sodiumReady } from '../core/sodium.js'
import type { AskPassphrase } from './askPassphrase.js'
import { envPassphrase } from './envPassphrase.js'
import {
  createKeyFile,
  findKey,
  keyFilePath,
  requirePrivateFile,
  refuseExisting
} from '../system/files/keyFile.js'
import { systemRandom } from '../system/files/random.js'
import { socketFor } from '../system/agent/runtimeFolder.js'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Creates an identity file, encrypted with a passphrase if `askPassphrase` is set. Throws `FileFailed` if the
 * file exists or git could commit it, before it asks.
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
  refuseExisting(path)
  await refuseInWorkTree(path)
  const passphrase = await askPassphrase?.()
  const seed = systemRandom.bytes(32)
  const publicKey = identityFromSeed(seed).public.text
  const head = { kind: 'git-vault/identity', format: '1', public: publicKey } as const
  const document: IdentityDocument =
    passphrase === undefined
      ? { ...head, secret: formatSecret(seed) }
      : { ...head, wrapped: await wrapSeed(seed, publicKey, passphrase) }
  createKeyFile(path, formatDocument('identity', document, 'identity.yaml'))
  return { from: path, isFile: true, publicKey, words: await words(publicKey) }
}

/** Throws `FileFailed` if git could commit an identity at this path. */
export async function refuseInWorkTree(path: string): Promise<void> {
  const { refuseCommittable } = await import('../system/git/committable.js')
  await refuseCommittable(path, 'the identity')
}

/** The identity's public half, and the file or variable it comes from. Never asks for the passphrase. */
export async function showIdentity(): Promise<PublicIdentity & { words: string }> {
  const identity = await publicIdentity()
  return { ...identity, words: await words(identity.publicKey) }
}

export interface PublicIdentity {
  from: string
  isFile: boolean
  publicKey: string
  wrapped: boolean
}

/** The same, without loading the words of the fingerprint. */
export async function publicIdentity(): Promise<PublicIdentity> {
  await sodiumReady
  const source = findKey(process.env)
  if (source.kind === 'text') {
    const publicKey = identityFromSeed(parseMachineIdentity(source.text).seed).public.text
    return { from: source.from, isFile: false, publicKey, wrapped: false }
  }
  const document = await parseIdentity(source.bytes, source.path)
  return {
    from: source.path,
    isFile: true,
    publicKey: document.public,
    wrapped: document.wrapped !== undefined
  }
}

/** Loads the word list only when a fingerprint is shown. */
async function words(publicKey: string): Promise<string> {
  const { fingerprint } = await import('../core/crypto/fingerprint.js')
  return fingerprint(publicKey)
}

/**
 * Reads the identity. Asks for the passphrase if the identity has one and no agent holds it unlocked. The
 * returned function derives the keys; call it once libsodium is ready. Throws `IdentityNotFound` or
 * `IdentityLocked`.
 */
export async function loadIdentity(
  env: Environment,
  askPassphrase: AskPassphrase | undefined
): Promise<() => Identity> {
  const source = findKey(env)
  if (source.kind === 'text') return () => identityFromSeed(parseMachineIdentity(source.text).seed)
  const { path, bytes } = source
  const document = await parseIdentity(bytes, path)
  if (!document.wrapped) {
    requirePrivateFile(path)
    return () => checked(parseSecret(document.secret ?? ''), document, path)
  }
  await sodiumReady
  // a passphrase in the environment has precedence over the agent, even if it is wrong
  const unlocked = envPassphrase(env) === undefined ? await unlockedIdentity(document, env) : undefined
  if (unlocked) return () => unlocked
  const seed = await unwrapped(document.wrapped, document, path, env, askPassphrase)
  return () => checked(seed, document, path)
}

/** An identity with a passphrase. */
export interface WrappedIdentity {
  readonly keyId: string
  /** Decrypts the seed with the passphrase; never asks the agent. */
  seed(): Promise<Uint8Array>
}

/** The identity if it has a passphrase; else only its source. Does not run GIT_VAULT_IDENTITY_COMMAND. */
export async function wrappedIdentity(
  env: Environment,
  askPassphrase: AskPassphrase
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
 * The identity from the agent that holds it unlocked. Returns `undefined`, without a warning, if no agent
 * answers in time with this identity: then the passphrase is asked for.
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
  askPassphrase: AskPassphrase | undefined
): Promise<Uint8Array> {
  const fromEnv = envPassphrase(env)
  const ask: AskPassphrase | undefined = fromEnv !== undefined ? async () => fromEnv : askPassphrase
  if (!ask) {
    throw new VaultError(
      'IdentityLocked',
      `cannot ask for the passphrase of the identity ${path}: no terminal`,
      { hint: 'set GIT_VAULT_PASSPHRASE, or run git-vault unlock in a terminal' }
    )
  }
  const { unwrapSeed, WRONG_PASSPHRASE } = await import('../core/crypto/passphrase.js')
  for (let attempt = 1; ; attempt++)
    try {
      return await unwrapSeed(wrapped, document.public, await ask(attempt))
    } catch (error) {
      const isWrong = error instanceof VaultError && error.message === WRONG_PASSPHRASE
      if (isWrong && fromEnv !== undefined) throw wrongVariable(error)
      if (!isWrong || attempt >= (ask.attempts ?? 1)) throw error
    }
}

/** A passphrase that nobody typed just now: the user must know which one was tried. */
const wrongVariable = (cause: VaultError): VaultError =>
  new VaultError(
    'IdentityLocked',
    'the passphrase in GIT_VAULT_PASSPHRASE is wrong, or the identity file was changed',
    { hint: 'set it to the passphrase of the identity, or unset it to be asked', cause }
  )

/** The vault id inside an identity string from the environment; `undefined` if there is none. */
export async function carriedRoot(env: Environment): Promise<string | undefined> {
  if (!env['GIT_VAULT_IDENTITY'] && !env['GIT_VAULT_IDENTITY_COMMAND']) return undefined
  await sodiumReady
  const source = findKey(env)
  return source.kind === 'text' ? parseMachineIdentity(source.text).root : undefined
}

/** Throws `IdentityLocked` if the file is damaged. */
export async function parseIdentity(bytes: Uint8Array, path: string): Promise<IdentityDocument> {
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
  throw mismatched(path)
}

function keyIdOf(document: IdentityDocument, path: string): string {
  const keyId = parsePublic(document.public)?.keyId
  if (keyId === undefined) throw mismatched(path)
  return keyId
}

const mismatched = (path: string): VaultError =>
  new VaultError(
    'IdentityLocked',
    `the identity is damaged: ${path}: its public and private keys do not match`
  )

/** Encrypts a seed with a passphrase. */
export async function wrapSeed(
  seed: Uint8Array,
  publicKey: string,
  passphrase: string
): Promise<NonNullable<IdentityDocument['wrapped']>> {
  const { wrapSeed: wrap } = await import('../core/crypto/passphrase.js')
  return wrap(seed, publicKey, passphrase, systemRandom.bytes(40))
}
