import { carriedOrigin } from '../core/access/origin.js'
import { resealRight } from '../core/access/resealRight.js'
import { VaultError } from '../core/errors.js'
import { isAhead, type Time } from '../core/time.js'
import {
  correctedSecret,
  correctedStages,
  correctionOf,
  type Correction
} from '../core/versions/repairDates.js'
import { hasNoValue, orderingTimes, writeTimes, type VersionEntry } from '../core/versions/stages.js'
import { firstDigest } from '../core/versions/versions.js'
import { secretTimes } from './documents/secretTimes.js'
import { REPAIR_DATES } from './documents/repaired.js'
import type { Draft } from './draft.js'
import type { Vault } from './vault.js'
import type { Secret } from './view.js'

export interface DateRepair {
  /** How many different dates were over 24 hours ahead; 0 if nothing was to be done. */
  readonly dates: number
  /** The latest of them. */
  readonly latest: Time | undefined
  /** Versions whose own date stays wrong, because this member cannot re-encrypt them. They hinder no write. */
  readonly left: readonly string[]
}

/** Returns the latest date of a secret that is over 24 hours ahead of this computer's clock. */
export async function datesAhead(vault: Vault, secretId: string): Promise<Time | undefined> {
  const { document, stages } = await (await vault.read()).secret(secretId)
  const now = vault.clock.now()
  const ahead = [...writeTimes(stages), ...secretTimes(document)].filter(time => isAhead(time, now))
  return ahead.sort().at(-1)
}

/**
 * Signs a state of the secret in which the dates that are over 24 hours ahead of the clock are right again (FORMAT.md,
 * "Repairing dates"). Works although other writes are refused. Throws AccessDeniedException without `manage`.
 */
export async function repairDates(vault: Vault, secretId: string): Promise<DateRepair> {
  return vault.write(REPAIR_DATES, async draft => {
    const secret = await draft.secret(secretId)
    const { arn, name, document, stages } = secret
    draft.authorize(name, ['manage'])
    const times = [...writeTimes(stages), ...secretTimes(document)]
    const correction = correctionOf(times, draft.now)
    if (!correction) return { dates: 0, latest: undefined, left: [] }
    const { correct, last, count } = correction
    const corrected = correctedStages(stages, correct)
    const versions = new Map(corrected.versions)
    const left: string[] = []
    for (const [versionId, entry] of corrected.versions) {
      if (correct(entry.created) === entry.created) continue
      const dated = await withCreated(draft, secret, versionId, entry, correct)
      if (dated) versions.set(versionId, dated)
      else left.push(versionId)
    }
    const isWrong = (time: Time): boolean => correct(time) !== time
    const others = [...stages.versions.values()]
      .flatMap(({ resealed }) => resealed ?? [])
      .concat(orderingTimes(stages))
    const created = [...stages.versions].filter(([, entry]) => isWrong(entry.created))
    const isDone = created.length === left.length && !others.concat(secretTimes(document)).some(isWrong)
    if (isDone) return { dates: 0, latest: undefined, left }
    if (secretTimes(document).some(time => isAhead(time, draft.now)))
      draft.updateSecret(secret, correctedSecret(document, correct), undefined, last)
    draft.updateStages(secret, { ...corrected, versions }, undefined, last)
    draft.describe(name, [['Secret-Arn', arn]])
    return { dates: count, latest: times.toSorted().at(-1), left }
  })
}

/** Re-encrypts a version with the right date. Returns `undefined` if the member cannot. */
async function withCreated(
  draft: Draft,
  secret: Secret,
  versionId: string,
  entry: VersionEntry,
  correct: Correction
): Promise<VersionEntry | undefined> {
  const { arn, name } = secret
  const created = correct(entry.created)
  if (hasNoValue(entry)) return { ...entry, created }
  if (!draft.mayRead(name) || !draft.mayWrite(name, ['encrypt'])) return undefined
  const document = await draft.view.version(secret, versionId)
  const value = document && (await readable(draft.view.value(secret, document, draft.identity)))
  if (!value) return undefined
  const { commitment } = document
  const origin = carriedOrigin(document)
  const written = draft.addVersion({ arn, name, versionId, created, value, origin, commitment })
  const first = firstDigest(entry, resealRight(draft.access, name))
  return { ...written, resealed: entry.resealed ?? created, first }
}

/** Returns `undefined` if the identity has no key to the value. */
async function readable<T>(value: Promise<T>): Promise<T | undefined> {
  try {
    return await value
  } catch (error) {
    if (error instanceof VaultError && error.code === 'DecryptionFailure') return undefined
    throw error
  }
}
