import { startDetached } from '../files/detached.js'

/**
 * Starts an agent and resolves once it listens at `path`. The seed is sent over a pipe, because other processes can read
 * arguments and environment variables. The agent gets a session of its own and an empty environment. Throws `FileFailed` if
 * it does not start.
 * @param ttl milliseconds
 */
export async function startAgent(path: string, ttl: number, seed: Uint8Array): Promise<void> {
  await startDetached({
    ...{ program: 'agent', args: [path, String(ttl)], env: {}, input: seed },
    ...{ name: 'the agent', failure: 'cannot keep the identity unlocked' }
  })
}
