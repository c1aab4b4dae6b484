import * as fs from 'node:fs'
import { join } from 'node:path'
import { readIfExists, removeIfExists } from '../files/files.js'
import { packFolder, type Place } from '../git/place.js'

/** This line identifies our crash reports. */
export const CRASH_COMMENT = '# git-vault'
/** fast-import needs a ref for its commits, but this one is never written. */
export const SCRATCH_REF = 'refs/git-vault/scratch'

/** The resolution of a file's time on some file systems. */
const MTIME_TOLERANCE_MS = 2_000

/**
 * Removes the files of a fast-import that was killed, lost its parent or ran out of disk space: the crash report and the
 * keep file, which would protect its pack from gc for ever and prevent the next attempt from making the same pack. To be
 * called only by the holder of the vault's lock.
 * @param since the earliest time at which the process may have started, in milliseconds since the epoch
 */
export function removeLeftovers(place: Place, since: number): void {
  for (const name of fs.readdirSync(place.gitDir).filter(each => each.startsWith('fast_import_crash_'))) {
    const report = readIfExists(join(place.gitDir, name))?.toString('latin1') ?? ''
    const isOurs = report.includes(`  ${CRASH_COMMENT}\n`) || report.includes(SCRATCH_REF)
    if (isOurs) removeIfExists(join(place.gitDir, name))
  }
  removeKeepFiles(place, since)
}

/** Removes the keep files of packs that a fast-import has made since then. */
export function removeKeepFiles(place: Place, since: number): void {
  const packs = packFolder(place)
  for (const name of fs.existsSync(packs) ? fs.readdirSync(packs) : []) {
    const path = join(packs, name)
    const stat = fs.statSync(path, { throwIfNoEntry: false })
    if (!name.endsWith('.keep') || stat === undefined || stat.mtimeMs < since - MTIME_TOLERANCE_MS) continue
    // its content is `fast-import`, or a part of that if the disk was full
    const isOurs =
      stat.size < 20 && 'fast-import'.startsWith(readIfExists(path)?.toString('latin1').trim() ?? '-')
    if (isOurs) removeIfExists(path)
  }
}
