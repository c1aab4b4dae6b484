import { VaultError } from '../core/errors.js'
import type { Identity } from '../core/crypto/identity.js'
import type { Clock, History, Random, Repository, Tree } from '../core/ports.js'
import { sodiumReady } from '../core/sodium.js'
import { formatTime, type Time } from '../core/time.js'
import { Accessed } from './memory/accessed.js'
import { Draft } from './draft.js'
import type { ScheduledDeletions } from './memory/scheduledDeletions.js'
import { readAccess, writePin } from './memory/pin.js'
import { findPlace, type Place } from './documents/place.js'
import { Seen } from './memory/seen.js'
import { isFarAhead } from './documents/secretTimes.js'
import { seenState } from './memory/seenState.js'
import { View, type Secret } from './view.js'
import { secretPlaces } from './documents/walk.js'

/**
 * Finds the identity. The first promise has read it, and asked for its passphrase if it is wrapped; the function then
 * derives the keys, for which libsodium must be ready. Two steps, so that git starts up while libsodium does.
 */
export type IdentitySource = () => Promise<() => Identity>

export interface World {
  readonly repository: Repository & History
  readonly clock: Clock
  readonly random: Random
  readonly identity: IdentitySource
  /** The vault id that a machine's identity carries, to be trusted without anybody being asked. */
  readonly trustedRoot: () => Promise<string | undefined>
  /** Tells the user something that is not an error, such as a detached HEAD. */
  readonly notice: (line: string) => void
}

const REGION = /^(?=.{1,128}$)[a-z0-9]+(-[a-z0-9]+)*$/

/** What is listed, with what it is sorted by: unique in a list. */
export interface Keyed<T> {
  readonly item: T
  readonly key: string
}

/** An opened vault: what the operations work on. */
export class Vault {
  readonly clock: Clock
  readonly random: Random
  readonly repository: Repository & History
  readonly accessed: Accessed
  readonly #world: World
  readonly #region: string | undefined
  /** What the last page has left of its list, for whoever asks for the next. */
  #remainder: { readonly token: string; readonly secrets: readonly Keyed<Secret>[] } | undefined
  #source: ReturnType<IdentitySource> | undefined

  /** @param region left out, the vault's home region */
  constructor(world: World, region?: string) {
    this.#world = world
    this.#region = region
    this.clock = world.clock
    this.random = world.random
    this.repository = world.repository
    this.accessed = new Accessed(world.repository.memory)
  }

  /** The same vault as a region has it: each is a namespace of its own. Left out, the vault's home region. */
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

