import { reasonOf, refusalOf } from '../documents/refusal.js'

/** What is not as it should be. A warning takes nothing away from what counts. */
export interface Finding {
  readonly kind: 'problem' | 'warning'
  /** Relative to the repository's root; a name that somebody made up may hold anything. */
  readonly path: string
  readonly reason: string
  /** In which commit, where a range was looked at. */
  readonly commit?: string
}

export type Report = (finding: Finding) => Promise<void>

/** Passes on what is found as it is found, and counts it. */
export class Findings {
  problems = 0
  warnings = 0
  /** The commit that is looked at, of a range. */
  commit: string | undefined
  #report: Report
  /** Of one folder: a file is told of once. */
  readonly #reported = new Set<string>()

  constructor(report: Report) {
    this.#report = report
  }

  /** Begins with another folder. */
  forget(): void {
    this.#reported.clear()
  }

  /** Looks for something, and if there are problems once more; told is what the second look finds. */
  async confirm(look: () => Promise<void>, again: () => Promise<void>): Promise<void> {
    const [report, problems, warnings] = [this.#report, this.problems, this.warnings]
    let pending: Finding[] = []
    this.#report = async finding => void pending.push(finding)
    try {
      this.forget()
      await look()
      if (this.problems > problems) {
        Object.assign(this, { problems, warnings })
        pending = []
        this.forget()
        await again()
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

  /** What a check gives; `undefined` where it refuses the document at `path`, which then is a problem. */
  async check<T>(path: string, check: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await check()
    } catch (error) {
      await this.problem(path, reasonOf(refusalOf(error), path))
      return undefined
    }
  }

  get #where(): { commit?: string } {
    return this.commit === undefined ? {} : { commit: this.commit }
  }
}
