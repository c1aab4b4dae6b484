import { git } from '../git/git.js'
import type { Place } from '../git/place.js'

/**
 * Lets git compare the files with the index's entries, and note which are as they were staged. Without it, `git reset --keep`
 * takes every file that was written since for one that the user has edited.
 */
export async function refreshIndex(place: Place): Promise<void> {
  // it exits with 1 if some differ
  await git(place, ['update-index', '-q', '--refresh'], { accept: [0, 1] })
}
