import type { Access } from '../../core/access/access.js'
import { digestOf } from '../../core/format/documents.js'
import { parseTime } from '../../core/time.js'
import type { RangeCommit } from '../../core/ports.js'
import {
  compareDocument,
  compareSecret,
  decidingDocument,
  isPolicyRolledBack,
  remembered,
  rolledBackLabel,
  skippedSerials,
  type SeenDocument,
  type SeenSecret
} from '../../core/versions/seen.js'
import { readDocument } from '../documents/place.js'
import { unlessRefused } from '../documents/refusal.js'
import { REMOVED, removedState, seenState, SERIAL_AHEAD } from '../memory/seenState.js'
import type { Secret, View } from '../view.js'
import { NOT_LISTED, type Findings } from './findings.js'
import { includesSecret } from '../../core/versions/mergeSecret.js'
import { missingVersion } from './inclusion.js'
import type { Removal } from './removals.js'
import { StateFloors } from './stateFloors.js'
import { exists, regionOf } from './verifySecret.js'

/** A state that was seen, and a commit that has it. Of a removed secret, the last commit that had it. */
export interface SeenIn extends SeenSecret {
  readonly commit: string
}

/** The states that a later one must include, if a commit has a fault in a secret. */
export interface OwedStates {
  readonly states: readonly SeenIn[]
  /** The commit's own state, if readers accept it. */
  readonly shown?: SeenIn | undefined
}

/** How a check of a range looks at commits. */
export interface RangeHistory {
  /** Opens a commit, under its own access log if no other one is given. `undefined` if it has no vault. */
  readonly viewOf: (commit: string, access?: Access) => Promise<View | undefined>
  /**
   * Returns the last removal of a secret in the history of a commit, if it was before the range.
   * @param created when the secret was created, in milliseconds since the Unix epoch
   */
  readonly removal: (folder: string, created: number, commit: string) => Promise<Removal | undefined>
}

/**
 * Finds commits that bring back what their history has already left behind: an older state of a secret or of a key
 * document, or the files of a removed secret. What counts as seen is what the commit that the range begins after has, what
 * its history has removed, and what any commit on the way from there has had.
 */
export class RollbackCheck {
  readonly #findings: Findings
  readonly #viewOf: RangeHistory['viewOf']
  readonly #removal: RangeHistory['removal']
  readonly #secrets: StateFloors<SeenIn>
  readonly #keys: StateFloors<SeenDocument>

