import type { History, Repository } from '../core/ports.js'
import type { Baseline } from '../vault/baseline.js'

/** The commit that GIT_VAULT_AT_LEAST names, or `undefined` if it is not set. Throws `Usage` if it is no full id. */
export async function baselineOf(
  repository: Repository & History,
  commit = process.env['GIT_VAULT_AT_LEAST']
): Promise<Baseline | undefined> {
  if (commit === undefined || commit === '') return undefined
  const { Baseline } = await import('../vault/baseline.js')
  return new Baseline(repository, commit)
}
