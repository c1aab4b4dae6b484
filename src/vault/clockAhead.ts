import type { Clock, Repository } from '../core/ports.js'
import { formatTime, latest, parseTime } from '../core/time.js'
import { nameAndRegion } from './documents/place.js'
import type { Draft } from './draft.js'
import { clockChanged } from './memory/clockRecord.js'

/** A clock that is this much ahead of every date that is known may be wrong. In milliseconds. */
const TOLERANCE = 24 * 60 * 60 * 1000

/**
 * Returns a warning if the clock is over a day ahead of the newest date known: of the secret that is written, of the
 * access log and of HEAD. If the clock is wrong, nobody can write to the secret until the date that this write gave it.
 * A vault that was not written to for a day looks the same, so there is no warning if the clock has only run, and was not
 * set, since this clone's last write.
 */
export async function clockWarning(
  draft: Draft,
  repository: Repository,
  clock: Clock
): Promise<string | undefined> {
  const { dated, now } = draft
  if (!dated.oldest) return undefined
  const { name, date } = dated.oldest
  const known = latest(date, draft.view.access.times.at(-1)) ?? ''
  if (!isAhead(known, now) || (await clockChanged(repository.memory, clock)) === false) return undefined
  // starts git, so only if it may change the answer
  const head = await repository.headTime()
  const newest = latest(known, head === undefined ? undefined : formatTime(head)) ?? ''
  if (!isAhead(newest, now)) return undefined
  return (
    `this computer's clock says ${formatTime(now)}, and the newest date known here is ${newest}. ` +
    `If the clock is right, there is nothing to do. If it is ahead, set it and run: git-vault repair-dates ${nameAndRegion(name, draft.view.place)}`
  )
}

function isAhead(known: string, now: number): boolean {
  return now - (parseTime(known) ?? 0) > TOLERANCE
}
