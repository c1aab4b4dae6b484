import { accessFacts } from '../../core/describe/accessFacts.js'
import { factChanges, type FactChange } from '../../core/describe/factChanges.js'
import type { Fact, NameOf } from '../../core/describe/facts.js'
import { secretFacts } from '../../core/describe/secretFacts.js'
import { keyFacts, stagesFacts } from '../../core/describe/versionFacts.js'
import type { Vault } from '../vault.js'
import { ownerOf } from '../documents/owner.js'
import { endsOf, pathsOf } from './revisions.js'
import { refuseUnknown } from './unknownNames.js'
import { openSides, type SideOfDiff } from './sides.js'
import { hasFile, keyIn, stateIn, type Faults, type State } from './states.js'
import { valueChanges, type SecretSide, type ValueChange } from './values.js'

export interface DiffOptions {
  /** `A..B` or a revision, then names of secrets; all may be left out: see `endsOf`. */
  readonly words: readonly string[]
  /** The region of the names. Without a name, only its secrets are compared; left out, the whole vault. */
  readonly region?: string | undefined
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
  /** Why the newer state is accepted under its commit's own access log only. */
  readonly outdated: readonly string[]
}

/** Facts that do not say what changed. */
const SILENT: readonly string[] = ['signed', 'secret', 'stages of', 'arn']

/**
 * Yields what differs between two commits: secrets, members, keys. Every state is verified, under the newest access
 * log or else its commit's own.
 * The cost grows with the difference, not with the vault.
 */
export async function* diff(
  vault: Vault,
  { words, region, showValues = false }: DiffOptions
): AsyncIterable<Difference> {
  const home = await vault.read()
  const { ends, names } = await endsOf(vault, home, words, region)
  if (!ends) return
  const sides = await openSides(vault, ends, home.inRegion(home.access.region))
  await refuseUnknown(vault, home, names, { sides, ends })
  const all = region === undefined ? home.place.folder : home.place.secrets
  const paths = names.length > 0 ? names.flatMap(name => pathsOf(home, name)) : [all]
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
    ...{ kind: 'access', name: path, change: changeOf(before, after), values: [], refused: [], outdated: [] },
    facts: factChanges(factsOf(before), factsOf(after))
  }
}

/** A key document, or a file that is not the vault's. */
async function otherDifference(
  path: string,
  [before, after]: readonly [SideOfDiff, SideOfDiff],
  nameOf: NameOf
): Promise<Difference> {
  const faults: Faults = { refused: [], outdated: [] }
  const keys = [
    await keyIn(path, before, { ...faults, outdated: [] }),
    await keyIn(path, after, faults)
  ] as const
  const key = keys[1] ?? keys[0]
  const factsOf = (document: typeof key): Fact[] => (document ? spoken(keyFacts(document, nameOf)) : [])
  return {
    kind: key ? 'key' : 'file',
    name: key ? `${key.key} ${key.generation}` : path,
    change: changeOf(await hasFile(path, before), await hasFile(path, after)),
    facts: factChanges(factsOf(keys[0]), factsOf(keys[1])),
    values: [],
    ...faults
  }
}

async function secretDifference(
  vault: Vault,
  folder: string,
  sides: readonly [SideOfDiff, SideOfDiff],
  nameOf: NameOf,
  showValues: boolean
): Promise<Difference | undefined> {
  const faults: Faults = { refused: [], outdated: [] }
  const before = await stateIn(folder, sides[0], { ...faults, outdated: [] })
  const after = await stateIn(folder, sides[1], faults)
  if (!before && !after) return undefined
  const secret = after?.secret ?? before?.secret
  const region = after?.region ?? before?.region
  const isAll = showValues && faults.refused.length === 0
  return {
    kind: 'secret',
    name: secret?.name ?? after?.replica ?? before?.replica ?? folder,
    ...(region === undefined ? {} : { region }),
    change: changeOf(before, after),
    facts: factChanges(factsOf(before, nameOf), factsOf(after, nameOf)),
    values: isAll ? await valueChanges(vault, sideOf(before), sideOf(after)) : [],
    ...faults
  }
}

const sideOf = (state: State | undefined): SecretSide | undefined =>
  state?.secret && { view: state.view, secret: state.secret }

function factsOf(state: State | undefined, nameOf: NameOf): Fact[] {
  if (!state) return []
  const { secret, facts = [] } = state
  if (!secret) return spoken(facts)
  return spoken([...secretFacts(secret.document, nameOf), ...stagesFacts(secret.stagesDocument, nameOf)])
}

const spoken = (facts: readonly Fact[]): Fact[] => facts.filter(({ topic }) => !SILENT.includes(topic))

function changeOf(before: unknown, after: unknown): Difference['change'] {
  if (!before) return 'added'
  return after ? 'changed' : 'removed'
}
