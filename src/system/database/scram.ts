import { createHmac, hash, pbkdf2Sync } from 'node:crypto'
import { systemRandom } from '../files/random.js'

const ITERATIONS = 4096

/**
 * Returns what PostgreSQL stores for a password (RFC 5803), so that a statement has no password that the server could log.
 * `undefined` if the password has other characters than those of ASCII, which would have to be normalized first.
 */
export function scramVerifier(password: string): string | undefined {
  if (!/^[ -~]*$/.test(password)) return undefined
  const salt = Buffer.from(systemRandom.bytes(16))
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256')
  const keyOf = (name: string): Buffer => createHmac('sha256', salted).update(name).digest()
  const storedKey = hash('sha256', keyOf('Client Key'), 'base64')
  const serverKey = keyOf('Server Key').toString('base64')
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`
}
