import { VaultError } from '../../core/errors.js'
import { hasJournal } from './journal.js'
import { takeLock } from '../files/lock.js'
import { repackInBackground } from '../git/packs.js'
import { lockFolder, type Place } from '../git/place.js'
import type { PreparedProcesses, WriteOptions } from './prepared.js'
import { repair } from './repair.js'
import { SignalGate } from './signals.js'
import { AGAIN, type Outcomes, type PendingWrite } from './pendingWrite.js'
import { LOST } from './remoteFirst.js'
import { Attempt } from './attempt.js'
import { tidy } from './publication.js'
import { setDriversOnce } from './driversOnce.js'

/** How often a write is tried if the branch moves each time. */
const MAX_ATTEMPTS = 10
/** After so many attempts, git's index is locked from the start: the user's git can then not move the branch. */
const EARLY_LOCK_AFTER = 3

/**
 * Makes a commit for each pending write and returns the outcomes. A write without an outcome is still pending.
 * @param take returns the pending writes; called once the lock is held
 */
export async function commit(
  place: Place,
  options: WriteOptions,
  prepared: PreparedProcesses,
  take: () => readonly PendingWrite[]
): Promise<Outcomes> {
  try {
    const lock = await takeLock(lockFolder(place), options.lockTimeout)
    options.onStep('locked')
    const signals = new SignalGate()
    try {
      if (lock.stale || hasJournal(place)) await repair(place, lock, options.onWarning)
      const pending = take()
      const refused: Outcomes = new Map()
      // an attempt that ended because a write was refused is not counted
      for (let attempt = 1; attempt <= MAX_ATTEMPTS + refused.size; attempt++) {
        signals.open()
        const left = pending.filter(write => !refused.has(write))
        if (left.length === 0) return refused
        if (attempt > 1) await prepared.restart(place)
        const outcomes = await new Attempt(place, options, prepared, signals, attempt > EARLY_LOCK_AFTER).run(
          left,
          refused
        )
        if (outcomes === AGAIN) continue
        if (outcomes === LOST) return refused
        if (options.setsDrivers) await setDriversOnce(place, prepared, options.onWarning)
        return new Map([...refused, ...outcomes])
      }
      throw new VaultError('RepositoryBusy', `the branch moved during each of ${MAX_ATTEMPTS} attempts`)
    } finally {
      await prepared.release()
      await tidy(options.onWarning, () => lock.release())
      options.onStep('unlocked')
      signals.open()
    }
  } finally {
    await prepared.release()
    repackInBackground(place)
  }
}
