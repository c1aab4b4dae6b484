// The signature of a release: Ed25519 over the bytes of SHA256SUMS, by libsodium. Keys are files in the formats of OpenSSL, so
// that anyone can check it without git-vault.
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import sodium from 'libsodium-wrappers'

export const SUMS = 'SHA256SUMS'
export const SIGNATURE = 'SHA256SUMS.sig'

/** Returns the line of each file in the folder, as sha256sum prints it. Throws if a name could be read as something else. */
export function sumsOf(folder) {
  const names = readdirSync(folder).filter(name => name !== SUMS && name !== SIGNATURE)
  const odd = names.find(name => /[\r\n\\]/.test(name))
  if (odd !== undefined) throw new Error(`a release has no file of this name: ${JSON.stringify(odd)}`)
  return names
    .sort()
    .map(name => `${sha256(readFileSync(join(folder, name)))}  ${name}\n`)
    .join('')
}

/**
 * Returns the signature, 64 bytes, and the public key in PEM.
 * @param key an Ed25519 key in PKCS #8, as `openssl genpkey -algorithm ed25519` prints it
 */
export async function sign(bytes, key) {
  const privateKey = createPrivateKey(key)
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('the release key must be an Ed25519 key')
  await sodium.ready
  const seed = Buffer.from(privateKey.export({ format: 'jwk' }).d, 'base64url')
  const pair = sodium.crypto_sign_seed_keypair(seed)
  seed.fill(0)
  const signature = sodium.crypto_sign_detached(bytes, pair.privateKey)
  pair.privateKey.fill(0)
  return { signature, publicKey: createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }) }
}

/**
 * Throws unless the folder has exactly the files that its SHA256SUMS names, and the key's owner signed that.
 * @param key the public key in PEM
 */
export async function checkRelease(folder, key) {
  const sums = readFileSync(join(folder, SUMS))
  const signature = readFileSync(join(folder, SIGNATURE))
  const publicKey = createPublicKey(key)
  if (publicKey.asymmetricKeyType !== 'ed25519') throw new Error('the release key must be an Ed25519 key')
  await sodium.ready
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url')
  const isSigned =
    signature.length === sodium.crypto_sign_BYTES && sodium.crypto_sign_verify_detached(signature, sums, raw)
  if (!isSigned) throw new Error(`${SIGNATURE} is not a signature of ${SUMS} by this key`)
  if (sumsOf(folder) !== sums.toString('utf8')) throw new Error(`the files are not those of ${SUMS}`)
}

const sha256 = bytes => createHash('sha256').update(bytes).digest('hex')
