import type { Access } from '../../core/access/access.js'
import { ReaderChanges, type Reading } from '../../core/access/readers.js'
import type { History } from '../../core/ports.js'
import { refusalOf } from '../documents/refusal.js'
import { readDocument, type Place } from '../documents/place.js'
import type { View } from '../view.js'

/** Of a member and a key: which secrets the member may read under it, or may not any more. */
export interface Transition {
  readonly member: string
  readonly key: string
  /** What the key is for: the secrets to come, too. */
  readonly patterns: readonly string[]
  /** How many secrets there are of that kind. */
  readonly secrets: number
  /** Of those the first, `MOST_NAMES` of them. */
  readonly names: readonly string[]
}

export interface Transitions {
  readonly gained: readonly Transition[]
  readonly lost: readonly Transition[]
  readonly newAdmins: readonly string[]
  readonly formerAdmins: readonly string[]
}

export const MOST_NAMES = 100

export const NO_TRANSITIONS: Transitions = { gained: [], lost: [], newAdmins: [], formerAdmins: [] }

/**
 * Who may read what by an extension of the log and could not before, and the other way round. Looks at the names of all
 * secrets of the commit where there is anything to tell.
 */
export async function transitionsOf(
  view: View,
  [before, after]: readonly [Access, Access],
  history: History,
  commit: string
): Promise<Transitions> {
  const changes = new ReaderChanges(before, after)
  const { newAdmins, formerAdmins } = adminChanges(before, after)
  if (changes.isNone) return { gained: [], lost: [], newAdmins, formerAdmins }
  const { gained, lost } = changes.ofKeys()
  const all = { gained: new Readings(gained), lost: new Readings(lost) }
  for await (const name of secretNames(view, history, commit)) {
    const { gained: more, lost: less } = changes.ofName(name.name)
    for (const reading of more) all.gained.add(reading, name.shown)
    for (const reading of less) all.lost.add(reading, name.shown)
  }
  return {
    gained: all.gained.with(after),
    lost: all.lost.with(before),
    newAdmins,
    formerAdmins
  }
}

/** Secrets by member and key. */
class Readings {
  readonly #all = new Map<string, Reading & { secrets: number; names: string[] }>()

  constructor(readings: readonly Reading[]) {
    for (const reading of readings) this.#of(reading)
  }

  add(reading: Reading, name: string): void {
    const known = this.#of(reading)
    known.secrets++
    if (known.names.length < MOST_NAMES) known.names.push(name)
  }

  with({ keys }: Access): Transition[] {
    return [...this.#all.values()].map(reading => ({
      ...reading,
      patterns: keys.get(reading.key)?.names ?? []
    }))
  }

  #of({ member, key }: Reading) {
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

/** The names of the secrets that a commit has, by where they lie. */
async function* secretNames(
  view: View,
  history: History,
  commit: string
): AsyncIterable<{ name: string; shown: string }> {
  const { place } = view
  for await (const { path } of history.files(commit, place.folder)) {
    const { region, folder } = partsOf(path, place) ?? {}
    if (folder === undefined) continue
    // only a segment that is not the name's own has a `~`
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

async function nameIn({ tree }: View, path: string): Promise<string | undefined> {
  try {
    return (await readDocument(tree, 'secret', path))?.name
  } catch (error) {
    refusalOf(error)
    return undefined
  }
}
