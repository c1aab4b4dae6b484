import type { LeftAlone } from '../vault/leftAlone.js'
import { visible } from './escape.js'
import type { Io } from './io.js'

/** Tells what a write has passed over. */
export async function tellLeft(left: readonly LeftAlone[], what: string, io: Io): Promise<void> {
  for (const { why } of left) await io.stderr.write(`git-vault: ${what}: ${visible(why)}\n`)
}
