import type { SecretDocument } from '../../core/format/documents.js'
import { VaultError } from '../../core/errors.js'
import { latestStamp, stamp, orderingTimes, type Stages } from '../../core/versions/stages.js'
import { isAhead, latestOf, type Time } from '../../core/time.js'
import { nameAndRegion, type SecretPlace } from './place.js'

/** The parts of a secret that hold dates. */
interface Dated {
  readonly document: SecretDocument
  readonly stages: Stages
}

/** Returns LastChangedDate: the last time that anything about the secret was written. */
export function lastChanged({ document, stages }: Dated): Time {
  return latestOf([latestStamp(stages), ...secretTimes(document)]) ?? document.created
}

/** Returns the latest date that orders states of the secret. A write is dated after it, whatever the clock says. */
export function latestDate({ document, stages }: Dated): Time | undefined {
  return latestOf([...orderingTimes(stages), ...secretTimes(document)])
}

/** Every time that orders states of a secret.yaml. The date in `deletion` is in the future and orders nothing. */
export function secretTimes(document: SecretDocument): Time[] {
  const { created, key, description, type, policy, deletion, rotation, rotated, forgotten } = document
  const named = [document.tags, document.replicas].flatMap(registers => Object.values(registers ?? {}))
  const registers = [key, description, type, policy, deletion, rotation, ...named]
  const times = [rotated, forgotten].filter(time => time !== undefined)
  return [created, ...registers.flatMap(register => (register ? [register.changed] : [])), ...times]
}

/** Whether a date in the secret is so far ahead of `now` that writes are refused. */
export function isFarAhead(secret: Dated, now: number): boolean {
  return isAhead(latestDate(secret) ?? '', now)
}

/**
 * Returns the time of a change to the secret: now, or just after its latest date. Throws `RepositoryState` if that date is
 * far ahead of this clock, so that one wrong clock does not spread to others.
 * @param now milliseconds since the Unix epoch
 */
export function stampAfter(secret: Dated & { readonly place: SecretPlace }, now: number): Time {
  if (isFarAhead(secret, now)) {
    throw new VaultError(
      'RepositoryState',
      `${secret.place.stages}: dated ${latestDate(secret)}, over 24 hours ahead of this computer's clock`,
      {
        hint: `check this computer's clock; if it is right, the last writer's was wrong: git-vault repair-dates ${nameAndRegion(secret.document.name, secret.place)}`
      }
    )
  }
  return stamp(now, latestStamp(secret.stages), lastChanged(secret))
}
