import type { Vault } from '../vault/vault.js'
import { open, type OpenOptions } from './open.js'

/** How often a command that takes long fetches what others have pushed, in milliseconds. */
const INTERVAL = 60_000

/**
 * Opens a vault whose writes succeed only if a remote takes them first. Fetches and merges what that has.
 * @param remote left out, that of the branch's upstream
 */
export async function openPushing(
  options: OpenOptions,
  remote: string | undefined
): Promise<{ readonly vault: Vault; end(): Promise<void> }> {
  const { Follower } = await import('./follow/follower.js')
  const notice = options.notice ?? (() => undefined)
  const directory = options.directory ?? process.cwd()
  const follower = await Follower.open(directory, { remote, interval: INTERVAL, push: true }, notice)
  const vault = await open(options, follower)
  return {
    vault,
    async end() {
      follower.stop()
      await follower.end()
      await vault.close()
    }
  }
}
