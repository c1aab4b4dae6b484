import type { Skipped } from '../../vault/team/skipped.js'
import { visible } from '../terminal/escape.js'
import type { Io } from '../terminal/io.js'

/** Tells what a write has passed over. */
export async function reportSkipped(left: readonly Skipped[], what: string, io: Io): Promise<void> {
  for (const { why } of left) await io.stderr.write(`git-vault: ${what}: ${visible(why)}\n`)
}
