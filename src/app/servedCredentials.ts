import { encode } from '../core/encoding.js'
import {
  parseCredentialFile,
  parseCredential,
  type Credential,
  type Credentials
} from '../http/credentials.js'
import type { PrivateFile } from '../system/files/credentialFile.js'
import { systemRandom } from '../system/files/random.js'

/**
 * A random access key. It has AWS's lengths, but a prefix of its own, so that scanners do not report it as
 * AWS's.
 */
export function generateAccessKey(): { accessKeyId: string; secretAccessKey: string } {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const id = [...systemRandom.bytes(16)].map(byte => letters.charAt(byte % 32)).join('')
  return { accessKeyId: `GVAK${id}`, secretAccessKey: encode(systemRandom.bytes(30)) }
}

/**
 * Returns a function that reads the file's credentials, plus `extra`. Unchanged credentials are the same
 * object.
 */
export function watchCredentials(file: PrivateFile, extra: Credential | undefined): () => Credentials {
  let parsedBytes: Uint8Array | undefined | null = null
  let credentials: Credentials = new Map()
  return () => {
    const bytes = file.read()
    if (bytes === parsedBytes) return credentials
    const all = [...parseCredentialFile(bytes, file.path).map(parseCredential), ...(extra ? [extra] : [])]
    credentials = new Map(all.map(credential => [credential.accessKeyId, credential]))
    parsedBytes = bytes
    return credentials
  }
}
