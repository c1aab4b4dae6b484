import type { IndexUpdate } from '../index/indexUpdate.js'
import type { Place } from '../git/place.js'
import { snapshot, type Snapshots } from './plan.js'
import type { PlannedFile } from '../index/plannedFile.js'
import type { StagedFiles } from './stagedFiles.js'

/**
 * The branch has moved; the index and the work tree follow. The index goes first, at once: a `git commit` reads it before
 * it takes the lock on it, so that one which met the new branch with the old index would take the write back. A file that
 * the user has edited in the instant since it was looked at stays as they left it, as an edit on top of the new commit.
 */
export function finishWrite(
  place: Place,
  files: readonly PlannedFile[],
  parts: {
    readonly staged: StagedFiles
    /** It is ready. */
    readonly update: IndexUpdate
    readonly snapshots: Snapshots
    readonly onStep: (step: string) => void
  }
): void {
  parts.update.install()
  parts.onStep('index installed')
  for (const file of files) {
    const isEdited = snapshot(place.root, file.path) !== parts.snapshots.get(file.path)
    if (!isEdited) parts.staged.install(file)
    parts.onStep('file installed')
  }
  parts.staged.discard()
}
