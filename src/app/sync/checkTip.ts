import type { Finding } from '../../vault/verify/findings.js'
import { verify } from '../../vault/verify/verify.js'
import type { Vault } from '../../vault/vault.js'
import { refuseFirst } from './checkRange.js'

/**
 * Verifies all files of the vault in a commit under this clone's pin. For a branch that the remote lacks: nobody there has
 * checked what it begins with. Throws `DocumentRefused` for the first problem.
 */
export async function checkTip(vault: Vault, commit: string): Promise<void> {
  const problems: Finding[] = []
  await verify(vault, {
    revision: commit,
    reportFinding: async finding => {
      if (finding.kind === 'problem') problems.push({ ...finding, commit })
    }
  })
  const hint = `nothing was pushed; for details: git-vault verify ${commit.slice(0, 12)}`
  refuseFirst(problems, { what: 'this branch', hint })
}
