import { keyFor, readersOf, type Access } from './access.js'

/** Who may decrypt what is under a key, and could not before; or the other way round. */
export interface Reading {
  /** The member's name. */
  readonly member: string
  readonly key: string
}

/** Who reads a secret more or less than before. */
export interface Readers {
  readonly gained: readonly Reading[]
  readonly lost: readonly Reading[]
}

const NOBODY: Readers = { gained: [], lost: [] }

/** What an extension of the access log changes in who may read what. */
export class ReaderChanges {
  readonly #before: Access
  readonly #after: Access
  readonly #byKeys = new Map<string, Readers>()

  constructor(before: Access, after: Access) {
    this.#before = before
    this.#after = after
  }

  /** By key, whatever secrets there are: of the secrets to come, too. */
  ofKeys(): Readers {
    const aliases = [...new Set([...this.#before.keys.keys(), ...this.#after.keys.keys()])]
    const each = aliases.map(alias => this.#between(alias, alias))
    return { gained: each.flatMap(({ gained }) => gained), lost: each.flatMap(({ lost }) => lost) }
  }

  /** Of a secret of that name, which may have another key by now. */
  ofName(name: string): Readers {
    const [from, to] = [keyFor(this.#before, name)?.alias, keyFor(this.#after, name)?.alias]
    return this.#between(from, to)
  }

  /** Whether no secret has other readers than before, whatever it is called. */
  get isNone(): boolean {
    const { gained, lost } = this.ofKeys()
    return gained.length === 0 && lost.length === 0 && !movesNames(this.#before, this.#after)
  }

  #between(from: string | undefined, to: string | undefined): Readers {
    if (from === undefined && to === undefined) return NOBODY
    const pair = JSON.stringify([from, to])
    const known = this.#byKeys.get(pair)
    if (known) return known
    const before = from === undefined ? [] : readersOf(this.#before, from).map(({ name }) => name)
    const after = to === undefined ? [] : readersOf(this.#after, to).map(({ name }) => name)
    const made = {
      gained: after.filter(member => !before.includes(member)).map(member => ({ member, key: to ?? '' })),
      lost: before.filter(member => !after.includes(member)).map(member => ({ member, key: from ?? '' }))
    }
    this.#byKeys.set(pair, made)
    return made
  }
}

/**
 * Whether something that counted under a log may not count any more under an extension of it: somebody has a right no
 * more, or a name has another key.
 */
export function takesAway(before: Access, after: Access): boolean {
  return (
    movesNames(before, after) ||
    [...before.members.values()].some(member => {
      const now = after.members.get(member.keyId)
      if (!now) return true
      // what was taken and given again counts from then on only
      if (member.adminSince !== undefined && member.adminSince !== now.adminSince) return true
      return [...member.rights].some(([alias, rights]) =>
        [...rights].some(([right, since]) => now.rights.get(alias)?.get(right) !== since)
      )
    })
  )
}

/** Whether a key has other patterns than before: some name then may have another key. */
function movesNames(before: Access, after: Access): boolean {
  const patterns = ({ keys }: Access): string[] =>
    [...keys.values()].flatMap(({ alias, names }) => names.map(name => `${alias} ${name}`)).sort()
  return patterns(before).join('\n') !== patterns(after).join('\n')
}
