import type { Access } from '../../core/access/access.js'
import { ReaderDiff, type ReaderChange } from '../../core/access/readers.js'
import type { History } from '../../core/ports.js'
import { unlessRefused } from '../documents/refusal.js'
import { readDocument, type Place } from '../documents/place.js'
import type { View } from '../view.js'

/** The secrets under a key that a member gained or lost the right to read. */
export interface Transition {
  readonly member: string
  readonly key: string
  /** The key's name patterns. They match future secrets too. */
  readonly patterns: readonly string[]
  /** How many secrets there are now. */
  readonly secrets: number
  /** The names of the first `MAX_NAMES` of them. */
  readonly names: readonly string[]
}

export interface Transitions {
  readonly gained: readonly Transition[]
  readonly lost: readonly Transition[]
  readonly newAdmins: readonly string[]
  readonly formerAdmins: readonly string[]
}

export const MAX_NAMES = 100

export const NO_TRANSITIONS: Transitions = { gained: [], lost: [], newAdmins: [], formerAdmins: [] }

/**
 * Returns what members gained or lost the right to read by an extension of the log. If there is any change, reads the
 * names of all secrets of the commit.
 */
export async function transitionsOf(
  view: View,
  [before, after]: readonly [Access, Access],
  history: History,
  commit: string
): Promise<Transitions> {
  const changes = new ReaderDiff(before, after)
  const { newAdmins, formerAdmins } = adminChanges(before, after)
  if (changes.isEmpty) return { gained: [], lost: [], newAdmins, formerAdmins }
  const { gained, lost } = changes.byKey()
  const all = { gained: new ReaderSecrets(gained), lost: new ReaderSecrets(lost) }
  for await (const name of secretNames(view, history, commit)) {
    const change = changes.forName(name.name)
    for (const reader of change.gained) all.gained.add(reader, name.shown)
    for (const reader of change.lost) all.lost.add(reader, name.shown)
  }
  return {
    gained: all.gained.with(after),
    lost: all.lost.with(before),
    newAdmins,
    formerAdmins
  }
}

/** Counts secrets by member and key. */
class ReaderSecrets {
  readonly #all = new Map<string, ReaderChange & { secrets: number; names: string[] }>()

  constructor(readers: readonly ReaderChange[]) {
    for (const reader of readers) this.#of(reader)
  }

  add(reader: ReaderChange, name: string): void {
    const known = this.#of(reader)
    known.secrets++
    if (known.names.length < MAX_NAMES) known.names.push(name)
  }

  with({ keys }: Access): Transition[] {
    return [...this.#all.values()].map(reader => ({
      ...reader,
      patterns: keys.get(reader.key)?.names ?? []
    }))
  }

  #of({ member, key }: ReaderChange) {
    const id = `${member} ${key}`
    const known = this.#all.get(id) ?? { member, key, secrets: 0, names: [] }
    this.#all.set(id, known)
    return known
  }
}

function adminChanges(before: Access, after: Access): Pick<Transitions, 'newAdmins' | 'formerAdmins'> {
  const admins = ({ members }: Access): string[] =>
    [...members.values()].flatMap(({ name, adminSince }) => (adminSince === undefined ? [] : [name]))
  const [then, now] = [admins(before), admins(after)]
  return {
    newAdmins: now.filter(name => !then.includes(name)),
    formerAdmins: then.filter(name => !now.includes(name))
  }
}

/** The names of a commit's secrets, derived from their paths. `shown` adds a region other than the home region. */
async function* secretNames(
  view: View,
  history: History,
  commit: string
): AsyncIterable<{ name: string; shown: string }> {
  const { place } = view
  for await (const { path } of history.files(commit, place.folder)) {
    const { region, folder } = partsOf(path, place) ?? {}
    if (folder === undefined) continue
    // a `~` marks a hashed segment: only the document has the name
    const name = folder.includes('~') ? await nameIn(view, path) : folder
    if (name !== undefined) yield { name, shown: region === undefined ? name : `${name} (${region})` }
  }
}

function partsOf(path: string, { folder }: Place): { region?: string; folder: string } | undefined {
  const below = path.slice(folder.length + 1)
  const [, region, name] = /^(?:regions\/([^/]+)\/)?secrets\/(.+)\/secret\.yaml$/.exec(below) ?? []
  if (name === undefined) return undefined
  return region === undefined ? { folder: name } : { region, folder: name }
}

/** Returns the name in a secret.yaml, or `undefined` if the document is missing or refused. */
export async function nameIn({ tree }: Pick<View, 'tree'>, path: string): Promise<string | undefined> {
  return (await unlessRefused(() => readDocument(tree, 'secret', path)))?.name
}
