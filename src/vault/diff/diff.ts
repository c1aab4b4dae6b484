import { accessFacts } from '../../core/describe/accessFacts.js'
import { factChanges, type FactChange } from '../../core/describe/factChanges.js'
import type { Fact, NameOf } from '../../core/describe/facts.js'
import { replicaFacts, secretFacts } from '../../core/describe/secretFacts.js'
import { keyFacts, stagesFacts } from '../../core/describe/versionFacts.js'
import { readDocument } from '../documents/place.js'
import { reasonOf, refusalOf } from '../documents/refusal.js'
import type { Vault } from '../vault.js'
import { ownerOf } from '../verify/folders.js'
import { regionOf } from '../verify/verifySecret.js'
import type { Secret, View } from '../view.js'
import { endsOf, pathsOf } from './revisions.js'
import { openSides, type SideOfDiff } from './sides.js'
import { valueChanges, type ValueChange } from './values.js'

export interface DiffOptions {
  /** `A..B` or a revision, then names of secrets; all may be left out: see `endsOf`. */
  readonly words: readonly string[]
  readonly showValues?: boolean
}

/** Something in the vault that differs between two commits. */
export interface Difference {
  readonly kind: 'secret' | 'access' | 'key' | 'file'
  /** A secret's name, the path of another file, or an alias and a generation. */
  readonly name: string
  /** Only of a secret in another region than the vault's own. */
  readonly region?: string
  readonly change: 'added' | 'removed' | 'changed'
  readonly facts: readonly FactChange[]
  readonly values: readonly ValueChange[]
  /** Why a state failed verification. Its facts are left out. */
  readonly refused: readonly string[]
}

/** Facts that do not say what changed. */
const SILENT: readonly string[] = ['signed', 'secret', 'stages of', 'arn']

/**
 * Yields what differs between two commits: secrets, members, keys. Every state is verified under the newest access log.
 * The cost grows with the difference, not with the vault.
 */
