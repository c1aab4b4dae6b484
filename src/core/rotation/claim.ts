import { latest, parseTime, type Time } from '../time.js'
import { AWSPENDING, hasNoValue, writtenAt, type Stages } from '../versions/stages.js'
import type { NextRotation } from './due.js'
import { pendingVersion } from './rotationState.js'

/** A rotation that is not complete. AWSPENDING on its version is the claim of the clone that put it there. */
export interface Claim {
  readonly version: string
  readonly hasValue: boolean
  /** When AWSPENDING was put there, or the claim was last renewed. */
  readonly moved: Time
  /** The last sign of the clone that has claimed it, in milliseconds since the Unix epoch. */
  readonly lastSign: number
}

export function claimIn(stages: Stages): Claim | undefined {
  const version = pendingVersion(stages)
  const label = stages.labels.get(AWSPENDING)
  if (version === undefined || label === undefined) return undefined
  const entry = stages.versions.get(version)
  const sign = latest(label.moved, entry && writtenAt(entry)) ?? label.moved
  return {
    version,
    hasValue: entry !== undefined && !hasNoValue(entry),
    moved: label.moved,
    lastSign: parseTime(sign) ?? 0
  }
}

/** The stages with AWSPENDING put on its version once more. Other clones then leave the rotation alone for a while. */
export function renewClaim(stages: Stages, moved: Time): Stages {
  const label = stages.labels.get(AWSPENDING)
  if (label === undefined) return stages
  const labels = new Map(stages.labels).set(AWSPENDING, { version: label.version, moved })
  return { ...stages, labels }
}

/** The next step for a secret. */
export type Choice =
  | { readonly action: 'begin' }
  | { readonly action: 'continue'; readonly version: string; readonly renews: boolean }
  /** `claimed`: another clone is rotating it. `closed`: no window is open in which it is to be rotated. */
  | { readonly action: 'leave'; readonly why: 'claimed' | 'closed' }

export interface Situation {
  readonly claim: Claim | undefined
  /** Whether this clone has made the claim, or renewed it last. */
  readonly isOwn: boolean
  /** `undefined` if there is no schedule. A rotation that is not complete is then continued at any time. */
  readonly next: NextRotation | undefined
  readonly hasSchedule: boolean
  /** Whether other clones see a claim before the rotation begins. */
  readonly isShared: boolean
  /** Milliseconds without a sign after which a claim is abandoned. */
  readonly patience: number
  readonly now: number
}

/**
 * Decides what to do about a secret, so that of several clones that share their claims only one rotates it in a window. A rotation
 * that has stored its new value is continued at any time: that value may be in use already, and AWSCURRENT may be refused.
 */
export function choose({ claim, isOwn, next, hasSchedule, isShared, patience, now }: Situation): Choice {
  const isFree = claim !== undefined && (!hasSchedule || claim.hasValue)
  if (next?.isOpen !== true && !isFree) return { action: 'leave', why: 'closed' }
  if (claim === undefined) return { action: 'begin' }
  const age = now - claim.lastSign
  if (!isOwn && age < patience) return { action: 'leave', why: 'claimed' }
  return { action: 'continue', version: claim.version, renews: !isOwn || (isShared && age > patience / 4) }
}

const LEAST_PATIENCE = 3_600_000
/** The four steps of a function, and some more. */
const STEPS_OF_PATIENCE = 5

/**
 * Milliseconds for which a claim of another clone is left alone after its last write: an hour, or longer if the function may
 * take longer.
 * @param timeout milliseconds that one step may take
 */
export const patienceFor = (timeout: number): number => Math.max(LEAST_PATIENCE, STEPS_OF_PATIENCE * timeout)
