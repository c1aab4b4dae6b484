import { VaultError } from '../../core/errors.js'

/** The two things that can go wrong on their own: a branch may be readable and refuse pushes. */
export type Work = 'fetch' | 'push'

/** Tells how following a remote goes: each problem once, until it is another one or has passed. */
export class Standing {
  readonly #name: string
  readonly #consequence: string
  readonly #notice: (line: string) => void
  readonly #problems = new Map<Work, string>()

  /** @param name of the remote branch, for people */
  constructor(name: string, isPushing: boolean, notice: (line: string) => void) {
    this.#name = name
    this.#consequence = isPushing
      ? 'reads go on, and writes fail meanwhile'
      : 'this server goes on with what it has'
    this.#notice = notice
  }

  good(work: Work): void {
    if (!this.#problems.delete(work)) return
    this.#notice(work === 'fetch' ? `following ${this.#name} again` : `pushing to ${this.#name} again`)
  }

  bad(work: Work, error: unknown): void {
    const { key, text } = described(error)
    if (key === this.#problems.get(work)) return
    this.#problems.set(work, key)
    this.#notice(`${text}; ${this.#consequence}`)
  }
}

function described(error: unknown): { key: string; text: string } {
  if (!(error instanceof VaultError)) {
    // a text that is not ours may hold a secret
    const text = `following failed: ${error instanceof Error ? error.name : typeof error}`
    return { key: text, text }
  }
  const { code, message, hint } = error
  // git's words for the same failure differ from one attempt to the next
  if (code === 'RemoteFailed') return { key: code, text: message }
  return { key: message, text: hint === undefined ? message : `${message} (${hint})` }
}
