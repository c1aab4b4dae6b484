import type { RangeCommit } from '../../core/ports.js'
import type { Finding, Findings } from './findings.js'
import type { HeldProblem, HeldReports } from './heldReports.js'

/**
 * Decides which problems of the access log and of key documents a later commit mends: one after which the file is again what
 * the history had. Every commit is judged under the newest log before it, so a log or a key document that went back for a
 * while has let nobody in. To put the file back is enough.
 */
export class CommonMending {
  readonly #reports: HeldReports
  readonly #findings: Findings
  readonly #isAncestor: (commit: string, descendant: string) => Promise<boolean>
  #debts: HeldProblem[] = []
  /** The problems of the commit that is being checked, by path. */
  readonly #found = new Map<string, HeldProblem>()

  constructor(
    reports: HeldReports,
    findings: Findings,
    isAncestor: (commit: string, descendant: string) => Promise<boolean>
  ) {
    this.#reports = reports
    this.#findings = findings
    this.#isAncestor = isAncestor
  }

  /** Holds back a problem of the commit that is being checked. */
  hold(finding: Finding): void {
    this.#found.set(finding.path, this.#reports.hold(finding))
  }

  /** Ends the check of a commit. */
  async end({ commit, files }: RangeCommit): Promise<void> {
    const changed = new Set(files.filter(({ mode }) => mode !== undefined).map(({ path }) => path))
    const left: HeldProblem[] = []
    for (const debt of this.#debts) {
      const { path, commit: since = '' } = debt.finding
      const isMended = changed.has(path) && !this.#found.has(path) && (await this.#isAncestor(since, commit))
      if (!isMended) left.push(debt)
      else {
        debt.mend(commit)
        this.#findings.mend(1)
      }
    }
    this.#debts = [...left, ...this.#found.values()]
    this.#found.clear()
    await this.#reports.flush()
  }

  /** How many problems no commit has mended. */
  get left(): number {
    return this.#debts.length
  }
}
