import type { SecretDocument } from '../../core/format/documents.js'
import { VaultError } from '../../core/errors.js'
import { greatestStamp, stamp, type Stages } from '../../core/versions/stages.js'
import { latest, parseTime, type Time } from '../../core/time.js'
import type { SecretPlace } from './place.js'

/** What is dated of a secret. */
interface Dated {
  readonly document: SecretDocument
  readonly stages: Stages
}

/** The last time that anything about the secret was written: LastChangedDate. */
export function lastChanged({ document, stages }: Dated): Time {
  return latest(greatestStamp(stages), ...secretTimes(document)) ?? document.created
}

/** The latest date in the secret's documents: a write comes after it, whatever its clock says. */
export function latestDate({ document, stages }: Dated): Time | undefined {
  return latest(...writeTimes(stages), ...secretTimes(document))
}

/** Every time that orders a secret.yaml; `deletion`'s own date lies ahead and orders nothing. */
export function secretTimes(document: SecretDocument): Time[] {
  const { created, key, description, type, policy, deletion, rotation, rotated, forgotten } = document
  const named = [document.tags, document.replicas].flatMap(registers => Object.values(registers ?? {}))
  const registers = [key, description, type, policy, deletion, rotation, ...named]
  const times = [rotated, forgotten].filter(time => time !== undefined)
  return [created, ...registers.flatMap(register => (register ? [register.changed] : [])), ...times]
}

/** Every time in a stages.yaml. */
export function writeTimes({ labels, removed, versions, pruned, forgotten }: Stages): Time[] {
  const moves = [...labels.values()].flatMap(({ moved, before }) =>
    before ? [moved, before.moved] : [moved]
  )
  const writes = [...versions.values()].flatMap(({ created, resealed }) =>
    resealed === undefined ? [created] : [created, resealed]
  )
  const times = [pruned, forgotten].filter(time => time !== undefined)
  return [...moves, ...writes, ...removed.values(), ...times]
}

/** Milliseconds. */
const FURTHEST_AHEAD = 24 * 60 * 60 * 1000

/** Whether something in the secret is dated so far ahead that no write builds on it. */
export function isFarAhead(secret: Dated, now: number): boolean {
  return (parseTime(latestDate(secret) ?? '') ?? 0) > now + FURTHEST_AHEAD
}

/**
 * The time that a change to the secret is given: now, or just after everything it has seen. Throws `RepositoryState`
 * where that is far ahead of this clock, before a clock that runs wild spreads.
 * @param now milliseconds since the Unix epoch
 */
export function stampAfter(secret: Dated & { readonly place: SecretPlace }, now: number): Time {
  if (isFarAhead(secret, now)) {
    throw new VaultError(
      'RepositoryState',
      `${secret.place.stages}: dated ${latestDate(secret)}, over 24 hours ahead of this computer's clock`,
      { hint: "set the clock right; if it is right, the member's was not who wrote there" }
    )
  }
  return stamp(now, greatestStamp(secret.stages), lastChanged(secret))
}
