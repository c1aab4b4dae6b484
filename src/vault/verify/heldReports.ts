import type { CommitReport } from './commitReport.js'
import type { Finding } from './findings.js'

/** A finding or a commit's report, in the order in which they were found. */
interface Entry {
  isFinal: boolean
  send(): Promise<void>
}

/** A problem that is not reported yet, because a later commit may mend it. */
export interface HeldProblem {
  readonly finding: Finding
  /** Reports it as what a later commit has mended. */
  mend(commit: string): void
}

/**
 * Passes on reports in the order in which they come. If a problem is held, all that follows waits until it is mended, or
 * until the end.
 */
export class HeldReports {
  readonly #report: (finding: Finding) => Promise<void>
  readonly #reportCommit: (commit: CommitReport) => Promise<void>
  #queue: Entry[] = []

  constructor(
    report: (finding: Finding) => Promise<void>,
    reportCommit: (commit: CommitReport) => Promise<void>
  ) {
    this.#report = report
    this.#reportCommit = reportCommit
  }

  async finding(finding: Finding): Promise<void> {
    await this.#add({ isFinal: true, send: () => this.#report(finding) })
  }

  async commit(report: CommitReport): Promise<void> {
    await this.#add({ isFinal: true, send: () => this.#reportCommit(report) })
  }

  hold(finding: Finding): HeldProblem {
    const entry: Entry = { isFinal: false, send: () => this.#report(finding) }
    this.#queue.push(entry)
    return {
      finding,
      mend: commit => {
        entry.isFinal = true
        entry.send = () => this.#report({ ...finding, kind: 'mended', mendedBy: commit })
      }
    }
  }

  /** Reports everything up to the first problem that is still held. */
  async flush(): Promise<void> {
    const first = this.#queue.findIndex(({ isFinal }) => !isFinal)
    for (const entry of this.#queue.splice(0, first < 0 ? this.#queue.length : first)) await entry.send()
  }

  /** Reports the rest: what is still held stays a problem. */
  async end(): Promise<void> {
    for (const entry of this.#queue.splice(0)) await entry.send()
  }

  async #add(entry: Entry): Promise<void> {
    if (this.#queue.length === 0) await entry.send()
    else this.#queue.push(entry)
  }
}
