import type { Credentials } from '../core/exchange/credentials.js'
import { writeCredentialFolder } from '../system/files/credentialFolder.js'
import { findProgram, outputOf } from '../system/run/output.js'
import { programEnvironment } from '../core/run/programEnvironment.js'

/** An encrypted credential of 1 MiB is longer than this, and a secret has at most 64 KiB. */
const MAX_BYTES = 1024 * 1024

/**
 * Encrypts credentials with the platform's systemd-creds, which gets each value through a pipe. Throws `FileFailed`.
 * @param key of systemd-creds, such as `host`; left out, it chooses
 * @param isForUnit returns lines `SetCredentialEncrypted=` instead of the content of files
 */
export async function encryptCredentials(
  credentials: Credentials,
  key: string | undefined,
  isForUnit: boolean
): Promise<ReadonlyMap<string, Uint8Array>> {
  const env = programEnvironment(process.env)
  const program = findProgram(['systemd-creds'], env)
  const options = [...(key === undefined ? [] : [`--with-key=${key}`]), ...(isForUnit ? ['--pretty'] : [])]
  const encrypted = new Map<string, Uint8Array>()
  for (const [name, input] of credentials) {
    const args = ['encrypt', ...options, `--name=${name}`, '-', '-']
    encrypted.set(name, await outputOf(program, args, { env, input, limit: MAX_BYTES, reason: 'last' }))
  }
  return encrypted
}

/** How well the content of credentials is kept: `known` is encrypted with a key that everyone has. */
export type Secrecy = 'plain' | 'known' | 'encrypted'

/**
 * Writes files into a folder. Plain text only in memory, and what everyone can read not where git could commit it. Throws
 * `FileFailed`, before anything is written.
 */
export async function writeCredentials(
  folder: string,
  files: ReadonlyMap<string, Uint8Array>,
  secrecy: Secrecy
): Promise<void> {
  if (secrecy !== 'encrypted') {
    const { refuseCommittableIn } = await import('../system/git/committable.js')
    await refuseCommittableIn(folder, files.keys(), 'the folder of credentials')
  }
  writeCredentialFolder(folder, files, secrecy === 'plain')
}
