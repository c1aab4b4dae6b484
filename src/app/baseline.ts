import type { History, Repository } from '../core/ports.js'
import type { Baseline } from '../vault/baseline.js'

/**
 * The commit that the option `atLeast` names, or else GIT_VAULT_AT_LEAST. `undefined` if neither is set. An empty variable is
 * not set, as with every variable of git-vault. An empty option is an error: it would turn the protection off unnoticed.
 * Throws `Usage` if it is no full id.
 */
export async function baselineOf(
  repository: Repository & History,
  atLeast?: string
): Promise<Baseline | undefined> {
  const commit = atLeast ?? (process.env['GIT_VAULT_AT_LEAST'] || undefined)
  if (commit === undefined) return undefined
  const { Baseline } = await import('../vault/baseline.js')
  return new Baseline(repository, commit, atLeast === undefined ? 'GIT_VAULT_AT_LEAST' : 'atLeast')
}
