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
}

/** Opens a commit under the access log of `view`, and returns the secret in a folder if it is accepted. */
type SecretAt = (commit: string, view: View, folder: string) => Promise<Secret | undefined>

/**
 * Decides which problems of a range a later commit mends. Such a commit has no problem in the same folder, and its state
 * includes all that the history had up to the problem. So only a state that a member has signed can mend, and nobody
 * without an identity can hide that they brought an older state back.
 */
export class Mending {
  readonly #reports: HeldReports
  readonly #findings: Findings
  readonly #secretAt: SecretAt
  readonly #isAncestor: (commit: string, descendant: string) => Promise<boolean>
  readonly #debts = new Map<string, Debt[]>()
  /** The problems of the commit that is being checked, by folder. */
  readonly #found = new Map<string, HeldProblem[]>()
  readonly #own = new Map<string, SeenIn>()

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
   * @param own the commit's own state, if only a newer access log refuses it: whoever judges the range from before that log
   * has accepted it
   */
  hold(finding: Finding, folder: string, own?: SeenIn): void {
    if (own) this.#own.set(folder, own)
    const problems = this.#found.get(folder) ?? []
    problems.push(this.#reports.hold(finding))
    this.#found.set(folder, problems)
  }

  /**
   * Ends the check of a commit.
   * @param folders of the secrets that it changes
   */
  async end(
    commit: string,
    view: View,
    folders: Iterable<string>,
    statesUpTo: (folder: string) => Promise<OwedStates>
  ): Promise<void> {
    for (const folder of folders) if (!this.#found.has(folder)) await this.#mend(commit, view, folder)
    for (const [folder, problems] of this.#found) {
      const { states, shown } = await statesUpTo(folder)
      const own = this.#own.get(folder)
      const debt = { commit, problems, states: own ? [...states, own] : states, shown }
      this.#debts.set(folder, [...(this.#debts.get(folder) ?? []), debt])
    }
    this.#found.clear()
    this.#own.clear()
    await this.#reports.flush()
  }

  /** The states that the folder's secret still lacks at the end of the range. */
  owed(folder: string): readonly SeenIn[] {
    return (this.#debts.get(folder) ?? []).flatMap(owedBy)
  }

  /** How many problems no commit has mended. */
  get left(): number {
    return [...this.#debts.values()].flat().reduce((sum, { problems }) => sum + problems.length, 0)
  }

  /** The folders of secrets with a problem that no commit has mended. */
  get folders(): string[] {
    return [...this.#debts.keys()]
  }

  async #mend(commit: string, view: View, folder: string): Promise<void> {
    const left: Debt[] = []
    for (const debt of this.#debts.get(folder) ?? []) {
      const isMended =
        (await this.#isAncestor(debt.commit, commit)) && (await this.#isPaid(debt, commit, view, folder))
      if (!isMended) left.push(debt)
      else {
        for (const problem of debt.problems) problem.mend(commit)
        this.#findings.mend(debt.problems.length)
      }
    }
    if (left.length > 0) this.#debts.set(folder, left)
    else this.#debts.delete(folder)
  }

  async #isPaid(debt: Debt, commit: string, view: View, folder: string): Promise<boolean> {
    const found = await this.#secretAt(commit, view, folder)
    if (!found) return this.#isPaidByRemoval(debt, view, folder)
    for (const state of owedBy(debt)) {
      // signed since: files that somebody only put back mend nothing
      if (compareSecret(seenState(found), state) !== 'newer') return false
      if (state.secret.digest === REMOVED) continue
      // A state whose signer has lost the right since then needs not be included: nobody may sign it again.
      const other = await this.#secretAt(state.commit, view, folder)
      if (other && !includes(found, other)) return false
    }
    return true
  }

  /**
   * Nobody signs a removal. It ends a fault that readers refuse. It may not hide an older state that they accepted: of a
   * secret that had been removed before, that is any but the last state, which a reverted removal brings back.
   */
  async #isPaidByRemoval({ states, shown }: Debt, view: View, folder: string): Promise<boolean> {
    if (!shown) return true
    const back = await this.#secretAt(shown.commit, view, folder)
    for (const { secret, commit } of states) {
      const last = secret.digest === REMOVED ? await this.#secretAt(commit, view, folder) : undefined
      if (!back || !last || !includes(back, last)) return false
    }
    return states.length > 0
  }
}

/** The states that a later one must include: those before the fault, and the commit's own. */
const owedBy = ({ states, shown }: Debt): readonly SeenIn[] => (shown ? [...states, shown] : states)
