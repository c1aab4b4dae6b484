import type { IndexUpdate } from './indexUpdate.js'
import type { Place } from './place.js'
import { snapshot, type PlannedFile, type Snapshots } from './plan.js'
import type { StagedFiles } from './stagedFiles.js'

/**
 * The branch has moved; the work tree and the index follow. A file that the user has edited in the instant
 * since it was looked at stays as they left it, as an edit on top of the new commit.
 */
export async function finishWrite(
  place: Place,
  files: readonly PlannedFile[],
  parts: {
    readonly staged: StagedFiles
    readonly update: IndexUpdate
    readonly snapshots: Snapshots
    /** Paths whose entries git would leave as they are if it were to look. */
    readonly assumed: ReadonlySet<string>
    readonly onStep: (step: string) => void
  }
): Promise<void> {
  const looked: string[] = []
  const told: PlannedFile[] = []
  for (const file of files) {
    const isEdited = snapshot(place.root, file.path) !== parts.snapshots.get(file.path)
    if (!isEdited) parts.staged.install(file)
    if (isEdited || parts.assumed.has(file.path)) told.push(file)
    else looked.push(file.path)
    parts.onStep('file installed')
  }
  await parts.update.finish(
    looked,
    told.map(({ path, mode, old = '', new: oid = '0'.repeat(old.length) }) => ({ path, mode, oid }))
  )
  parts.onStep('index written')
  parts.update.install()
  parts.onStep('index installed')
  parts.staged.discard()
}
