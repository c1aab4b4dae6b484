import type { Time } from '../../core/time.js'

/** Of the secrets that a write dates, remembers only the one with the oldest date: a write may have many. */
export class OldestDate {
  #found: { readonly name: string; readonly date: Time } | undefined

  /** @param date the latest date of the secret before the write; empty for a new secret */
  note(name: string, date: Time): void {
    if (!this.#found || date < this.#found.date) this.#found = { name, date }
  }

  /** Returns `undefined` if no secret was dated. */
  get oldest(): { readonly name: string; readonly date: Time } | undefined {
    return this.#found
  }
}
