import type { Parsed } from '../arguments/arguments.js'
import type { Io } from '../terminal/io.js'

/** An option of every command that opens a vault: the commit that every tree must contain. */
export const atLeastOption = { 'at-least': { kind: 'value' } } as const

/** Hands the option on as the environment variable that has the same meaning. */
export function useAtLeast(parsed: Parsed, io: Io): void {
  const commit = parsed.text('at-least')
  if (commit !== undefined) io.env['GIT_VAULT_AT_LEAST'] = commit
}
