import {
  parseCredentialFile,
  parseCredential,
  type Credential,
  type Credentials
} from '../http/credentials.js'
import type { PrivateFile } from '../system/files/credentialFile.js'

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
