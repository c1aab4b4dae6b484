import { Git, streamed } from './git.js'
import { splitAtNul } from './log.js'
import type { Place } from './place.js'

/**
 * Whether the index has a file below the folder that git does not compare with the work tree: one marked `assume-unchanged`
 * or `skip-worktree`, as in a sparse checkout.
 */
export async function hasAssumedFiles(place: Place, folder: string): Promise<boolean> {
  const listing = new Git(place, ['ls-files', '-v', '-z', '--', folder])
  for await (const line of streamed(listing, splitAtNul)) if (!line.startsWith('H ')) return true
  return false
}
