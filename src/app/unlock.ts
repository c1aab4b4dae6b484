import { VaultError } from '../core/errors.js'
import { sodium } from '../core/sodium.js'
import type { AskPassphrase } from './askPassphrase.js'
import { wrappedIdentity } from './identityFile.js'
import { stopAgents, agentExpiry } from '../system/agent/agentSockets.js'
import {
  prepareSocketFolder,
  socketFolderOrFail,
  socketFor,
  socketPath
} from '../system/agent/runtimeFolder.js'
import { startAgent } from '../system/agent/startAgent.js'

const ATTEMPTS = 5

export interface UnlockOptions {
  /** Milliseconds. */
  readonly ttl: number
  readonly passphrase: AskPassphrase
}

/** Whether an identity is unlocked. */
export type UnlockStatus =
  /** `until` is in milliseconds since the Unix epoch. */
  | { readonly kind: 'unlocked'; readonly until: number }
  | { readonly kind: 'locked' }
  /** The identity has no passphrase. */
  | { readonly kind: 'open'; readonly from: string }

/**
 * Starts an agent that holds the identity unlocked for `ttl`, and replaces a running one. Resolves once the
 * agent answers. Throws `FileFailed` for an unusable socket folder, before it asks for the passphrase, and if
 * the agent does not answer.
 */
export async function unlock({ ttl, passphrase }: UnlockOptions): Promise<UnlockStatus> {
  const { env } = process
  const identity = await wrappedIdentity(env, passphrase)
  if ('from' in identity) return { kind: 'open', from: identity.from }
  const folder = socketFolderOrFail(env)
  prepareSocketFolder(folder)
  const seed = await identity.seed()
  try {
    await startAgent(socketPath(folder, identity.keyId), ttl, seed)
  } finally {
    sodium.memzero(seed)
  }
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const until = await expiryOf(identity.keyId)
    if (until !== undefined) return { kind: 'unlocked', until }
    // another agent may be replacing it right now
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new VaultError('FileFailed', 'the agent that holds the unlocked identity does not answer')
}

/** Whether the identity is unlocked now. */
export async function unlocked(): Promise<UnlockStatus> {
  const identity = await wrappedIdentity(process.env, async () => '')
  if ('from' in identity) return { kind: 'open', from: identity.from }
  const until = await expiryOf(identity.keyId)
  return until === undefined ? { kind: 'locked' } : { kind: 'unlocked', until }
}

/** Stops every agent of this user. Returns how many there were. */
export async function lock(): Promise<number> {
  return stopAgents(socketFolderOrFail(process.env))
}

async function expiryOf(keyId: string): Promise<number | undefined> {
  const path = socketFor(process.env, keyId)
  return path === undefined ? undefined : agentExpiry(path)
}
