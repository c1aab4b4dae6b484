import type { WorkTree } from '../core/ports.js'
import { parseTime } from '../core/time.js'
import { secretFiles } from './allSecrets.js'
import { PURGE, removeExpired } from './removeExpired.js'
import { findPlace, readDocument } from './documents/place.js'
import { skippedOf, unusable, type Skipped } from './documents/skipped.js'
import type { Vault } from './vault.js'

/**
 * Removes the files of every secret whose recovery window has ended, in all regions, in one commit. Returns their ARNs.
 * The ciphertexts stay in git's history.
 * @param skipped collects the secrets that fail verification: they are not removed
 */
export async function purge(vault: Vault, skipped: Skipped[] = []): Promise<string[]> {
  const now = vault.clock.now()
  const arns: string[] = []
  for await (const arn of claimedExpired(vault.repository.workTree, now, skipped)) arns.push(arn)
  if (arns.length === 0) return []
  const { removed, refused } = await vault.write(PURGE, draft => removeExpired(draft, arns))
  for (const { arn: _, ...one } of refused) skipped.push(one)
  return removed
}

/** The ARNs of the secrets whose documents say that the window has ended. Nothing is verified here. */
async function* claimedExpired(tree: WorkTree, now: number, skipped: Skipped[]): AsyncIterable<string> {
  const place = await findPlace(tree)
  for await (const path of secretFiles(tree, place)) {
    if (typeof path !== 'string') {
      skipped.push(skippedOf(path))
      continue
    }
    try {
      const document = await readDocument(tree, 'secret', path)
      const date = document?.deletion?.date
      if (document && date !== undefined && (parseTime(date) ?? Infinity) <= now) yield document.arn
    } catch (error) {
      skipped.push(skippedOf(await unusable(error, path, { tree, place })))
    }
  }
}
