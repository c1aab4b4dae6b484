import { VaultError } from '../../core/errors.js'
import type { Time } from '../../core/time.js'
import { nameAndRegion } from '../documents/place.js'
import { problemOf, type Skipped } from '../documents/skipped.js'
import type { Draft } from '../draft.js'
import type { Secret } from '../view.js'

export type { Skipped } from '../documents/skipped.js'

/** Returns what is read. If the document at `path` is refused, adds that to `skipped` and returns `undefined`. */
export async function readOrSkip<T>(
  reading: Promise<T>,
  path: string,
  skipped: Skipped[]
): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    skipped.push({ path, why: problemOf(error).message })
    return undefined
  }
}

/** Returns the time of a change to the secret. If it is dated far ahead, adds that to `skipped` and returns `undefined`. */
export function stampOrSkip(draft: Draft, secret: Secret, skipped: Skipped[]): Time | undefined {
  try {
    return draft.stamp(secret)
  } catch (error) {
    // a new signature would spread the wrong date
    if (!(error instanceof VaultError && error.code === 'RepositoryState')) throw error
    const mend = `git-vault repair-dates ${nameAndRegion(secret.name, secret.place)}`
    skipped.push({ path: secret.place.secret, why: error.message, mend })
    return undefined
  }
}
