import type { WorkTree } from '../core/ports.js'
import { parseTime } from '../core/time.js'
import { secretFiles } from './allSecrets.js'
import { PURGE, removeExpired } from './removeExpired.js'
import { findPlace, readDocument } from './documents/place.js'
import type { Vault } from './vault.js'

/**
 * Removes the files of every secret whose recovery window has ended, in all regions, in one commit. Returns their ARNs.
 * The ciphertexts stay in git's history.
 */
export async function purge(vault: Vault): Promise<string[]> {
  const now = vault.clock.now()
  const arns: string[] = []
  for await (const arn of claimedExpired(vault.repository.workTree, now)) arns.push(arn)
  return arns.length === 0 ? [] : vault.write(PURGE, draft => removeExpired(draft, arns))
}

/** The ARNs of the secrets whose documents say that the window has ended. Nothing is verified here. */
async function* claimedExpired(tree: WorkTree, now: number): AsyncIterable<string> {
  for await (const path of secretFiles(tree, await findPlace(tree))) {
    const document = await readDocument(tree, 'secret', path)
    const date = document?.deletion?.date
    if (document && date !== undefined && (parseTime(date) ?? Infinity) <= now) yield document.arn
  }
}