  /** The same vault through another view of its repository, such as one that notes what is looked at. */
  over(repository: Repository & History): Vault {
    const identity = (): ReturnType<IdentitySource> => this.#identitySource()
    return new Vault({ ...this.#world, repository, identity }, this.#region)
  }

  /** The work tree, as far as it counts. Starts no git process. */
  async read(): Promise<View> {
    const { workTree } = this.repository
    const [branch] = await Promise.all([this.repository.branch(), sodiumReady])
    if (branch === undefined)
      this.#world.notice(
        'HEAD is detached: this is what it holds, which may be older than what this clone has seen'
      )
    const { view } = await this.#view(workTree, await findPlace(workTree), branch)
    return view
  }

  /** Every secret, by creation. */
  async secrets(): Promise<readonly Secret[]> {
    const view = await this.read()
    const secrets: Secret[] = []
    for await (const secret of view.all(secretPlaces(this.repository.workTree, view.place)))
      secrets.push(secret)
    const order = ({ document, name }: Secret) => `${document.created} ${name}`
    return secrets.sort((a, b) => (order(a) < order(b) ? -1 : 1))
  }

  /**
   * What comes after the page whose token this is, if that was the last that was cut of any list: so paging through a large
   * vault reads it once.
   */
  remainderAfter(token: string | undefined): readonly Keyed<Secret>[] | undefined {
    return token !== undefined && this.#remainder?.token === token ? this.#remainder.secrets : undefined
  }

  keepRemainder(token: string | undefined, secrets: readonly Keyed<Secret>[]): void {
    this.#remainder = token === undefined ? undefined : { token, secrets }
  }

  /** What a clone keeps of a read: the serials it saw and, where a value was read, the day. */
  async noteRead(view: View, secret: Secret, versionId?: string): Promise<void> {
    const now = this.clock.now()
    // no write builds on it; remembered, it could not be taken back either
    const isAhead = isFarAhead(secret, now)
    if (isAhead)
      this.#world.notice(`${secret.place.stages} is dated over 24 hours ahead of this computer's clock`)
    await this.#remember(async () => {
      if (!isAhead) await view.seen.remember(seenState(secret))
      if (versionId !== undefined) await this.accessed.record(secret.arn, versionId, now)
    })
  }

  /** What `.vaultrc` says of how things are shown. Throws `VaultNotFound` where there is none. */
  async displayDefaults(): Promise<{ output?: string }> {
    const { output } = await findPlace(this.repository.workTree)
    return output === undefined ? {} : { output }
  }

  /** The vault id that the identity carries, for who is asked to trust a vault that this clone has not seen before. */
  async carriedRoot(): Promise<string | undefined> {
    return this.#world.trustedRoot()
  }

  /** Tells the user something that is not an error. */
  notice(line: string): void {
    this.#world.notice(line)
  }

  /** Ends the processes that were started for a write that did not come. */
  async close(): Promise<void> {
    await this.repository.close()
  }

  /** The identity's keys; asks for its passphrase the first time. */
  async identity(): Promise<Identity> {
    const derive = await this.#identitySource()
    await sodiumReady
    return derive()
  }

  /**
   * One write: `decide` sees the newest commit and drafts what is to change; the draft becomes one commit, or none
   * where it is empty. One that was made takes away, in a further commit, what is past its recovery window.
   */
  async write<T>(operation: string, decide: (draft: Draft) => Promise<T>): Promise<T> {
    const { value, changed } = await this.#write(operation, decide)
    if (changed) await this.#removeExpired()
    return value
  }

  /** What this clone keeps of a deletion that it scheduled: when its files are to be removed. */
  async noteScheduled(arn: string, date: Time): Promise<void> {
    await this.#remember(async () => (await this.#scheduledDeletions()).schedule(arn, date))
  }

  async #write<T>(
    operation: string,
    decide: (draft: Draft) => Promise<T>
  ): Promise<{ value: T; changed: boolean }> {
    const prepared = this.repository.prepareCommit()
    const derive = await this.#identitySource().catch(async (error: unknown) => {
      await prepared
      await this.repository.close()
      throw error
    })
    let drafted: Draft | undefined
    let logBytes: Uint8Array | undefined
    const { value } = await this.repository.commit(async head => {
      await sodiumReady
      const identity = derive()
      const branch = await this.repository.branch()
      const { view, log, bytes, behind } = await this.#view(head, await findPlace(head), branch)
      logBytes = bytes
      if (behind) {
        throw new VaultError(
          'RepositoryState',
          'this branch lacks entries of the access log that this clone has verified',
          {
            hint: 'merge the branch that has them first'
          }
        )
      }
      const member = view.access.members.get(identity.public.keyId)
      if (!member || member.removed !== undefined) {
        throw new VaultError('IdentityNotFound', 'this identity is not a member of this vault', {
          hint: 'git-vault member request prints what an admin of the vault needs to add you'
        })
      }
      const writer = { member, identity, random: this.random }
      drafted = new Draft(view, log, writer, operation, this.clock.now())
      const decided = await decide(drafted)
      const { change } = drafted
      return change ? { change, value: decided } : { value: decided }
    })
    const done = drafted
    const changed = done?.change !== undefined
    if (changed) await this.#remember(() => done.remember())
    const longer = done?.change?.files.get(done.view.place.access)
    if (longer) await this.#remember(() => writePin(this.repository.memory, longer, logBytes))
    return { value, changed }
  }

  /** The write before it is committed, and stands: what fails here is told, and left for the next. */
  async #removeExpired(): Promise<void> {
    try {
      const scheduled = await this.#scheduledDeletions()
      const now = formatTime(this.clock.now())
      const due = await scheduled.due(now)
      if (due.length === 0) return
      const { PURGE, removeExpired } = await import('./removeExpired.js')
      await this.#write(PURGE, draft => removeExpired(draft, due))
      await scheduled.settle(due, now)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#world.notice(`what is past its recovery window could not be removed: ${reason}`)
    }
  }

  async #scheduledDeletions(): Promise<ScheduledDeletions> {
    return new (await import('./memory/scheduledDeletions.js')).ScheduledDeletions(this.repository.memory)
  }

  async #view(tree: Tree, place: Place, branch: string | undefined) {
    const { memory } = this.repository
    const { access, log, bytes, relation, pin } = await readAccess(
      tree,
      place,
      memory,
      this.#world.trustedRoot
    )
    if (pin) await this.#remember(pin)
    const home = new View(tree, place, access, new Seen(memory, branch), this.clock.now())
    const view = this.#region === undefined ? home : home.inRegion(this.#region)
    return { view, log, bytes, behind: relation === 'behind' }
  }

  /** Where the git directory cannot be written that is told, and what was read or committed stands. */
  async #remember(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof VaultError && error.code === 'FileFailed')) throw error
      this.#world.notice(`this clone cannot remember what it has seen: ${error.message}`)
    }
  }

  #identitySource(): ReturnType<IdentitySource> {
    return (this.#source ??= this.#world.identity())
  }
}
