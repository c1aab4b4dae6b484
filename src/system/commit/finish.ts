import { syncFolderAsync } from '../files/files.js'
import type { Place } from '../git/place.js'
import { isAsBefore, type Snapshots } from './plan.js'
import type { PlannedFile } from '../index/plannedFile.js'
import type { StagedFiles } from './stagedFiles.js'

/**
 * Updates the work tree after the branch has moved. A file that the user has edited since it was checked is not replaced: the
 * edit is then one on top of the new commit.
 */
export function finishWrite(
  place: Place,
  files: readonly PlannedFile[],
  parts: {
    readonly staged: StagedFiles
    readonly snapshots: Snapshots
    readonly onStep: (step: string) => void
  }
): void {
  for (const file of files) {
    if (isAsBefore(place.root, file.path, parts.snapshots)) parts.staged.install(file)
    parts.onStep('file installed')
  }
  parts.staged.discard()
}

/** Writes the updated index and work tree to disk. The journal, which could repeat the update, must stay until then. */
export async function syncFinished(place: Place, staged: StagedFiles): Promise<void> {
  await Promise.all([syncFolderAsync(place.gitDir), staged.sync()])
}
