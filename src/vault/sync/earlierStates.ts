import type { History } from '../../core/ports.js'
import { parseArn } from '../../core/service/name.js'
import type { SignedState } from '../../core/versions/signedState.js'
import { readDocument } from '../documents/place.js'
import { unlessRefused } from '../documents/refusal.js'
import { signedState } from '../merging/earlierStates.js'
import type { View } from '../view.js'

/**
 * The states of secrets between a merge base and one side's tip: see `Side.earlier`. Reads the history once for all secrets,
 * where `earlierStates` reads it for one.
 */
export class EarlierStates {
  readonly #history: History
  readonly #view: View
  readonly #base: string
  readonly #tip: string
  /** The commits that change each stages.yaml. Found once for all secrets. */
  #changes: Promise<ReadonlyMap<string, readonly string[]>> | undefined

  /** @param view under the access log that decides whether a state is accepted */
  constructor(history: History, view: View, { base, tip }: { base: string; tip: string }) {
    this.#history = history
    this.#view = view
    this.#base = base
    this.#tip = tip
  }

  /** Returns the accepted states of the secret in a folder, without the tip's own. */
  async of(folder: string): Promise<SignedState[]> {
    const path = this.#view.place.secretIn(folder).stages
    const changes = await (this.#changes ??= this.#find())
    const states: SignedState[] = []
    for (const commit of changes.get(path) ?? []) {
      const state = await this.#stateIn(commit, path, folder)
      if (state) states.push(state)
    }
    return states
  }

  async #find(): Promise<ReadonlyMap<string, readonly string[]>> {
    const found = new Map<string, string[]>()
    for await (const { commit, files } of this.#history.range(this.#base, this.#tip, [
      this.#view.place.folder
    ]))
      for (const { path, mode } of files) {
        if (mode === undefined || !path.endsWith('/stages.yaml') || commit === this.#tip) continue
        const known = found.get(path)
        if (known) known.push(commit)
        else found.set(path, [commit])
      }
    return found
  }

  #stateIn(commit: string, path: string, folder: string): Promise<SignedState | undefined> {
    return unlessRefused(async () => {
      const document = await readDocument(this.#history.treeOf(commit), 'stages', path)
      if (!document) return undefined
      const { place } = this.#view.inRegion(parseArn(document.secret).region)
      return signedState(document, place.secretIn(folder), this.#view.acceptance, this.#view)
    })
  }
}
