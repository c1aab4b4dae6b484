import { encode } from '../core/encoding.js'
import { parseCredentialFile, usable, type Credential, type Credentials } from '../http/credentials.js'
import type { PrivateFile } from '../system/files/credentialFile.js'
import { systemRandom } from '../system/files/random.js'

/** A pair of keys of the length that AWS's have, which no scanner takes for one of AWS's. */
export function drawKeys(): { accessKeyId: string; secretAccessKey: string } {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const id = [...systemRandom.bytes(16)].map(byte => letters.charAt(byte % 32)).join('')
  return { accessKeyId: `GVAK${id}`, secretAccessKey: encode(systemRandom.bytes(30)) }
}

/** The file's credentials as they are now, and one more; the same object as long as they are the same. */
export function watchCredentials(file: PrivateFile, extra: Credential | undefined): () => Credentials {
  let of: Uint8Array | undefined | null = null
  let credentials: Credentials = new Map()
  return () => {
    const bytes = file.read()
    if (bytes === of) return credentials
    const all = [...parseCredentialFile(bytes, file.path).map(usable), ...(extra ? [extra] : [])]
    credentials = new Map(all.map(credential => [credential.accessKeyId, credential]))
    of = bytes
    return credentials
  }
}
