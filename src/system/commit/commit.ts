import { VaultError } from '../../core/errors.js'
import { hasJournal } from './journal.js'
import { takeLock } from '../files/lock.js'
import { tidyPacks } from '../git/packs.js'
import { lockFolder, type Place } from '../git/place.js'
import type { Prepared, WriteOptions } from './prepared.js'
import { repair } from './repair.js'
import { SignalGate } from './signals.js'
import { AGAIN, type Outcomes, type PendingWrite } from './pendingWrite.js'
import { tidy, Write } from './write.js'

/** How often a branch that moves under a write is followed. */
const ATTEMPTS = 10

/**
 * Makes a commit for each who waits, and tells how it ended for each; who is left out waits on.
 * @param take says who waits, once the lock is taken
 */
export async function commit(
  place: Place,
  options: WriteOptions,
  prepared: Prepared,
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
      // an attempt that only found out whom to leave out is not one at which the branch moved
      for (let attempt = 1; attempt <= ATTEMPTS + refused.size; attempt++) {
        signals.open()
        const left = pending.filter(write => !refused.has(write))
        if (left.length === 0) return refused
        if (attempt > 1) await prepared.renew(place)
        const outcomes = await new Write(place, options, prepared, signals).run(left, refused)
        if (outcomes !== AGAIN) return new Map([...refused, ...outcomes])
      }
      throw new VaultError('RepositoryBusy', `the branch moved during each of ${ATTEMPTS} attempts`)
    } finally {
      await prepared.release()
      await tidy(options.onWarning, () => lock.release())
      options.onStep('unlocked')
      signals.open()
    }
  } finally {
    await prepared.release()
    tidyPacks(place)
  }
}
