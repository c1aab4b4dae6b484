import { VaultError } from '../core/errors.js'
import { generateAccessKey } from '../system/files/accessKey.js'
import { readNamed } from '../system/files/namedFiles.js'

/** Characters. A shorter secret can be guessed by anybody who can reach the server. */
export const SHORTEST_SAFE = 16

const VARIABLE = 'AWS_TOKEN'
const FILE = 'file://'
const LONGEST = 4_096

/**
 * Returns the token for the agent's protocol: from a file, else from AWS_TOKEN as AWS's agent takes it (the token itself, or
 * `file://` and a path), else a new one. Removes AWS_TOKEN from the environment. Throws `FileFailed` or `Usage`.
 */
export function agentToken(
  file: string | undefined,
  env: Record<string, string | undefined>,
  notice: (line: string) => void
): { readonly token: string; readonly isOwn: boolean } {
  const value = env[VARIABLE]
  delete env[VARIABLE]
  const path = file ?? (value?.startsWith(FILE) ? value.slice(FILE.length) : undefined)
  if (path === undefined && !value) return { token: generateAccessKey().secretAccessKey, isOwn: false }
  const token = path === undefined ? value! : new TextDecoder().decode(readNamed(path)).trim()
  const from = path === undefined ? VARIABLE : path
  if (!/^[\x21-\x7e]+$/.test(token) || token.length > LONGEST)
    throw new VaultError(
      'Usage',
      `invalid agent token in ${from}: use 1 to ${LONGEST} printable ASCII characters without spaces`,
      { hint: 'or turn off the agent protocol with --no-agent' }
    )
  if (token.length < SHORTEST_SAFE)
    notice(`the agent token in ${from} is shorter than ${SHORTEST_SAFE} characters, so it can be guessed`)
  return { token, isOwn: true }
}
