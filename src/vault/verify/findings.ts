import { reasonOf, refusalOf } from '../documents/refusal.js'
import { MISSING_VERSION } from '../view.js'

/**
 * A fault of one file. A problem means that the file failed verification. A warning does not. A problem of a range's
 * commit is mended if a later commit of the range has a signed state that includes all that it lacked.
 */
export interface Finding {
  readonly kind: 'problem' | 'warning' | 'mended'
  /** Relative to the repository's root. May contain any characters: an attacker may have chosen the name. */
  readonly path: string
  readonly reason: string
  /** The commit with the fault, if a range was checked. */
  readonly commit?: string
  /** The commit that mended it. */
  readonly mendedBy?: string
}

/** @param isMendable whether a later state can make the problem good: see `Mending` */
export type Report = (finding: Finding, isMendable: boolean) => Promise<void>

export const MISSING = 'missing'
export const NOT_LISTED = 'stages.yaml lists no such version'

/** Files that do not match stages.yaml. */
const MENDABLE: ReadonlySet<string> = new Set([MISSING, MISSING_VERSION, NOT_LISTED])

const RECHECKS = 3

/** Reports findings as they are found, and counts them. Reports at most one finding for each file of a folder. */
export class Findings {
  problems = 0
  warnings = 0
  mended = 0
  /** The commit that is being checked, if a range is checked. */
  commit: string | undefined
  #report: Report
  /** The files of the current folder that have a finding. */
  readonly #reported = new Set<string>()

  constructor(report: Report) {
    this.#report = report
  }

  /** Starts another folder. */
  forget(): void {
    this.#reported.clear()
  }

  /**
   * Runs a check. If it finds problems, runs the recheck, a few times while it finds some: a busy writer may come between
   * each time. Reports only what the last one finds.
   */
  async confirm(check: () => Promise<void>, recheck: () => Promise<void>): Promise<void> {
    const [report, problems, warnings] = [this.#report, this.problems, this.warnings]
    let pending: { finding: Finding; isMendable: boolean }[] = []
    this.#report = async (finding, isMendable) => void pending.push({ finding, isMendable })
    try {
      this.forget()
      await check()
      for (let again = 0; again < RECHECKS && this.problems > problems; again++) {
        Object.assign(this, { problems, warnings })
        pending = []
        this.forget()
        await recheck()
      }
    } finally {
      this.#report = report
    }
    for (const { finding, isMendable } of pending) await report(finding, isMendable)
  }

  /** @param isMendable as in `Report` */
  async problem(path: string, reason: string, isMendable = MENDABLE.has(reason)): Promise<void> {
    if (this.#reported.has(path)) return
    this.#reported.add(path)
    this.problems++
    await this.#report({ kind: 'problem', path, reason, ...this.#where }, isMendable)
  }

  async warning(path: string, reason: string): Promise<void> {
    if (this.#reported.has(path)) return
    this.#reported.add(path)
    this.warnings++
    await this.#report({ kind: 'warning', path, reason, ...this.#where }, false)
  }

  /** Counts problems as mended. */
  mend(problems: number): void {
    this.problems -= problems
    this.mended += problems
  }

  /** Returns what a check returns. If it refuses a document, reports a problem at `path` and returns `undefined`. */
  async check<T>(path: string, check: () => T | Promise<T>, isMendable?: boolean): Promise<T | undefined> {
    try {
      return await check()
    } catch (error) {
      await this.problem(path, reasonOf(refusalOf(error), path), isMendable)
      return undefined
    }
  }

  get #where(): { commit?: string } {
    return this.commit === undefined ? {} : { commit: this.commit }
  }
}
