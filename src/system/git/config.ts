import { git } from './git.js'
import type { Place } from './place.js'

/** git's configuration for this repository, read with one process. */
export class Config {
  readonly #values = new Map<string, string | undefined>()

  constructor(listing: string) {
    for (const entry of listing.split('\0').slice(0, -1)) {
      const end = entry.indexOf('\n')
      // a key without `=` has no value, which git treats as true
      if (end < 0) this.#values.set(entry, undefined)
      else this.#values.set(entry.slice(0, end), entry.slice(end + 1))
    }
  }

  static async read(place: Place): Promise<Config> {
    const { output } = await git(place, ['config', '-z', '-l'])
    return new Config(output.toString('utf8'))
  }

  /** Returns the last value, as git does. The key's section and name are in lower case. */
  text(key: string): string | undefined {
    return this.#values.get(key)
  }

  flag(key: string): boolean {
    if (!this.#values.has(key)) return false
    const value = this.#values.get(key)
    return value === undefined || /^(?:true|yes|on|0*[1-9]\d*)$/i.test(value)
  }

  /** Returns the names of hooks that the configuration defines (git 2.54 and later). */
  hooks(): string[] {
    const names = [...this.#values.keys()].map(key => /^hook\.(.+)\.[^.]+$/s.exec(key)?.[1])
    return [...new Set(names.filter(name => name !== undefined))]
  }
}
