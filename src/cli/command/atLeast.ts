import { isCommitId } from '../../core/commitId.js'
import { VaultError } from '../../core/errors.js'
import type { Parsed } from '../arguments/arguments.js'
import type { Io } from '../terminal/io.js'

/** An option of every command that opens a vault: the commit that every tree must contain. */
export const atLeastOption = { 'at-least': { kind: 'value' } } as const

/**
 * Hands the option on as the environment variable that has the same meaning. Throws `Usage` if it is no full id of a
 * commit: an empty one, of an unset variable in a script, would turn the protection off unnoticed.
 */
export function useAtLeast(parsed: Parsed, io: Io): void {
  const commit = parsed.text('at-least')
  if (commit === undefined) return
  if (!isCommitId(commit))
    throw new VaultError('Usage', `--at-least needs the full id of a commit, not ${JSON.stringify(commit)}`)
  io.env['GIT_VAULT_AT_LEAST'] = commit
}
