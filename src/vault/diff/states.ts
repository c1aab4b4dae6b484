import type { Fact } from '../../core/describe/facts.js'
import { replicaFacts } from '../../core/describe/secretFacts.js'
import type { KeyDocument } from '../../core/format/documents.js'
import { readDocument } from '../documents/place.js'
import { refusalOf } from '../documents/refusal.js'
import { exists, regionOf } from '../verify/verifySecret.js'
import type { Secret, View } from '../view.js'
import type { SideOfDiff } from './sides.js'

/** The state of one side in a secret's folder. */
export interface State {
  readonly view: View
  /** `undefined` is the vault's home region. */
  readonly region: string | undefined
  readonly secret?: Secret
  /** The name in a replica.yaml. */
  readonly replica?: string
  readonly facts?: readonly Fact[]
}

/** Why states were refused. */
export interface Faults {
  readonly refused: string[]
  /** Accepted under the commit's own access log, and no longer under the newest. */
  readonly outdated: string[]
}

/** Returns what a side has in a secret's folder; `undefined` if nothing. Of a refused state, only the region. */
export async function stateIn(folder: string, side: SideOfDiff, faults: Faults): Promise<State | undefined> {
  return accepted(
    side,
    faults,
    home => readState(folder, home),
    home => baseOf(folder, home)
  )
}

/** Returns the key document at a path, if it is one of the vault. */
export async function keyIn(
  path: string,
  side: SideOfDiff,
  faults: Faults
): Promise<KeyDocument | undefined> {
  if (side.view && !path.startsWith(`${side.view.place.folder}/keys/`)) return undefined
  return accepted(side, faults, async ({ tree, access, acceptance }) => {
    const document = await readDocument(tree, 'key', path)
    const { generations } = access.keys.get(document?.key ?? '') ?? {}
    const generation = generations?.find(({ number }) => number === document?.generation)
    if (document && generation) acceptance.key(document, path, document.key, generation)
    return generation && document
  })
}

/** Whether a side has a file at the path, whatever it is. */
export async function hasFile(path: string, { view }: SideOfDiff): Promise<boolean> {
  return view !== undefined && exists(view.tree, path)
}

async function readState(folder: string, home: View): Promise<State | undefined> {
  const base = await baseOf(folder, home)
  if (!base) return undefined
  const { view } = base
  const place = view.place.secretIn(folder)
  const secret = await view.secretAtAnyAge(place)
  if (secret) return { ...base, secret }
  const replica = await readDocument(view.tree, 'replica', place.replica)
  return replica && { ...base, replica: replica.name, facts: replicaFacts(replica) }
}

async function baseOf(folder: string, home: View): Promise<State | undefined> {
  const region = await regionOf(home, folder)
  if (region === undefined) return undefined
  return { view: home.inRegion(region), region: region === home.access.region ? undefined : region }
}

/** Reads under the newest log, or else under the commit's own: history keeps what former members signed. */
async function accepted<T>(
  { view, ownView }: SideOfDiff,
  faults: Faults,
  read: (view: View) => Promise<T | undefined>,
  otherwise?: (view: View) => Promise<T | undefined>
): Promise<T | undefined> {
  if (!view || !ownView) return undefined
  try {
    return await read(view)
  } catch (error) {
    const { message } = refusalOf(error)
    try {
      const found = await read(ownView)
      faults.outdated.push(message)
      return found
    } catch (again) {
      refusalOf(again)
      faults.refused.push(message)
      return otherwise?.(view)
    }
  }
}
