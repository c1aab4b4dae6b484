import { compareSecret } from '../../core/versions/seen.js'
import { REMOVED, seenState } from '../memory/seenState.js'
import type { Secret, View } from '../view.js'
import type { Finding, Findings } from './findings.js'
import type { HeldProblem, HeldReports } from './heldReports.js'
import { includes } from './inclusion.js'
import type { OwedStates, SeenIn } from './rollbackCheck.js'

/** The faults of one secret in one commit, as long as no later commit has mended them. */
interface Debt extends OwedStates {
  readonly commit: string
  readonly problems: readonly HeldProblem[]
  /** Whether a former member signed it on a branch without their removal. */
  readonly isBehind: boolean
}

/** A commit that has been checked. */
export interface CheckedCommit {
  readonly commit: string
  readonly view: View
  /** Of the secrets that it changes. */
  readonly folders: ReadonlySet<string>
  readonly isMerge: boolean
}

/** Opens a commit under the access log of `view`, and returns the secret in a folder if it is accepted. */
type SecretAt = (commit: string, view: View, folder: string) => Promise<Secret | undefined>

/**
 * Decides which problems of a range a later commit mends. Such a commit has no problem in the same folder, and its state
 * includes all that the history had up to the problem. So only a state that a member has signed can mend, and nobody
 * without an identity can hide that they brought an older state back. A merge does not mend what a former member signed on
 * the branch that it merges: only a state that was signed after the merge does.
 */
export class Mending {
  readonly #reports: HeldReports
  readonly #findings: Findings
  readonly #secretAt: SecretAt
  readonly #isAncestor: (commit: string, descendant: string) => Promise<boolean>
  readonly #debts = new Map<string, Debt[]>()
  /** The problems of the commit that is being checked, by folder. */
  readonly #found = new Map<string, HeldProblem[]>()
  #isBehind = false

  constructor(
    reports: HeldReports,
    findings: Findings,
    secretAt: SecretAt,
    isAncestor: (commit: string, descendant: string) => Promise<boolean>
  ) {
    this.#reports = reports
    this.#findings = findings
    this.#secretAt = secretAt
    this.#isAncestor = isAncestor
  }

  /**
   * Holds back a problem of a secret of the commit that is being checked.
   * @param isBehind whether the commit is on a branch without a member's removal
   */
  hold(finding: Finding, folder: string, isBehind = false): void {
    this.#isBehind ||= isBehind
    const problems = this.#found.get(folder) ?? []
    problems.push(this.#reports.hold(finding))
    this.#found.set(folder, problems)
  }

  /** Ends the check of a commit. */
  async end(checked: CheckedCommit, statesUpTo: (folder: string) => Promise<OwedStates>): Promise<void> {
    const { commit } = checked
    for (const folder of checked.folders) if (!this.#found.has(folder)) await this.#mend(checked, folder)
    for (const [folder, problems] of this.#found) {
      const debt = { commit, problems, isBehind: this.#isBehind, ...(await statesUpTo(folder)) }
      this.#debts.set(folder, [...(this.#debts.get(folder) ?? []), debt])
    }
    this.#found.clear()
    this.#isBehind = false
    await this.#reports.flush()
  }

  /** The states that the folder's secret still lacks at the end of the range. */
  owed(folder: string): readonly SeenIn[] {
    return (this.#debts.get(folder) ?? []).flatMap(({ states }) => states)
  }

  /** The folders of secrets with a problem that no commit has mended. */
  get folders(): string[] {
    return [...this.#debts.keys()]
  }

  async #mend({ commit, view, isMerge }: CheckedCommit, folder: string): Promise<void> {
    const left: Debt[] = []
    for (const debt of this.#debts.get(folder) ?? []) {
      const isMended =
        !(isMerge && debt.isBehind) &&
        (await this.#isAncestor(debt.commit, commit)) &&
        (await this.#isPaid(debt, commit, view, folder))
      if (!isMended) left.push(debt)
      else {
        for (const problem of debt.problems) problem.mend(commit)
        this.#findings.mend(debt.problems.length)
      }
    }
    if (left.length > 0) this.#debts.set(folder, left)
    else this.#debts.delete(folder)
  }

  async #isPaid({ states, isShown }: Debt, commit: string, view: View, folder: string): Promise<boolean> {
    const found = await this.#secretAt(commit, view, folder)
    // Nobody signs a removal. It ends a fault that readers refuse, but hides no older state that they accepted.
    if (!found) return !isShown
    for (const state of states) {
      // signed since: files that somebody only put back mend nothing
      if (compareSecret(seenState(found), state) !== 'newer') return false
      if (state.secret.digest === REMOVED) continue
      // A state whose signer has lost the right since then needs not be included: nobody may sign it again.
      const other = await this.#secretAt(state.commit, view, folder)
      if (other && !includes(found, other)) return false
    }
    return true
  }
}
