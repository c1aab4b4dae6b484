import * as fs from 'node:fs'
import { join } from 'node:path'
import { readIfThere, removeIfThere } from '../files/files.js'
import { packFolder, type Place } from '../git/place.js'

/** By this line a crash report is known to be ours. */
export const CRASH_COMMENT = '# git-vault'
/** Named in the stream and never written: moving a branch is not this program's part. */
export const SCRATCH_REF = 'refs/git-vault/scratch'

/** File times may be coarse. */
const GRACE = 2_000

/**
 * What a fast-import leaves that was killed, lost its parent or ran out of disk: a report, and a mark that
 * keeps gc from its pack for good, and keeps the next attempt from making the same pack. For the holder of
 * the vault's lock; `since` is when the process may have started.
 */
export function removeTraces(place: Place, since: number): void {
  for (const name of fs.readdirSync(place.gitDir).filter(each => each.startsWith('fast_import_crash_'))) {
    const report = readIfThere(join(place.gitDir, name))?.toString('latin1') ?? ''
    const isOurs = report.includes(`  ${CRASH_COMMENT}\n`) || report.includes(SCRATCH_REF)
    if (isOurs) removeIfThere(join(place.gitDir, name))
  }
  removeKeepFiles(place, since)
}

/** Lets housekeeping have the packs that a fast-import has made since. */
export function removeKeepFiles(place: Place, since: number): void {
  const packs = packFolder(place)
  for (const name of fs.existsSync(packs) ? fs.readdirSync(packs) : []) {
    const path = join(packs, name)
    const stat = fs.statSync(path, { throwIfNoEntry: false })
    if (!name.endsWith('.keep') || stat === undefined || stat.mtimeMs < since - GRACE) continue
    // Cut short by a full disk it is a part of the word.
    const isWritten =
      stat.size < 20 && 'fast-import'.startsWith(readIfThere(path)?.toString('latin1').trim() ?? '-')
    if (isWritten) removeIfThere(path)
  }
}
