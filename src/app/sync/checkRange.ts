import { VaultError } from '../../core/errors.js'
import type { CommitReport } from '../../vault/verify/commitReport.js'
import type { Finding } from '../../vault/verify/findings.js'
import { verifyRange } from '../../vault/verify/verifyRange.js'
import type { Vault } from '../../vault/vault.js'

/**
 * Verifies each commit that is in `to` and not in `from`, at a cost in proportion to what they change. Returns what they do.
 * Throws `DocumentRefused` for the first problem.
 * @param what the commits, for the error message, such as `origin/main`
 * @param mend the commands that mend what a merge or a revert has left behind
 */
export async function checkRange(
  vault: Vault,
  { from, to, what, hint, mend }: { from: string; to: string; what: string; hint: string; mend: string }
): Promise<CommitReport[]> {
  const reports: CommitReport[] = []
  const problems: Finding[] = []
  const { mendable } = await verifyRange(vault, {
    range: `${from}..${to}`,
    reportFinding: async finding => {
      if (finding.kind === 'problem') problems.push(finding)
    },
    reportCommit: async report => void reports.push(report)
  })
  const details = `git-vault verify --range ${from.slice(0, 12)}..${to.slice(0, 12)}`
  const isMendable = mendable > 0 && mendable === problems.length
  refuseFirst(problems, {
    what,
    hint: `${hint}; ${isMendable ? `mend it with: ${mend}` : `for details: ${details}`}`
  })
  return reports
}

/** Throws `DocumentRefused` for the first of some problems, if there is one, with the number of the others. */
export function refuseFirst(
  problems: readonly Finding[],
  { what, hint }: { what: string; hint: string }
): void {
  // of a secret that goes back, its documents say more than the files of its versions
  const first = problems.find(({ path }) => !path.includes('/versions/')) ?? problems[0]
  if (first === undefined) return
  const more = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`
  const commit = first.commit === undefined ? '' : `, commit ${first.commit.slice(0, 12)}`
  throw new VaultError('DocumentRefused', `${what}${commit}: ${first.path}: ${first.reason}${more}`, { hint })
}
