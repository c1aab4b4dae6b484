import type { WorkTree } from '../core/ports.js'
import { parseTime } from '../core/time.js'
import { PURGE, removeExpired } from './overdue.js'
import { findPlace, readDocument } from './place.js'
import type { Vault } from './vault.js'
import { secretPlaces } from './walk.js'

/**
 * Removes the files of every secret in any region that is past its recovery window, in one commit. Gives their ARNs.
 * git's history keeps the ciphertexts.
 */
export async function purge(vault: Vault): Promise<string[]> {
  const now = vault.clock.now()
  const arns: string[] = []
  for await (const arn of claimed(vault.repository.workTree, now)) arns.push(arn)
  return arns.length === 0 ? [] : vault.write(PURGE, draft => removeExpired(draft, arns))
}

/** The ARNs of those that say they are past it: nothing is verified here. */
async function* claimed(tree: WorkTree, now: number): AsyncIterable<string> {
  const home = await findPlace(tree)
  const regions = await tree.list(`${home.folder}/regions`)
  for (const secrets of [
    home.secrets,
    ...regions.map(({ name }) => `${home.folder}/regions/${name}/secrets`)
  ]) {
    const place = { secrets, secretIn: (folder: string) => home.secretIn(folder) }
    for await (const { secret } of secretPlaces(tree, place)) {
      const document = await readDocument(tree, 'secret', secret)
      const date = document?.deletion?.date
      if (document && date !== undefined && (parseTime(date) ?? Infinity) <= now) yield document.arn
    }
  }
}
