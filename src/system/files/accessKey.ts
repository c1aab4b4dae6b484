import { encode } from '../../core/encoding.js'
import { systemRandom } from './random.js'

/**
 * A random access key. It has AWS's lengths, but a prefix of its own, so that scanners do not report it as
 * AWS's.
 */
export function generateAccessKey(): { accessKeyId: string; secretAccessKey: string } {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const id = [...systemRandom.bytes(16)].map(byte => letters.charAt(byte % 32)).join('')
  return { accessKeyId: `GVAK${id}`, secretAccessKey: encode(systemRandom.bytes(30)) }
}
