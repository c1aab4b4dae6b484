import { randomBytes, randomUUID } from 'node:crypto'
import type { Random } from '../core/ports.js'

export const systemRandom: Random = { bytes: length => new Uint8Array(randomBytes(length)) }

/** A ClientRequestToken for a request that has none: a UUID of version 4, as the AWS SDKs make them. */
export const systemToken = (): string => randomUUID()
