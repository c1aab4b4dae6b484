import type { Access } from '../../core/access/access.js'
import type { Tree } from '../../core/ports.js'
import type { Place } from '../documents/place.js'
import { readLog } from '../documents/readLog.js'
import { refusalOf } from '../documents/refusal.js'
import { nothingSeen } from '../memory/seen.js'
import { acceptedSecret } from '../verify/rollbackCheck.js'
import { regionOf } from '../verify/verifySecret.js'
import { View, type Secret } from '../view.js'
import type { Candidate } from './types.js'

/** The state of a secret in a tree. */
export interface Opened extends Candidate {
  /** In the secret's region. */
  readonly view: View
  /** Absent if there are no documents, or if they are refused. */
  readonly secret?: Secret
  /** Why the documents are refused. */
  readonly refused?: string
  /** Whether the state was signed again by whoever resolves: see `carriedOver`. */
  readonly isCarried?: boolean
}

export type OpenedSecret = Opened & { readonly secret: Secret }

/** Reads and verifies the secret in a folder of a tree. */
export async function openCandidate(
  candidate: Candidate,
  folder: string,
  open: (tree: Tree) => View
): Promise<Opened> {
  const home = open(candidate.tree)
  try {
    const region = await regionOf(home, folder)
    if (region === undefined) return { ...candidate, view: home }
    const view = home.inRegion(region)
    const secret = await view.secretAtAnyAge(view.place.secretIn(folder))
    return { ...candidate, view, ...(secret ? { secret } : {}) }
  } catch (error) {
    return { ...candidate, view: home, refused: refusalOf(error).message }
  }
}

/**
 * Returns a function that opens trees under an access log. Any age is accepted: the states that a resolved one must follow
 * are given.
 * @param now milliseconds since the Unix epoch; left out, no recovery window has ended
 */
export function viewsUnder(access: Access, place: Place, now = 0): (tree: Tree) => View {
  return tree => new View(tree, place.inRegion(undefined), access, nothingSeen(), now)
}

/** The state of a secret in a tree under that tree's own access log: a former member may have signed it. */
export async function stateThen(tree: Tree, place: Place, folder: string): Promise<Secret | undefined> {
  const log = await readLog(tree, place.inRegion(undefined))
  if (!log) return undefined
  return acceptedSecret(viewsUnder(log.access, place)(tree), folder)
}
