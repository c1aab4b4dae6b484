import type { Tree } from '../../core/ports.js'
import { refusalOf } from '../documents/refusal.js'
import { Seen } from '../memory/seen.js'
import { regionOf } from '../verify/verifySecret.js'
import type { Secret, View } from '../view.js'
import type { Candidate } from './types.js'

/** What a tree has of a secret. */
export interface Opened extends Candidate {
  /** In the secret's region. */
  readonly view: View
  /** Absent if there are no documents, or if they are refused. */
  readonly secret?: Secret
  /** Why the documents are refused. */
  readonly refused?: string
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

/** What a clone without a memory has seen. The states that a resolved one must follow are given. */
export const noMemory = (): Seen =>
  new Seen({ read: async () => undefined, update: async () => undefined }, undefined)
