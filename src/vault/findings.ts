import { VaultError } from '../core/errors.js'

/** What is not as it should be. A warning takes nothing away from what counts. */
export interface Finding {
  readonly kind: 'problem' | 'warning'
  /** Relative to the repository's root; a name that somebody made up may hold anything. */
  readonly path: string
  readonly reason: string
  /** In which commit, where a range was looked at. */
  readonly commit?: string
}

export type Tell = (finding: Finding) => Promise<void>

/** Passes on what is found as it is found, and counts it. */
export class Findings {
  problems = 0
  warnings = 0
  /** The commit that is looked at, of a range. */
  commit: string | undefined
  #tell: Tell
  /** Of one folder: a file is told of once. */
  readonly #told = new Set<string>()

  constructor(tell: Tell) {
    this.#tell = tell
  }

  /** Begins with another folder. */
  forget(): void {
    this.#told.clear()
  }

  /** Looks for something, and if there are problems once more; told is what the second look finds. */
  async twice(look: () => Promise<void>, again: () => Promise<void>): Promise<void> {
    const [tell, problems, warnings] = [this.#tell, this.problems, this.warnings]
    let held: Finding[] = []
    this.#tell = async finding => void held.push(finding)
    try {
      this.forget()
      await look()
      if (this.problems > problems) {
        Object.assign(this, { problems, warnings })
        held = []
        this.forget()
        await again()
      }
    } finally {
      this.#tell = tell
    }
    for (const finding of held) await tell(finding)
  }

  async problem(path: string, reason: string): Promise<void> {
    if (this.#told.has(path)) return
    this.#told.add(path)
    this.problems++
    await this.#tell({ kind: 'problem', path, reason, ...this.#where })
  }

  async warning(path: string, reason: string): Promise<void> {
    if (this.#told.has(path)) return
    this.#told.add(path)
    this.warnings++
    await this.#tell({ kind: 'warning', path, reason, ...this.#where })
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

/** Throws again what is no refusal of a document. */
export function refusalOf(error: unknown): VaultError {
  if (error instanceof VaultError && error.code === 'DocumentRefused') return error
  throw error
}

/** A refusal's message without the path that it begins with. */
export function reasonOf({ message }: VaultError, path: string): string {
  if (message.startsWith(`${path}: `)) return message.slice(path.length + 2)
  return message.startsWith(`${path} `) ? message.slice(path.length + 1) : message
}
