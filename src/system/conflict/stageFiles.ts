import * as fs from 'node:fs'
import { join } from 'node:path'
import { locate } from '../files/workTree.js'
import { git } from '../git/git.js'
import type { Place } from '../git/place.js'
import { refreshIndex } from '../index/refreshIndex.js'
import { components } from '../files/paths.js'

/**
 * Writes files into the work tree and git's index, where they are no longer in conflict. Makes no commit.
 * @param files path to new bytes; `null` removes the file
 */
export async function stageFiles(place: Place, files: ReadonlyMap<string, Uint8Array | null>): Promise<void> {
  const lines: string[] = []
  const { output: head } = await git(place, ['rev-parse', 'HEAD'])
  const noObject = '0'.repeat(head.toString('latin1').trimEnd().length)
  const written: string[] = []
  const removed: string[] = []
  for (const [path, bytes] of files) {
    components(path)
    // removes the stages of a conflict
    lines.push(`0 ${noObject}\t${path}`)
    if (!bytes) {
      removed.push(path)
      continue
    }
    const { output } = await git(place, ['hash-object', '-w', '--stdin', '--no-filters'], { input: bytes })
    lines.push(`100644 ${output.toString('latin1').trimEnd()}\t${path}`)
    written.push(path)
  }
  if (lines.length === 0) return
  await git(place, ['update-index', '-z', '--index-info'], { input: nulEnded(lines) })
  if (written.length > 0)
    await git(place, ['checkout-index', '--force', '--quiet', '-z', '--stdin'], { input: nulEnded(written) })
  for (const path of removed) removeFile(place, path)
  await refreshIndex(place)
}

function removeFile({ root }: Place, path: string): void {
  // never through a link
  if (locate(root, path) !== undefined) fs.rmSync(join(root, path), { force: true })
}

const nulEnded = (lines: readonly string[]): Buffer => Buffer.from(lines.map(line => `${line}\0`).join(''))
