import { VaultError } from '../core/errors.js'
import { sodium } from '../core/sodium.js'
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
  readonly passphrase: () => Promise<string>
}

/** How it stands with an identity. */
export type UnlockStatus =
  /** Until a time, in milliseconds since the epoch. */
  | { readonly kind: 'unlocked'; readonly until: number }
  | { readonly kind: 'locked' }
  /** It has no passphrase. */
  | { readonly kind: 'open'; readonly from: string }

/**
 * Starts a process that keeps the identity unlocked for a time, in place of the one that did. Resolves once it answers;
 * what can be wrong with its place is said before the passphrase is asked for.
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
    const until = await untilOf(identity.keyId)
    if (until !== undefined) return { kind: 'unlocked', until }
    // another may be taking its place at this moment
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new VaultError('FileFailed', 'the process that keeps the identity unlocked does not answer')
}

/** Whether the identity is unlocked now. */
export async function unlocked(): Promise<UnlockStatus> {
  const identity = await wrappedIdentity(process.env, async () => '')
  if ('from' in identity) return { kind: 'open', from: identity.from }
  const until = await untilOf(identity.keyId)
  return until === undefined ? { kind: 'locked' } : { kind: 'unlocked', until }
}

/** Locks every identity that this user has unlocked, and gives how many there were. */
export async function lock(): Promise<number> {
  return stopAgents(socketFolderOrFail(process.env))
}

async function untilOf(keyId: string): Promise<number | undefined> {
  const path = socketFor(process.env, keyId)
  return path === undefined ? undefined : agentExpiry(path)
}
