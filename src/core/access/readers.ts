import { keyFor, readersOf, type Access } from './access.js'

/** A member who gained or lost `decrypt` on a key. */
export interface ReaderChange {
  /** The member's name. */
  readonly member: string
  readonly key: string
}

/** Members who can newly read something, and members who no longer can. */
export interface ReaderChanges {
  readonly gained: readonly ReaderChange[]
  readonly lost: readonly ReaderChange[]
}

const NO_CHANGES: ReaderChanges = { gained: [], lost: [] }

/** Compares who may read what before and after an extension of the access log. */
export class ReaderDiff {
  readonly #before: Access
  readonly #after: Access
  readonly #cache = new Map<string, ReaderChanges>()

  constructor(before: Access, after: Access) {
    this.#before = before
    this.#after = after
  }

  /** Changes on each key. They apply to future secrets, too. */
  byKey(): ReaderChanges {
    const aliases = [...new Set([...this.#before.keys.keys(), ...this.#after.keys.keys()])]
    const each = aliases.map(alias => this.#between(alias, alias))
    return { gained: each.flatMap(({ gained }) => gained), lost: each.flatMap(({ lost }) => lost) }
  }

  /** Changes for a secret of that name, whose key may be another one now. */
  forName(name: string): ReaderChanges {
    const [from, to] = [keyFor(this.#before, name)?.alias, keyFor(this.#after, name)?.alias]
    return this.#between(from, to)
  }

  /** Whether the readers stay the same for every possible name. */
  get isEmpty(): boolean {
    const { gained, lost } = this.byKey()
    return gained.length === 0 && lost.length === 0 && !changesPatterns(this.#before, this.#after)
  }

  #between(from: string | undefined, to: string | undefined): ReaderChanges {
    if (from === undefined && to === undefined) return NO_CHANGES
    const pair = JSON.stringify([from, to])
    const known = this.#cache.get(pair)
    if (known) return known
    const before = new Set(from === undefined ? [] : readersOf(this.#before, from).map(({ name }) => name))
    const after = new Set(to === undefined ? [] : readersOf(this.#after, to).map(({ name }) => name))
    const made = {
      gained: [...after].filter(member => !before.has(member)).map(member => ({ member, key: to ?? '' })),
      lost: [...before].filter(member => !after.has(member)).map(member => ({ member, key: from ?? '' }))
    }
    this.#cache.set(pair, made)
    return made
  }
}

/**
 * Whether a document that was accepted under a log may be refused under an extension of it: a member lost a
 * right or the role of admin, or a name has another key.
 */
export function mayInvalidate(before: Access, after: Access): boolean {
  return (
    changesPatterns(before, after) ||
    [...before.members.values()].some(member => {
      const now = after.members.get(member.keyId)
      if (!now) return true
      // A right that was revoked and granted again is valid from the new grant only.
      if (member.adminSince !== undefined && member.adminSince !== now.adminSince) return true
      return [...member.rights].some(([alias, rights]) =>
        [...rights].some(([right, since]) => now.rights.get(alias)?.get(right) !== since)
      )
    })
  )
}

/** Whether any key's patterns changed, so that some name may have another key. */
function changesPatterns(before: Access, after: Access): boolean {
  const patterns = ({ keys }: Access): string[] =>
    [...keys.values()].flatMap(({ alias, names }) => names.map(name => `${alias} ${name}`)).sort()
  return patterns(before).join('\n') !== patterns(after).join('\n')
}