  constructor(findings: Findings, { viewOf, removal }: RangeHistory) {
    this.#findings = findings
    this.#viewOf = viewOf
    this.#removal = removal
    this.#secrets = new StateFloors<SeenIn>(compareSecret, async (commit, folder) => {
      const secret = await this.#secretIn(commit, folder)
      return secret && { ...seenState(secret), commit }
    })
    this.#keys = new StateFloors<SeenDocument>(compareDocument, async (commit, path) => {
      const view = await viewOf(commit)
      return view && keyState(view, path)
    })
  }

  /** Adds a commit of the range, after its parents and before it is checked. */
  add({ commit, parents }: RangeCommit): void {
    this.#secrets.add(commit, parents)
    this.#keys.add(commit, parents)
  }

  /** Checks the secret in a folder that the commit changes. */
  async checkSecret({ commit, parents }: RangeCommit, view: View, folder: string): Promise<void> {
    const found = await acceptedSecret(view, folder)
    if (!found) {
      const seen = await this.#secrets.of(parents, folder)
      if (!(await hasDocuments(view, folder))) this.#secrets.set(commit, folder, seen.map(removedOnce))
      return
    }
    const seen = await this.#statesOf(parents, folder, found)
    const state = seenState(found)
    const under = async (before: SeenIn) => this.#secretUnder(view, before, folder)
    const reasons: boolean[] = []
    for (const before of seen) reasons.push(await this.#problem(found, state, before, under))
    if (parents.length > 1) reasons.push(await this.#checkMerged(found, seen, under))
    await this.#checkLeftovers(view, found, parents, folder)
    if (!reasons.includes(true)) this.#secrets.set(commit, folder, [{ ...remembered(state, seen), commit }])
  }

  /** Returns the newest states that the history of a commit has of a secret, and the commit's own. */
  async statesUpTo({ commit, parents }: RangeCommit, view: View, folder: string): Promise<OwedStates> {
    const found = await acceptedSecret(view, folder)
    const states = await this.#statesOf(parents, folder, found)
    return { states, ...(found ? { shown: { ...seenState(found), commit } } : {}) }
  }

  /**
   * The newest states of each parent by itself: of two branches, the one with the greater serial need not have all.
   * @param found the commit's own state
   */
  async #statesOf(
    parents: readonly string[],
    folder: string,
    found: Secret | undefined
  ): Promise<readonly SeenIn[]> {
    const states: SeenIn[] = []
    for (const parent of parents) {
      const seen = await this.#secrets.of([parent], folder)
      for (const state of seen) states.push(state)
      const removed =
        found && seen.length === 0 ? await this.#removedBefore(parent, folder, found) : undefined
      if (removed) states.push(removed)
    }
    return states
  }

  /** The state of a secret that was removed before the range began. */
  async #removedBefore(parent: string, folder: string, { document }: Secret): Promise<SeenIn | undefined> {
    const { before } = (await this.#removal(folder, parseTime(document.created) ?? 0, parent)) ?? {}
    const secret = before === undefined ? undefined : await this.#secretIn(before, folder)
    return secret && before !== undefined ? removedOnce({ ...seenState(secret), commit: before }) : undefined
  }

  /**
   * Returns the secret of a seen state under the access log of `view`. `undefined` if its signer has lost the right, as on
   * another branch: then a merge can take nothing of it.
   */
  async #secretUnder({ access }: View, { commit }: SeenIn, folder: string): Promise<Secret | undefined> {
    const view = await this.#viewOf(commit, access)
    return view && acceptedSecret(view, folder)
  }

  /** Checks a key document that the commit changes and that was accepted. */
  async checkKey({ commit, parents }: RangeCommit, view: View, path: string): Promise<void> {
    const seen = await this.#keys.of(parents, path)
    const state = await keyState(view, path)
    if (!state) return
    const relations = seen.map(before => compareDocument(state, before))
    if (relations.includes('older'))
      await this.#findings.problem(
        path,
        'an older state of this key document than an earlier commit has',
        true
      )
    else if (relations.includes('fork'))
      await this.#findings.problem(path, 'a state of this key document that contradicts an earlier commit')
    else this.#keys.set(commit, path, [state])
  }

  /** Reports a state that was seen and that `found` does not follow. Returns whether there is one. */
  async #problem(
    found: Secret,
    state: ReturnType<typeof seenState>,
    seen: SeenIn,
    under: (seen: SeenIn) => Promise<Secret | undefined>
  ): Promise<boolean> {
    const { name, place } = found
    const age = compareSecret(state, seen)
    const path = place[decidingDocument(state, seen)]
    const skipped = skippedSerials(state, seen)
    const isBack = seen.secret.digest === REMOVED && age !== 'newer'
    const label =
      age === 'newer' && state.arn === seen.arn && seen.moves
        ? rolledBackLabel(state.moves, seen.moves)
        : undefined
    if (isBack)
      await this.#findings.problem(path, `${name} was removed by an earlier commit, and is back`, true)
    else if (age === 'older')
      await this.#findings.problem(path, `an older state of ${name} than an earlier commit has`, true)
    else if (age === 'fork')
      await this.#findings.problem(path, `a state of ${name} that contradicts an earlier commit`, true)
    else if (skipped !== undefined) await this.#findings.problem(place[skipped], SERIAL_AHEAD)
    else if (label !== undefined && (await under(seen)))
      await this.#findings.problem(
        place.stages,
        `${label} of ${name} has an older move than an earlier commit has`,
        true
      )
    else if (age === 'newer' && isPolicyRolledBack(state, seen))
      await this.#findings.problem(place.secret, `the policy of ${name} is older than an earlier commit has`)
    else return false
    return true
  }

  /** Reports a version or a setting of a merged state that the merge has lost. Returns whether there is one. */
  async #checkMerged(
    found: Secret,
    seen: readonly SeenIn[],
    under: (seen: SeenIn) => Promise<Secret | undefined>
  ): Promise<boolean> {
    const { place, name } = found
    for (const state of seen) {
      if (state.arn !== found.arn || state.secret.digest === REMOVED) continue
      const before = await under(state)
      const lost = before && missingVersion(found, before)
      if (lost !== undefined) {
        const reason = `lacks version ${lost} of ${name}, which a merged commit has`
        await this.#findings.problem(place.stages, reason, true)
        return true
      }
      if (before && !includesSecret(found.document, before.document)) {
        await this.#findings.problem(place.secret, `lacks a change of ${name} that a merged commit has`, true)
        return true
      }
    }
    return false
  }

  /** Reports the files of versions that a parent's stages.yaml lists and this commit's does not. */
  async #checkLeftovers(
    { tree }: View,
    { place, stages }: Secret,
    parents: readonly string[],
    folder: string
  ): Promise<void> {
    for (const parent of parents) {
      const before = await this.#secretIn(parent, folder)
      for (const versionId of before?.stages.versions.keys() ?? [])
        if (!stages.versions.has(versionId) && (await exists(tree, place.version(versionId))))
          await this.#findings.problem(place.version(versionId), NOT_LISTED)
    }
  }

  async #secretIn(commit: string, folder: string): Promise<Secret | undefined> {
    const view = await this.#viewOf(commit)
    return view && acceptedSecret(view, folder)
  }
}

/** The state of a removed secret after a state, unless it is one already. */
export const removedOnce = (state: SeenIn): SeenIn =>
  state.secret.digest === REMOVED ? state : { ...removedState(state), commit: state.commit }

export async function hasDocuments(
  { tree, place }: Pick<View, 'tree' | 'place'>,
  folder: string
): Promise<boolean> {
  const { secret, stages } = place.secretIn(folder)
  return (await exists(tree, secret)) || (await exists(tree, stages))
}

/** Returns the secret in a folder, or `undefined` if there is none or it is refused, which is reported elsewhere. */
export async function acceptedSecret(home: View, folder: string): Promise<Secret | undefined> {
  const region = await regionOf(home, folder)
  if (region === undefined) return undefined
  const view = home.inRegion(region)
  return unlessRefused(() => view.secretAtAnyAge(view.place.secretIn(folder)))
}

async function keyState({ tree }: View, path: string): Promise<SeenDocument | undefined> {
  const document = await unlessRefused(() => readDocument(tree, 'key', path))
  return document && { serial: document.signed.serial, digest: digestOf(document) }
}
