import { VaultError } from '../errors.js'
import {
  AWSCURRENT,
  AWSPENDING,
  isEmpty,
  moveOf,
  normal,
  type Label,
  type Stages,
  type VersionEntry
} from './stages.js'
import type { Time } from '../time.js'

/** Over all versions of one secret (Secrets Manager's quota). */
export const LABEL_QUOTA = 20

/** A version to add, or the value for one that was empty. */
export interface NewVersion {
  readonly versionId: string
  /** Its `created` is `creationTime`'s. */
  readonly entry: VersionEntry
  /** VersionStages; left out, AWSCURRENT. */
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
 * A new version with its labels (CreateSecret, PutSecretValue, UpdateSecret, RotateSecret). Labels that are
 * named come here from wherever they were, others stay. Moving AWSCURRENT takes AWSPENDING from the version
 * it leaves, and AWSPREVIOUS goes there, even if named. The first version with a value gets AWSCURRENT in
 * any case. Throws LimitExceededException where the labels would become too many.
 *
 * A version that has a value already is the caller's to refuse (ClientRequestToken).
 */
export function addVersion(stages: Stages, { versionId, entry, labels, stamp }: NewVersion): Stages {
  const present = stages.versions.get(versionId)
  if (present !== undefined && !isEmpty(present)) throw new Error('A version is written once.')

  const current = stages.labels.get(AWSCURRENT)
  const named = new Set(labels ?? [AWSCURRENT])
  if (current === undefined && !isEmpty(entry)) named.add(AWSCURRENT)
  const movesCurrent = named.has(AWSCURRENT) && current?.version !== versionId

  let next: Stages = { ...stages, versions: new Map(stages.versions).set(versionId, entry) }
  const pending = stages.labels.get(AWSPENDING)
  if (movesCurrent && pending !== undefined && pending.version === current?.version) {
    next = take(next, AWSPENDING, stamp)
  }
  for (const label of named) next = place(next, label, versionId, stamp)
  // An AWSPREVIOUS that was placed together with AWSCURRENT is no later than it: `normal` moves it on.
  return withinQuota(stages, normal(next))
}

/**
 * Moves or takes away one label (UpdateSecretVersionStage), with the service's errors. Where the label is
 * there already, the very same state comes back. All other labels stay, except that AWSPREVIOUS goes to the
 * version that AWSCURRENT leaves.
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
    return normal(take(stages, label, stamp))
  }

  const target = stages.versions.get(moveTo)
  // The service finds no value in a version that a rotation has yet to fill either. Moving a label onto one
  // could also lose a value: merging may leave the label's former version without any.
  if (target === undefined || isEmpty(target)) {
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
  return withinQuota(stages, normal(place(stages, label, moveTo, stamp)))
}

function place(stages: Stages, label: string, version: string, stamp: Time): Stages {
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

function take(stages: Stages, label: string, stamp: Time): Stages {
  const labels = new Map(stages.labels)
  labels.delete(label)
  return { ...stages, labels, removed: new Map(stages.removed).set(label, stamp) }
}

/** A merge may have left more than the quota: then only what adds to them is refused. */
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