export async function* diff(
  vault: Vault,
  { words, showValues = false }: DiffOptions
): AsyncIterable<Difference> {
  const home = await vault.read()
  const { ends, names } = await endsOf(vault, home, words)
  if (!ends) return
  const sides = await openSides(vault, ends, home.inRegion(home.access.region))
  const paths = names.length > 0 ? names.flatMap(name => pathsOf(home, name)) : [home.place.folder]
  const { folder, access } = home.place
  const nameOf: NameOf = keyId => sides.map(({ view }) => view?.memberName(keyId)).find(isKnown) ?? keyId
  const secrets = new Set<string>()
  const others: string[] = []
  for await (const { path } of vault.repository.difference(ends.from, ends.to, paths)) {
    if (/\/secrets\//.test(path.slice(folder.length))) secrets.add(ownerOf(path, folder))
    else if (path !== access) others.push(path)
    else yield accessDifference(access, sides)
  }
  for (const path of others) yield await otherDifference(path, sides, nameOf)
  for (const path of [...secrets].sort()) {
    const found = await secretDifference(vault, path, sides, nameOf, showValues)
    if (found) yield found
  }
}

const isKnown = (name: string | undefined): name is string => name !== undefined && name !== 'unknown'

function accessDifference(
  path: string,
  [{ log: before }, { log: after }]: readonly [SideOfDiff, SideOfDiff]
): Difference {
  const factsOf = (log: SideOfDiff['log']): Fact[] => (log ? accessFacts(log.document, log.access) : [])
  return {
    ...{ kind: 'access', name: path, change: changeOf(before, after), values: [], refused: [] },
    facts: factChanges(factsOf(before), factsOf(after))
  }
}

/** A key document, or a file that is not the vault's. */
async function otherDifference(
  path: string,
  sides: readonly [SideOfDiff, SideOfDiff],
  nameOf: NameOf
): Promise<Difference> {
  const refused: string[] = []
  const [before, after] = [await keyIn(path, sides[0], refused), await keyIn(path, sides[1], refused)]
  const key = after ?? before
  const factsOf = (document: typeof key): Fact[] => (document ? spoken(keyFacts(document, nameOf)) : [])
  return {
    kind: key ? 'key' : 'file',
    name: key ? `${key.key} ${key.generation}` : path,
    change: changeOf(await isThere(path, sides[0]), await isThere(path, sides[1])),
    facts: factChanges(factsOf(before), factsOf(after)),
    values: [],
    refused
  }
}

async function isThere(path: string, { view }: SideOfDiff): Promise<true | undefined> {
  try {
    return (await view?.tree.read(path, 4 << 20)) && true
  } catch (error) {
    refusalOf(error)
    return true
  }
}

async function keyIn(path: string, { view }: SideOfDiff, refused: string[]) {
  if (!view || !path.startsWith(`${view.place.folder}/keys/`)) return undefined
  return unlessRefused(path, refused, async () => {
    const document = await readDocument(view.tree, 'key', path)
    const generation = view.access.keys
      .get(document?.key ?? '')
      ?.generations.find(({ number }) => number === document?.generation)
    if (document && generation) view.acceptance.key(document, path, document.key, generation)
    return generation && document
  })
}

async function secretDifference(
  vault: Vault,
  folder: string,
  sides: readonly [SideOfDiff, SideOfDiff],
  nameOf: NameOf,
  showValues: boolean
): Promise<Difference | undefined> {
  const refused: string[] = []
  const [before, after] = [await stateIn(folder, sides[0], refused), await stateIn(folder, sides[1], refused)]
  if (!before && !after) return undefined
  const secret = after?.secret ?? before?.secret
  const region = after?.region ?? before?.region
  const facts = factChanges(factsOf(before, nameOf), factsOf(after, nameOf))
  const [then, now] = [sideOf(before), sideOf(after)]
  return {
    kind: 'secret',
    name: secret?.name ?? after?.replica ?? before?.replica ?? folder,
    ...(region === undefined ? {} : { region }),
    change: changeOf(before, after),
    facts,
    values: showValues && refused.length === 0 ? await valueChanges(vault, then, now) : [],
    refused
  }
}

/** What one side has in a secret's folder. */
interface State {
  readonly view: View
  readonly region: string | undefined
  readonly secret?: Secret
  /** The name in a replica.yaml. */
  readonly replica?: string
  readonly facts?: readonly Fact[]
}

async function stateIn(
  folder: string,
  { view: home }: SideOfDiff,
  refused: string[]
): Promise<State | undefined> {
  if (!home) return undefined
  const region = await regionOf(home, folder)
  if (region === undefined) return undefined
  const view = home.inRegion(region)
  const place = view.place.secretIn(folder)
  const base = { view, region: region === home.access.region ? undefined : region }
  const count = refused.length
  const secret = await unlessRefused(place.secret, refused, () => view.secretAtAnyAge(place))
  if (secret) return { ...base, secret }
  if (refused.length > count) return base
  const replica = await unlessRefused(place.replica, refused, () =>
    readDocument(view.tree, 'replica', place.replica)
  )
  if (replica) return { ...base, replica: replica.name, facts: replicaFacts(replica) }
  return refused.length > count ? base : undefined
}

const sideOf = (state: State | undefined) => state?.secret && { view: state.view, secret: state.secret }

function factsOf(state: State | undefined, nameOf: NameOf): Fact[] {
  if (!state) return []
  const { secret, facts = [] } = state
  if (!secret) return spoken(facts)
  return spoken([...secretFacts(secret.document, nameOf), ...stagesFacts(secret.stagesDocument, nameOf)])
}

const spoken = (facts: readonly Fact[]): Fact[] => facts.filter(({ topic }) => !SILENT.includes(topic))

function changeOf(before: unknown, after: unknown): Difference['change'] {
  if (before === undefined) return 'added'
  return after === undefined ? 'removed' : 'changed'
}

async function unlessRefused<T>(
  path: string,
  refused: string[],
  read: () => Promise<T | undefined>
): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    refused.push(`${path}: ${reasonOf(refusalOf(error), path)}`)
    return undefined
  }
}
