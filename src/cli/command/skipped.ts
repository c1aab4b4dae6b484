import type { Skipped } from '../../vault/team/skipped.js'
import { visible } from '../terminal/escape.js'
import type { Io } from '../terminal/io.js'

/** Reports on stderr the documents that a write skipped. */
export async function reportSkipped(skipped: readonly Skipped[], label: string, io: Io): Promise<void> {
  for (const { why } of skipped) await io.stderr.write(`git-vault: ${label}: ${visible(why)}\n`)
}
