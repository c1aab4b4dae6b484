import type { Clock, Repository } from '../core/ports.js'
import { allListed, listedAt } from './allListed.js'
import { secretPlaces } from './documents/walk.js'
import type { Unusable } from './documents/skipped.js'
import { formatListed, type ListedSecret } from './listedSecret.js'
import type { VerifiedSecrets } from './memory/verifiedSecrets.js'
import type { View } from './view.js'

/** An entry of a list, with the key that the list is sorted by, which is unique in it. */
export interface Keyed<T> {
  readonly item: T
  readonly key: string
}

/** Every secret that a list found, in the order of creation, and what failed verification. */
export interface Listing {
  readonly secrets: readonly ListedSecret[]
  readonly unusable: readonly Unusable[]
}

/** The rest of a list that a page was cut from. */
interface Walk {
  readonly under: string
  readonly since: number
  readonly secrets: readonly Keyed<ListedSecret>[]
}

interface Kept {
  readonly under: string
  readonly since: number
  readonly secrets: readonly ListedSecret[]
}

/** In milliseconds: so long, a change of files that no git command made may be missing in a list that is kept. */
const RECENT = 10_000
/** The list of a smaller vault is not kept: it is read in the time of a few pages. */
const LEAST_KEPT = 500
/** Clients that turn pages at the same time. */
const MOST_WALKS = 16

/**
 * The lists of one region, for a process that answers many requests. Requests that arrive during a list share it. The last
 * whole list is kept until git changes a file or the access log gets an entry, and no longer than `RECENT`. Each secret that is
 * shown of a kept list is compared with its documents first: see `areCurrent`.
 */
export class Lists {
  readonly #repository: Repository
  readonly #clock: Clock
  readonly #isRemembering: boolean
  #verified: { readonly of: string; readonly secrets: VerifiedSecrets } | undefined
  #kept: Kept | undefined
  readonly #running = new Map<string, Promise<Listing>>()
  /** By the token of the page before. */
  readonly #walks = new Map<string, Walk>()

  /** @param isRemembering whether a clone's memory decides which documents are accepted, and no other commit does */
  constructor(repository: Repository, clock: Clock, isRemembering: boolean) {
    this.#repository = repository
    this.#clock = clock
    this.#isRemembering = isRemembering
  }

  /** @param prefix only those whose names start with it: reads no others */
  async read(view: View, prefix: string): Promise<Listing> {
    const under = this.under(view)
    const key = under && JSON.stringify([under, prefix])
    const running = key && this.#running.get(key)
    if (running) return running
    const listing = this.#read(view, prefix)
    if (!key || !under) return listing
    this.#running.set(key, listing)
    try {
      const found = await listing
      if (prefix === '' && this.under(view) === under) this.#keep(under, found)
      return found
    } finally {
      this.#running.delete(key)
    }
  }

  /** Returns what was listed a moment ago, if git has changed nothing since. It may lack other changes: see `areCurrent`. */
  recent(view: View, prefix: string): readonly ListedSecret[] | undefined {
    const kept = this.#kept
    if (!kept || !this.#isRecent(kept.since) || this.under(view) !== kept.under) return undefined
    return kept.secrets.filter(secret => secret.name.startsWith(prefix) && !view.isExpired(secret))
  }

  /** Whether these secrets are as a list would show them now. Reads their documents, and no others. */
  async areCurrent(view: View, secrets: readonly ListedSecret[]): Promise<boolean> {
    const verified = await this.#open(view)
    if (!verified) return false
    for (const secret of secrets) {
      const found = await listedAt(view, view.place.secret(secret.name), verified)
      if (!found || formatListed(found) !== formatListed(secret)) {
        this.#kept = undefined
        return false
      }
    }
    return true
  }

  /**
   * Returns what follows a page, if `token` is that page's and git has changed nothing since: a walk through all pages then reads
   * the vault once. As in a recent list, a secret may have changed.
   */
  after(view: View, token: string | undefined): readonly Keyed<ListedSecret>[] | undefined {
    const walk = token === undefined ? undefined : this.#walks.get(token)
    if (!walk || !this.#isRecent(walk.since) || this.under(view) !== walk.under) return undefined
    return walk.secrets.filter(({ item }) => !view.isExpired(item))
  }

  /**
   * @param under from before the list was read: if git has changed a file since, the next page is cut from a new list
   * @param after the token of the page before, whose rest is then forgotten
   */
  keepRest(
    under: string | undefined,
    token: string | undefined,
    secrets: readonly Keyed<ListedSecret>[],
    after: string | undefined
  ): void {
    const kept = this.#kept?.under === under ? this.#kept?.since : undefined
    const since = this.#walks.get(after ?? '')?.since ?? kept ?? this.#clock.now()
    // a page that is asked for again is cut from a new list
    if (after !== undefined) this.#walks.delete(after)
    if (token === undefined || under === undefined) return
    this.#walks.delete(token)
    this.#walks.set(token, { under, since, secrets })
    for (const oldest of this.#walks.keys()) {
      if (this.#walks.size <= MOST_WALKS) break
      this.#walks.delete(oldest)
    }
  }

  async #read(view: View, prefix: string): Promise<Listing> {
    const verified = await this.#open(view)
    const of = this.#verified?.of ?? ''
    const found: { order: string; secret: ListedSecret }[] = []
    const unusable: Unusable[] = []
    const places = secretPlaces(this.#repository.workTree, view.place, prefix)
    for await (const result of allListed(view, places, verified)) {
      if ('problem' in result) unusable.push(result)
      else if (result.name.startsWith(prefix))
        found.push({ order: `${result.document.created} ${result.name}`, secret: result })
    }
    if (verified) {
      await verified.save(prefix === '')
      if (this.#verified?.of === of) this.#verified = { of, secrets: verified }
    }
    found.sort((a, b) => (a.order < b.order ? -1 : 1))
    return { secrets: found.map(({ secret }) => secret), unusable }
  }

  #keep(under: string, { secrets, unusable }: Listing): void {
    // a replica's documents are in another region
    const isKept = secrets.length >= LEAST_KEPT && unusable.length === 0
    if (!isKept || secrets.some(({ primary }) => primary !== undefined)) return
    this.#kept = { under, since: this.#clock.now(), secrets }
  }

  #isRecent(since: number): boolean {
    const age = this.#clock.now() - since
    return age >= 0 && age < RECENT
  }

  /** What a list depends on, besides files that no git command has changed; `undefined` if a change might go unnoticed. */
  under({ access, region }: View): string | undefined {
    if (!this.#isRemembering) return undefined
    const state = this.#repository.workTree.state?.()
    return state === undefined ? undefined : JSON.stringify([state, region, access.entries.at(-1)])
  }

  /** Returns the secrets that this clone has verified; `undefined` if nothing is kept, or another commit decides. */
  async #open({ access, region }: View): Promise<VerifiedSecrets | undefined> {
    const { digester, memory } = this.#repository
    const entry = access.entries.at(-1)
    if (!digester || !this.#isRemembering || entry === undefined) return undefined
    const { vaultId } = access
    const of = { region, vaultId, entry }
    const known = this.#verified
    if (known?.of === JSON.stringify(of)) return known.secrets.again()
    const { VerifiedSecrets } = await import('./memory/verifiedSecrets.js')
    const secrets = await VerifiedSecrets.open(memory, await digester.call(this.#repository), of)
    this.#verified = { of: JSON.stringify(of), secrets }
    return secrets
  }
}
