import type { Place as GitPlace } from '../../system/git/place.js'
import { countCommits } from '../../system/remote/history.js'
import type { Upstream } from '../../system/remote/upstream.js'
import type { Place } from '../../vault/documents/place.js'
import type { Vault } from '../../vault/vault.js'
import type { CommitReport } from '../../vault/verify/commitReport.js'
import { checkDates, type DateOptions } from './checkDates.js'
import { checkRange } from './checkRange.js'
import type { Branches } from './mergeBranches.js'
import type { Synced } from './types.js'

/** Commits of the upstream: how many came, and what they do. */
type Came = Pick<Synced, 'received' | 'incoming'>

const NOTHING: Came = { received: 0, incoming: [] }
export const OWN = {
  ...{ what: 'this branch', hint: 'nothing was pushed' },
  mend: 'git-vault resolve, then git-vault sync'
}

/** Verifies the commits that one sync receives and sends. A commit that came is verified once, however often a push loses. */
export class Checks {
  readonly #git: GitPlace
  readonly #vault: Vault
  readonly #upstream: Upstream
  readonly #acceptsClock: boolean
  readonly #warned = new Set<string>()
  /** The upstream's commit up to which everything is verified. */
  #verified: string | undefined
  #came: Came = NOTHING

  constructor(git: GitPlace, vault: Vault, upstream: Upstream, acceptsClock: boolean) {
    this.#git = git
    this.#vault = vault
    this.#upstream = upstream
    this.#acceptsClock = acceptsClock
  }

  /** Verifies what came, judged from the merge base or from what is verified already. Throws `DocumentRefused`. */
  async incoming(
    { base, ours, theirs }: Omit<Branches, 'branch'>,
    place: Place,
    vault = this.#vault
  ): Promise<void> {
    const known = this.#verified
    const isKnown = known !== undefined && (await this.#vault.repository.isAncestor(known, theirs))
    const [from, to] = [isKnown ? known : base, theirs]
    if (from === to) return
    const { name: what, revision } = this.#upstream
    const mend = `git merge ${revision}, then git-vault resolve, then git-vault sync`
    const incoming = await checkRange(vault, { from, to, what, hint: 'nothing was merged', mend })
    await checkDates(vault, this.#git, { from, to }, place, this.#dates(false))
    const received = await countCommits(this.#git, isKnown ? known : ours, theirs)
    this.#came = {
      received: this.#came.received + received,
      incoming: [...this.#came.incoming, ...incoming]
    }
    this.#verified = theirs
  }

  /** Returns what came since the last call. */
  takeCame(): Came {
    const came = this.#came
    this.#came = NOTHING
    return came
  }

  /** Verifies what is to be pushed. Throws `DocumentRefused`. */
  async outgoing(from: string, to: string, place: Place, vault = this.#vault): Promise<CommitReport[]> {
    if (from === to) return []
    const outgoing = await checkRange(vault, { from, to, ...OWN })
    await checkDates(vault, this.#git, { from, to }, place, this.#dates(true))
    return outgoing
  }

  #dates(isOwn: boolean): DateOptions {
    return { isAccepted: this.#acceptsClock, warned: this.#warned, isOwn }
  }
}
