import { parseArn } from '../core/service/name.js'
import type { Claim } from '../core/rotation/claim.js'
import { nextRotation, type NextRotation, type RotationState } from '../core/rotation/due.js'
import { rulesOf } from '../core/rotation/rotationState.js'
import { parseSchedule, type RotationRules } from '../core/rotation/rules.js'
import { AWSCURRENT } from '../core/versions/stages.js'
import type { ListedSecret } from '../vault/listedSecret.js'
import { isScheduled } from './deletion.js'

/** The schedule of a secret's rotation, and its function. Holds no value. */
export interface RotationPlan {
  readonly arn: string
  readonly name: string
  readonly region: string
  /** The region, if it is not the home region. */
  readonly elsewhere: string | undefined
  /** RotationLambdaARN. */
  readonly functionArn: string
  readonly rules: RotationRules
  readonly hasSchedule: boolean
  readonly state: RotationState
  /** The rotation that is not complete, if there is one. */
  readonly claim: Claim | undefined
}

/**
 * Returns `undefined` for a secret that is not rotated: rotation is off, or it is scheduled for deletion.
 * @param elsewhere the region, if it is not the home region
 */
export function rotationPlan(secret: ListedSecret, elsewhere: string | undefined): RotationPlan | undefined {
  const { arn, name, document, stages, claim } = secret
  const { rotation, rotated } = document
  if (rotation?.function === undefined || rotation.enabled !== 'yes' || isScheduled(secret)) return undefined
  const current = stages.versions.get(stages.labels.get(AWSCURRENT)?.version ?? '')
  const rules = rulesOf(rotation) ?? {}
  return {
    ...{ arn, name, region: parseArn(arn).region, elsewhere, functionArn: rotation.function },
    ...{ rules, hasSchedule: parseSchedule(rules) !== undefined },
    state: { setUp: rotation.changed, lastRotated: rotated, valueStored: current?.created },
    claim
  }
}

/** @param now milliseconds since the Unix epoch */
export const nextOf = ({ rules, state }: RotationPlan, now: number): NextRotation | undefined =>
  nextRotation(rules, state, now)
