import { lastSigned } from '../documents/lastSigned.js'
import type { AccessDocument } from '../../core/format/documents.js'
import { formatTime, isAhead, parseTime, type Time } from '../../core/time.js'
import { latestDate } from '../documents/secretTimes.js'
import { seenState } from '../memory/seenState.js'
import { ownerOf } from '../documents/owner.js'
import { acceptedSecret } from '../verify/rollbackCheck.js'
import type { Secret, View } from '../view.js'

/** Yields the accepted secrets in the folders of changed files. A refused one is reported by `verifyRange`. */
export async function* changedSecrets(
  home: View,
  paths: readonly string[]
): AsyncIterable<{ readonly view: View; readonly secret: Secret }> {
  for (const folder of new Set(paths.map(path => ownerOf(path, home.place.folder)))) {
    const secret = await acceptedSecret(home, folder)
    if (secret) yield { view: home.inRegion(secret.place.region ?? home.access.region), secret }
  }
}

/** A date so far ahead is worth a warning: another member's clock, or this one, is wrong. In milliseconds. */
const WARNED_AHEAD = 10 * 60 * 1000

/** A secret, or an entry of the access log, with a date in the future. */
export interface DatedAhead {
  readonly name: string
  readonly time: Time
  /** The member who signed it. */
  readonly member: string
  /** Whether it is so far ahead that no write builds on it. */
  readonly isFar: boolean
}

/** @param now milliseconds since the Unix epoch */
export function datedAhead(
  { view, secret }: { view: View; secret: Secret },
  now: number
): DatedAhead | undefined {
  const time = latestDate(secret)
  if (time === undefined || (parseTime(time) ?? 0) <= now + WARNED_AHEAD) return undefined
  const member = view.memberName(lastSigned(secret).signed.by)
  return { name: secret.name, time, member, isFar: isAhead(time, now) }
}

/**
 * Returns the entries of the access log with a date in the future.
 * @param now milliseconds since the Unix epoch
 */
export function entriesAhead(
  view: View,
  entries: AccessDocument['entries'][number][],
  now: number
): DatedAhead[] {
  return entries
    .filter(({ time }) => (parseTime(time) ?? 0) > now + WARNED_AHEAD)
    .map(({ entry, time, by }) => ({
      name: `entry ${entry} of the access log`,
      time,
      member: view.memberName(by),
      isFar: isAhead(time, now)
    }))
}

/** Says how far ahead of the clock a secret is dated. */
export function aheadText({ name, time, member }: DatedAhead, now: number): string {
  const minutes = Math.floor(((parseTime(time) ?? 0) - now) / 60_000)
  const ahead = minutes < 120 ? `${minutes} minutes` : `${Math.floor(minutes / 60)} hours`
  return `the date that ${member} gave ${name} is ${ahead} ahead of this computer's clock, which says ${formatTime(now)}`
}

/**
 * Remembers the state of a secret as seen. Returns false if it is older than what this clone has seen on this branch, as
 * after a `git reset` of the user's own: that is then refused when it is read.
 */
export async function rememberSecret({ view, secret }: { view: View; secret: Secret }): Promise<boolean> {
  const state = seenState(secret)
  if (await view.seen.refusal(state)) return false
  await view.seen.remember(state)
  return true
}
