import type { Random } from '../../core/ports.js'

// Web Crypto, which libsodium loads anyway. node:crypto would cost each read another 4 ms.
const { crypto } = globalThis

/** Returns at most 65,536 bytes a call. */
export const systemRandom: Random = { bytes: length => crypto.getRandomValues(new Uint8Array(length)) }

/** Returns a ClientRequestToken for a request without one: a version 4 UUID, as in the AWS SDKs. */
export const systemToken = (): string => crypto.randomUUID()
