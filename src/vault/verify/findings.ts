import { reasonOf } from '../documents/refusal.js'
import { problemOf } from '../documents/skipped.js'

/** A fault of one file. A problem means that the file failed verification. A warning does not. */
export interface Finding {
  readonly kind: 'problem' | 'warning'
  /** Relative to the repository's root. May contain any characters: an attacker may have chosen the name. */
  readonly path: string
  readonly reason: string
  /** The commit with the fault, if a range was checked. */
  readonly commit?: string
}

export type Report = (finding: Finding) => Promise<void>

const RECHECKS = 3

/** Reports findings as they are found, and counts them. Reports at most one finding for each file of a folder. */
export class Findings {
  problems = 0
  warnings = 0
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
    let pending: Finding[] = []
    this.#report = async finding => void pending.push(finding)
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
    for (const finding of pending) await report(finding)
  }

  async problem(path: string, reason: string): Promise<void> {
    if (this.#reported.has(path)) return
    this.#reported.add(path)
    this.problems++
    await this.#report({ kind: 'problem', path, reason, ...this.#where })
  }

  async warning(path: string, reason: string): Promise<void> {
    if (this.#reported.has(path)) return
    this.#reported.add(path)
    this.warnings++
    await this.#report({ kind: 'warning', path, reason, ...this.#where })
  }

  /** Returns what a check returns. If it refuses a document, reports a problem at `path` and returns `undefined`. */
  async check<T>(path: string, check: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await check()
    } catch (error) {
      await this.problem(path, reasonOf(problemOf(error), path))
      return undefined
    }
  }

  get #where(): { commit?: string } {
    return this.commit === undefined ? {} : { commit: this.commit }
  }
}
