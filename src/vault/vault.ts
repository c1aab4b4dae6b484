import type { Identity } from '../core/crypto/identity.js'
import { VaultError } from '../core/errors.js'
import type { Clock, History, Random, Repository } from '../core/ports.js'
import { sodiumReady } from '../core/sodium.js'
import type { Time } from '../core/time.js'
import type { Baseline } from './baseline.js'
import { findPlace } from './documents/place.js'
import { isFarAhead } from './documents/secretTimes.js'
import type { Skipped, Unusable } from './documents/skipped.js'
import type { ListedSecret } from './listedSecret.js'
import { Lists, type Keyed } from './lists.js'
import type { Draft } from './draft.js'
import type { WriteLimits } from './limits.js'
import { Accessed } from './memory/accessed.js'
import { seenState } from './memory/seenState.js'
import type { Rotator } from './rotator.js'
import type { Secret, View } from './view.js'
import { openView, remember, type IdentitySource, type World } from './world.js'
import { Writes } from './writes.js'

const REGION = /^(?=.{1,128}$)[a-z0-9]+(-[a-z0-9]+)*$/

export type { Keyed }

/** An opened vault: the operations' only way to it. */
export class Vault {
  readonly clock: Clock
  readonly random: Random
  readonly repository: Repository & History
  readonly accessed: Accessed
  readonly #world: World
  readonly #region: string | undefined
  readonly #writes: Writes
  readonly #lists: Lists
  readonly #skipped = new Map<string, Skipped>()
  #source: ReturnType<IdentitySource> | undefined
  /** Whether the last read found HEAD detached, which it has told. */
  #isDetached = false

  /** @param region left out, the vault's home region */
  constructor(world: World, region?: string) {
    this.#world = world
    this.#region = region
    this.clock = world.clock
    this.random = world.random
    this.repository = world.repository
    this.accessed = new Accessed(world.repository.memory)
    this.#lists = new Lists(world.repository, world.clock, !world.baseline)
    this.#writes = new Writes(world, region, () => this.#identitySource())
  }

