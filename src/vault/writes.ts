import { expectMember } from '../core/access/access.js'
import { VaultError } from '../core/errors.js'
import type { Spool } from '../core/ports.js'
import { sodiumReady } from '../core/sodium.js'
import { formatTime, type Time } from '../core/time.js'
import { clockWarning } from './clockAhead.js'
import { findPlace } from './documents/place.js'
import { RestoredVersions } from './documents/restoredVersions.js'
import { Draft } from './draft.js'
import { noteClock } from './memory/clockRecord.js'
import { keepFolded } from './memory/foldedLog.js'
import { writePin } from './memory/pin.js'
import type { ScheduledDeletions } from './memory/scheduledDeletions.js'
import { openView, remember, type IdentitySource, type World } from './world.js'

const NOT_REMOVED = 'secrets past their recovery window could not be removed'

/** Writes to a vault, in one region. */
export class Writes {
  readonly #world: World
  readonly #region: string | undefined
  readonly #identity: IdentitySource

  constructor(world: World, region: string | undefined, identity: IdentitySource) {
    this.#world = world
    this.#region = region
    this.#identity = identity
  }

  /**
   * Makes one commit, or none if the draft stays empty. A commit is followed by another one that removes the secrets whose
   * recovery window has ended, if there are any.
   * @param decide drafts the changes, on the newest commit; called again if the branch has moved meanwhile
   */
  async write<T>(operation: string, decide: (draft: Draft) => Promise<T>): Promise<T> {
    const { beforeWriting } = this.#world.limits ?? {}
    const { value, changed } = await this.#commit(operation, async draft => {
      await beforeWriting?.(draft.view)
      return decide(draft)
    })
    if (changed) await this.#removeExpired()
    return value
  }

  /** Remembers when the files of secrets that are scheduled for deletion are to be removed. */
  async noteScheduled(dates: readonly (readonly [arn: string, date: Time])[]): Promise<void> {
    await remember(this.#world, async () => (await this.#scheduledDeletions()).schedule(dates))
  }

  async #commit<T>(
    operation: string,
    decide: (draft: Draft) => Promise<T>
  ): Promise<{ value: T; changed: boolean }> {
    const spool = await this.#world.repository.openSpool?.()
    try {
      return await this.#commitDrafts(operation, spool, decide)
    } finally {
      spool?.close()
    }
  }

  /** @param spool open until what was written is remembered */
  async #commitDrafts<T>(
    operation: string,
    spool: Spool | undefined,
    decide: (draft: Draft) => Promise<T>
  ): Promise<{ value: T; changed: boolean }> {
    const { repository, clock, random, limits } = this.#world
    const prepared = repository.prepareCommit()
    // the commit fails for the same reason
    prepared.catch(() => undefined)
    const derive = await this.#identity().catch(async (error: unknown) => {
      await prepared
      await repository.close()
      throw error
    })
    let drafted: Draft | undefined
    let logBefore: Uint8Array | undefined
    let warning: string | undefined
    const { value } = await repository.commit(async head => {
      await sodiumReady
      const identity = derive()
      const branch = await repository.branch()
      const place = await findPlace(head)
      const restored = new RestoredVersions(async (path, digest) =>
        (await import('./documents/findVersion.js')).findVersion(repository, path, digest)
      )
      const { view, log, bytes, isBehind } = await openView(
        this.#world,
        head,
        place,
        branch,
        this.#region,
        restored
      )
      logBefore = bytes
      if (isBehind) {
        const { lostEntriesHint } = await import('./memory/lostEntries.js')
        throw new VaultError(
          'RepositoryState',
          'this branch lacks entries of the access log that this clone has verified',
          { hint: await lostEntriesHint(repository, place) }
        )
      }
      const member = expectMember(view.access, identity.public.keyId)
      drafted = new Draft(view, log, { member, identity, random, limits, spool }, operation, clock.now())
      const decided = await decide(drafted)
      if (drafted.change && restored.files.size > 0)
        drafted.placeFiles(kept(restored.files, drafted.change.files), [])
      if (drafted.afterMerge.length > 0)
        await (await import('./mendWritten.js')).mendWritten(drafted, repository, restored.find)
      const { change } = drafted
      warning = change && (await clockWarning(drafted, repository, clock))
      return change ? { change, value: decided } : { value: decided }
    })
    const done = drafted
    const changed = done?.change !== undefined
    if (changed) await this.#noteClock(warning)
    if (done?.change) limits?.afterWriting?.(done.change.files)
    if (changed) await remember(this.#world, () => done.remember())
    const log = done?.change?.files.get(done.view.place.access)
    if (log) {
      await remember(this.#world, () => writePin(repository.memory, log, logBefore))
      await keepFolded(repository.memory, log, done!.access)
    }
    return { value, changed }
  }

  /** Tells the warning, if there is one, and only once for each time that the clock was set. */
  async #noteClock(warning: string | undefined): Promise<void> {
    const { repository, clock, notice } = this.#world
    let isNew = true
    await remember(this.#world, async () => {
      isNew = await noteClock(repository.memory, clock)
    })
    if (warning !== undefined && isNew) notice(warning)
  }

  /** The commit before it stands: if this fails, it warns, and the next write tries again. */
  async #removeExpired(): Promise<void> {
    try {
      const scheduled = await this.#scheduledDeletions()
      const now = formatTime(this.#world.clock.now())
      const due = await scheduled.due(now)
      if (due.length === 0) return
      const { PURGE, removeExpired } = await import('./removeExpired.js')
      const { value } = await this.#commit(PURGE, draft => removeExpired(draft, due))
      for (const { why } of value.refused) this.#world.notice(`${NOT_REMOVED}: ${why}`)
      // one that was refused is tried again after the next write
      await scheduled.settle(
        due.filter(arn => !value.refused.some(one => one.arn === arn)),
        now
      )
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#world.notice(`${NOT_REMOVED}: ${reason}`)
    }
  }

  async #scheduledDeletions(): Promise<ScheduledDeletions> {
    const { ScheduledDeletions } = await import('./memory/scheduledDeletions.js')
    return new ScheduledDeletions(this.#world.repository.memory)
  }
}

/** The restored files that the write does not change itself. */
function kept(
  restored: ReadonlyMap<string, Uint8Array>,
  changed: ReadonlyMap<string, Uint8Array | null>
): Map<string, Uint8Array> {
  return new Map([...restored].filter(([path]) => !changed.has(path)))
}
