import { formatDocument, parseDocument, type IdentityDocument } from './core/documents.js'
import { VaultError } from './core/errors.js'
import { fingerprint } from './core/fingerprint.js'
import {
  formatSecret,
  identityFromSeed,
  parseCarried,
  parsePublic,
  parseSecret,
  type Identity
} from './core/identity.js'
import { sodiumReady } from './core/sodium.js'
import { givenPassphrase } from './givenPassphrase.js'
import { createKeyFile, findKey, keyFilePath, refuseReadable, refuseTaken } from './system/keyFile.js'
import { systemRandom } from './system/random.js'

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
  return { from: path, isFile: true, publicKey, words: fingerprint(publicKey) }
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
    return { from: source.from, isFile: false, publicKey, words: fingerprint(publicKey), wrapped: false }
  }
  const document = await parseIdentity(source.bytes, source.path)
  return {
    from: source.path,
    isFile: true,
    publicKey: document.public,
    words: fingerprint(document.public),
    wrapped: document.wrapped !== undefined
  }
}

/**
 * Reads the identity, asking for a passphrase where it is wrapped; what comes back derives the keys once libsodium is
 * ready.
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
  await sodiumReady
  const { unwrapSeed } = await import('./core/passphrase.js')
  const seed = await unwrapSeed(document.wrapped, document.public, await ask())
  return () => checked(seed, document, path)
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
  if (identity && parsePublic(document.public)?.keyId === identity.public.keyId) return identity
  throw new VaultError(
    'IdentityLocked',
    `the identity is damaged: ${path}: its two halves do not belong together`
  )
}

async function wrap(seed: Uint8Array, publicKey: string, passphrase: string) {
  const { wrapSeed } = await import('./core/passphrase.js')
  return wrapSeed(seed, publicKey, passphrase, systemRandom.bytes(40))
}
