import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { identityFromSeed } from '../src/core/crypto/identity.js'
import { wrapSeed } from '../src/core/crypto/passphrase.js'
import { formatDocument } from '../src/core/format/documents.js'
import { sodiumReady } from '../src/core/sodium.js'

/** The lowest cost that a reader accepts. */
const LOWEST = { passes: 1, memory: 8192 }

/**
 * Creates an identity file whose passphrase costs as little as a reader accepts. At the cost that git-vault itself
 * chooses, each command that opens the file takes more than a second of processor time. Returns the public half.
 */
export async function createIdentity(
  path: string,
  passphrase: string,
  seed: Uint8Array = randomBytes(32)
): Promise<{ text: string; keyId: string }> {
  await sodiumReady
  const { text, keyId } = identityFromSeed(seed).public
  const wrapped = await wrapSeed(seed, text, passphrase, randomBytes(40), LOWEST)
  const document = { kind: 'git-vault/identity', format: '1', public: text, wrapped } as const
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(path, formatDocument('identity', document, path), { mode: 0o600, flag: 'wx' })
  return { text, keyId }
}