  /**
   * This vault, limited to one region: each region is a namespace of its own. Throws ValidationException if the region's
   * form is wrong.
   * @param region left out, the vault's home region
   */
  inRegion(region: string | undefined): Vault {
    if (region === this.#region) return this
    if (region !== undefined && !REGION.test(region)) {
      throw new VaultError(
        'ValidationException',
        `Value '${region}' at 'region' failed to satisfy constraint: Member must satisfy regular expression pattern: ${REGION.source}`
      )
    }
    return new Vault({ ...this.#world, identity: () => this.#identitySource() }, region)
  }

  /** This vault, read through another repository object, for example one that records every read. */
  over(repository: Repository & History): Vault {
    const identity = (): ReturnType<IdentitySource> => this.#identitySource()
    return new Vault({ ...this.#world, repository, identity }, this.#region)
  }

  /** This vault, with further limits on what its writes may do. */
  limited(limits: WriteLimits): Vault {
    const identity = (): ReturnType<IdentitySource> => this.#identitySource()
    return new Vault({ ...this.#world, identity, limits: { ...this.#world.limits, ...limits } }, this.#region)
  }

  /** Opens the work tree's state. Starts no git process. */
  async read(): Promise<View> {
    const { repository, notice } = this.#world
    const [branch] = await Promise.all([repository.branch(), sodiumReady])
    if (branch === undefined && !this.#isDetached)
      notice('HEAD is detached: this state may be older than what this clone has seen')
    this.#isDetached = branch === undefined
    const tree = repository.workTree
    const open = async () => openView(this.#world, tree, await findPlace(tree), branch, this.#region)
    return (await open().catch(error => this.#explain(error))).view
  }

  /**
   * Returns every secret, in the order of creation. Those that fail verification are left out: see `skip`.
   * @param prefix only those whose names start with it: reads no others
   */
  async secrets(prefix = ''): Promise<readonly ListedSecret[]> {
    return this.#listed(await this.read(), prefix)
  }

  /** As `secrets`. If they are not fresh, a secret may have changed since: `areCurrent` is to be asked about those shown. */
  async recentSecrets(
    prefix: string
  ): Promise<{ readonly secrets: readonly ListedSecret[]; readonly isFresh: boolean }> {
    const view = await this.read()
    const recent = this.#lists.recent(view, prefix)
    if (recent) return { secrets: recent, isFresh: false }
    return { secrets: await this.#listed(view, prefix), isFresh: true }
  }

  async #listed(view: View, prefix: string): Promise<readonly ListedSecret[]> {
    const { secrets, unusable } = await this.#lists.read(view, prefix)
    this.#skipped.clear()
    if (unusable.length > 0) await this.skip(unusable)
    return secrets
  }

  /** Reports secrets that are left out of an answer because they fail verification, and remembers them. */
  async skip(unusable: readonly Unusable[]): Promise<void> {
    const { skippedLines, skippedOf } = await import('./documents/skipped.js')
    const skipped = unusable.map(skippedOf)
    for (const one of skipped) this.#skipped.set(one.path, one)
    for (const line of skippedLines(skipped)) this.notice(line)
  }

  /** Remembers what another region's list left out, and has reported. */
  noteSkipped(skipped: readonly Skipped[]): void {
    for (const one of skipped) this.#skipped.set(one.path, one)
  }

  /** The secrets that were left out of the last list, and of the answers since. */
  get skipped(): readonly Skipped[] {
    return [...this.#skipped.values()]
  }

  /** The lists that pages were cut from. */
  get pages(): Pick<Lists, 'under' | 'after' | 'areCurrent' | 'keepRest'> {
    return this.#lists
  }

  /** Remembers a read: the serials seen and, if `versionId` is given, the day that the version was read. */
  async noteRead(view: View, secret: Secret, versionId?: string): Promise<void> {
    const now = this.clock.now()
    // No write builds on such a state. If it were remembered, it could not be taken back either.
    const isAhead = isFarAhead(secret, now)
    if (isAhead)
      this.#world.notice(`${secret.place.stages} is dated over 24 hours ahead of this computer's clock`)
    await remember(this.#world, async () => {
      if (!isAhead) await view.seen.remember(seenState(secret))
      if (versionId !== undefined) await this.accessed.record(secret.arn, versionId, now)
    })
  }

  /** Remembers when the files of secrets that are scheduled for deletion are to be removed. */
  async noteScheduled(dates: readonly (readonly [arn: string, date: Time])[]): Promise<void> {
    await this.#writes.noteScheduled(dates)
  }

  /** Returns the settings of `.vaultrc` that are not the vault's folder. Throws `VaultNotFound` if there is none. */
  async displayDefaults(): Promise<{ output?: string; run?: readonly string[] }> {
    const { defaults } = await findPlace(this.repository.workTree).catch(error => this.#explain(error))
    return defaults
  }

  /** Returns the vault id that the identity carries, which a new clone trusts without asking. */
  async carriedRoot(): Promise<string | undefined> {
    return this.#world.trustedRoot()
  }

  /** The commit that every tree must contain, if the user names one. */
  get baseline(): Baseline | undefined {
    return this.#world.baseline
  }

  /** Runs rotation functions; `undefined` if this vault cannot. */
  get rotator(): Rotator | undefined {
    return this.#world.rotator
  }

  /** The region of this vault's secrets; `undefined` for the home region. */
  get region(): string | undefined {
    return this.#region
  }

  /** Tells the user something that is not an error. */
  notice(line: string): void {
    this.#world.notice(line)
  }

  /** Ends the processes that were started for a write that did not come. */
  async close(): Promise<void> {
    await this.repository.close()
  }

  /** Returns the identity's keys. Asks for its passphrase the first time. */
  async identity(): Promise<Identity> {
    const derive = await this.#identitySource()
    await sodiumReady
    return derive()
  }

  /** Makes one commit, or none if nothing changes: see `Writes.write`. */
  write<T>(operation: string, decide: (draft: Draft) => Promise<T>): Promise<T> {
    return this.#writes.write(operation, decide)
  }

  /** Throws the error, with the command that brings the vault back if only the work tree lacks it. */
  async #explain(error: unknown): Promise<never> {
    throw await (await import('./documents/restoreHint.js')).withRestoreHint(error, this.repository)
  }

  #identitySource(): ReturnType<IdentitySource> {
    return (this.#source ??= this.#world.identity().then(derivedOnce))
  }
}

/** Deriving the keys costs more than a signature, and a command may need them for each of many secrets. */
function derivedOnce(derive: () => Identity): () => Identity {
  let identity: Identity | undefined
  return () => (identity ??= derive())
}
