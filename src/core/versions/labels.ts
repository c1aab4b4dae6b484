import { VaultError } from '../errors.js'
import {
  AWSCURRENT,
  AWSPENDING,
  hasNoValue,
  moveOf,
  normalize,
  type Label,
  type Stages,
  type VersionEntry
} from './stages.js'
import type { Time } from '../time.js'

/** Labels on all versions of one secret together (Secrets Manager's quota). */
export const LABEL_QUOTA = 20

/** A version to add, or the value for an empty one. */
export interface NewVersion {
  readonly versionId: string
  /** `entry.created` must come from `creationTime`. */
  readonly entry: VersionEntry
  /** VersionStages; by default AWSCURRENT. */
  readonly labels?: readonly string[] | undefined
  readonly stamp: Time
}

/** UpdateSecretVersionStage's request. */
export interface LabelMove {
  readonly label: string
  readonly removeFrom?: string | undefined
  readonly moveTo?: string | undefined
  readonly stamp: Time
}

/**
 * Adds a version with its labels (CreateSecret, PutSecretValue, UpdateSecret, RotateSecret). The named labels
 * move to it, other labels stay. If AWSCURRENT moves, AWSPENDING is removed from the version that AWSCURRENT
 * leaves, and AWSPREVIOUS moves to that version, even if it was named. The first version with a value always
 * gets AWSCURRENT. Throws LimitExceededException if there would be too many labels.
 *
 * The caller must refuse a version that already has a value (ClientRequestToken).
 */
export function addVersion(stages: Stages, { versionId, entry, labels, stamp }: NewVersion): Stages {
  const present = stages.versions.get(versionId)
  if (present !== undefined && !hasNoValue(present)) throw new Error('the version already has a value')

  const current = stages.labels.get(AWSCURRENT)
  const named = new Set(labels ?? [AWSCURRENT])
  if (current === undefined && !hasNoValue(entry)) named.add(AWSCURRENT)
  const movesCurrent = named.has(AWSCURRENT) && current?.version !== versionId

  let next: Stages = { ...stages, versions: new Map(stages.versions).set(versionId, entry) }
  const pending = stages.labels.get(AWSPENDING)
  if (movesCurrent && pending !== undefined && pending.version === current?.version) {
    next = removeLabel(next, AWSPENDING, stamp)
  }
  for (const label of named) next = placeLabel(next, label, versionId, stamp)
  // An AWSPREVIOUS placed together with AWSCURRENT is no later than it, so `normalize` makes it follow AWSCURRENT.
  return withinQuota(stages, normalize(next))
}

/**
 * Moves or removes one label (UpdateSecretVersionStage), with the service's errors. Returns the same object
 * if the label is already in place. Other labels stay, except that AWSPREVIOUS moves to the version that
 * AWSCURRENT leaves.
 */
export function moveLabel(stages: Stages, { label, removeFrom, moveTo, stamp }: LabelMove): Stages {
  const holder = stages.labels.get(label)?.version
  if (moveTo === undefined) {
    if (removeFrom === undefined) {
      throw invalidParameter('You must provide either RemoveFromVersionId or MoveToVersionId, or both.')
    }
    if (label === AWSCURRENT) {
      throw invalidParameter(
        'You can only move staging label AWSCURRENT to a different secret version. ' +
          "It can't be completely removed."
      )
    }
    checkHolder(label, holder, removeFrom)
    return normalize(removeLabel(stages, label, stamp))
  }

  const target = stages.versions.get(moveTo)
  // Like the service, finds no value in a version that a rotation has yet to fill. Moving a label onto an
  // empty version could also lose a value: after a merge, the label's former version may have no label left.
  if (target === undefined || hasNoValue(target)) {
    throw new VaultError(
      'ResourceNotFoundException',
      `Secrets Manager can't find the specified secret value for VersionId: ${moveTo}`
    )
  }
  if (removeFrom !== undefined) checkHolder(label, holder, removeFrom)
  if (holder === moveTo) return stages
  if (holder !== undefined && removeFrom === undefined) {
    throw invalidParameter(
      `The parameter RemoveFromVersionId can't be empty. Staging label ${label} is currently attached to ` +
        `version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`
    )
  }
  return withinQuota(stages, normalize(placeLabel(stages, label, moveTo, stamp)))
}

function placeLabel(stages: Stages, label: string, version: string, stamp: Time): Stages {
  const present = stages.labels.get(label)
  if (present?.version === version) return stages
  const move: Label =
    label === AWSCURRENT && present !== undefined
      ? { version, moved: stamp, before: moveOf(present) }
      : { version, moved: stamp }
  const removed = new Map(stages.removed)
  removed.delete(label)
  return { ...stages, labels: new Map(stages.labels).set(label, move), removed }
}

function removeLabel(stages: Stages, label: string, stamp: Time): Stages {
  const labels = new Map(stages.labels)
  labels.delete(label)
  return { ...stages, labels, removed: new Map(stages.removed).set(label, stamp) }
}

/** A merge may have left more labels than the quota. Then only writes that add more are refused. */
function withinQuota(before: Stages, after: Stages): Stages {
  if (after.labels.size <= LABEL_QUOTA || after.labels.size <= before.labels.size) return after
  throw new VaultError(
    'LimitExceededException',
    `You can't attach more than ${LABEL_QUOTA} staging labels to the versions of a secret.`
  )
}

function checkHolder(label: string, holder: string | undefined, removeFrom: string): void {
  if (holder === removeFrom) return
  throw invalidParameter(
    `When you move staging label ${label}, if you specify RemoveFromVersionId, it must be set to the version ` +
      `that currently has the staging label ${label}.`
  )
}

function invalidParameter(message: string): VaultError {
  return new VaultError('InvalidParameterException', message)
}
