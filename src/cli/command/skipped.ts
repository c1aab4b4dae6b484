import { VaultError } from '../../core/errors.js'
import type { Skipped } from '../../vault/team/skipped.js'
import { visible } from '../terminal/escape.js'
import type { Io } from '../terminal/io.js'

/** Reports on stderr the documents that a write skipped. */
export async function reportSkipped(skipped: readonly Skipped[], label: string, io: Io): Promise<void> {
  for (const { why } of skipped) await io.stderr.write(`git-vault: ${label}: ${visible(why)}\n`)
}

/** Reports on stderr what a read left out: at most 10 lines, and the number of the others. */
export async function reportLeftOut(skipped: readonly Skipped[], io: Io): Promise<void> {
  const { skippedLines } = await import('../../vault/documents/skipped.js')
  for (const line of skippedLines(skipped)) await io.stderr.write(`git-vault: ${visible(line)}\n`)
}

/** Throws `DocumentRefused` if a command left something out, so that its exit code tells. For the end of its output. */
export function failIfLeftOut(skipped: readonly Skipped[]): void {
  const [first, ...others] = skipped
  if (!first) return
  const count = others.length === 0 ? '1 secret was' : `${skipped.length} secrets were`
  const hint = others.length === 0 && first.mend !== undefined ? first.mend : 'git-vault verify'
  throw new VaultError('DocumentRefused', `${count} left out, because verification failed`, { hint })
}
