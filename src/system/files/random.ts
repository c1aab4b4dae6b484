import type { Random } from '../../core/ports.js'

// Web Crypto, which libsodium has loaded anyway: node:crypto would cost each read 4 ms more.
const { crypto } = globalThis

/** At most 65,536 bytes at once. */
export const systemRandom: Random = { bytes: length => crypto.getRandomValues(new Uint8Array(length)) }

/** A ClientRequestToken for a request that has none: a UUID of version 4, as the AWS SDKs make them. */
export const systemToken = (): string => crypto.randomUUID()
