import { formatDocument, type IdentityDocument } from '../core/format/documents.js'
import { VaultError } from '../core/errors.js'
import { formatSecret, parseSecret } from '../core/crypto/identity.js'
import { sodium } from '../core/sodium.js'
import { findKey, replaceKeyFile, requirePrivateFile } from '../system/files/keyFile.js'
import type { AskPassphrase } from './askPassphrase.js'
import { parseIdentity, refuseInWorkTree, wrappedIdentity, wrapSeed } from './identityFile.js'

/** The environment in which this file, if one is given, is the identity. */
const environmentOf = (path: string | undefined): NodeJS.ProcessEnv =>
  path === undefined
    ? process.env
    : {
        ...process.env,
        GIT_VAULT_IDENTITY: '',
        GIT_VAULT_IDENTITY_COMMAND: '',
        GIT_VAULT_IDENTITY_FILE: path
      }

/** @param path the identity's file; by default the user's own identity */
export interface OwnIdentityOptions {
  readonly path?: string
  /** Asks for the present passphrase. */
  readonly passphrase: AskPassphrase
}

/**
 * Encrypts the identity's file with another passphrase, or writes it without one if there is no `newPassphrase`. The file
 * is replaced atomically. Returns its path. Throws `IdentityLocked` if the present passphrase is wrong, before it asks for
 * the new one.
 */
export async function changePassphrase({
  path,
  passphrase,
  newPassphrase
}: OwnIdentityOptions & { newPassphrase?: () => Promise<string> }): Promise<string> {
  const env = environmentOf(path)
  const source = findKey(env)
  if (source.kind === 'text')
    throw new VaultError('Usage', `the identity comes from ${source.from}, which has no passphrase`, {
      hint: 'pass --file with the file of the identity'
    })
  await refuseInWorkTree(source.path)
  const { public: publicKey } = await parseIdentity(source.bytes, source.path)
  const seed = await seedOf({ passphrase, env })
  try {
    const head = { kind: 'git-vault/identity', format: '1', public: publicKey } as const
    const document: IdentityDocument = newPassphrase
      ? { ...head, wrapped: await wrapSeed(seed, publicKey, await newPassphrase()) }
      : { ...head, secret: formatSecret(seed) }
    replaceKeyFile(source.path, formatDocument('identity', document, 'identity.yaml'))
  } finally {
    sodium.memzero(seed)
  }
  return source.path
}

/** Returns the string for GIT_VAULT_IDENTITY: the private keys, and the id of the vault that they may trust. */
export async function exportIdentity(
  vaultId: string,
  { path, passphrase }: OwnIdentityOptions
): Promise<string> {
  const seed = await seedOf({ passphrase, env: environmentOf(path) })
  try {
    return `${formatSecret(seed)}.${vaultId}`
  } finally {
    sodium.memzero(seed)
  }
}

async function seedOf({
  passphrase,
  env
}: {
  passphrase: AskPassphrase
  env: NodeJS.ProcessEnv
}): Promise<Uint8Array> {
  const wrapped = await wrappedIdentity(env, passphrase)
  if ('seed' in wrapped) return wrapped.seed()
  const source = findKey(env)
  if (source.kind === 'file') requirePrivateFile(source.path)
  const text =
    source.kind === 'text'
      ? source.text.trim().split('.')[0]
      : (await parseIdentity(source.bytes, source.path)).secret
  const seed = parseSecret(text ?? '')
  if (seed) return seed
  throw new VaultError('IdentityLocked', `the identity is damaged: ${wrapped.from}`)
}
