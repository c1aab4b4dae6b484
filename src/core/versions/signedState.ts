import { formatTime, latest, type Time } from '../time.js'
import { type PruningPolicy } from './pruning.js'
import { AWSCURRENT, AWSPENDING, AWSPREVIOUS, normalize, type Label, type Stages } from './stages.js'

/** An accepted stages.yaml. */
export interface SignedState {
  readonly stages: Stages
  /** Whether its signer holds `manage` on the secret's key, or is an admin. */
  readonly manages: boolean
}

/** One side of a merge. */
export interface Side {
  readonly tip: SignedState
  /**
   * The accepted states between the merge base and the tip, in any order. A removal by a member with `manage` takes effect
   * even if the tip was signed by a member without it, but only if the state that contains it is here.
   */
  readonly earlier?: readonly SignedState[]
}

/** Ages are measured against the clock of the member who merges. */
export interface Ages {
  readonly pruning: PruningPolicy
  /** Milliseconds since the Unix epoch. */
  readonly now: number
}

/**
 * The part of a state that a merge takes (FORMAT.md, "Merging"). Of a signer without `manage`, it leaves out what
 * deletes: `removed`, `pruned` and `forgotten`. Exceptions are what a put does by itself: it removes AWSPENDING when
 * AWSCURRENT moves, and prunes old versions if there are too many.
 */
export function counted({ stages, manages }: SignedState, ages: Ages): Stages {
  if (manages) return stages
  const { labels, versions } = stages
  const pruned = prunedByPut(stages, ages)
  return normalize({
    labels,
    versions,
    removed: removedByPut(stages),
    ...(pruned === undefined ? {} : { pruned })
  })
}

/** Adds the removals that both sides have, at the earlier of the two times: they are not taken from either side. */
export function withAgreed(merged: Stages, a: Stages, b: Stages): Stages {
  const removed = new Map(merged.removed)
  for (const label of [...a.removed.keys(), ...b.removed.keys()]) {
    const time = earlier(removedAt(a, label), removedAt(b, label))
    if (time !== undefined && time > (removedAt(merged, label) ?? '')) removed.set(label, time)
  }
  const pruned = latest(merged.pruned, earlier(a.pruned, b.pruned))
  const forgotten = latest(merged.forgotten, earlier(a.forgotten, b.forgotten))
  return normalize({
    ...merged,
    removed,
    ...(pruned === undefined ? {} : { pruned }),
    ...(forgotten === undefined ? {} : { forgotten })
  })
}

function removedByPut({ labels, removed }: Stages): Map<string, Time> {
  const current = labels.get(AWSCURRENT)
  return new Map([...removed].filter(([label, time]) => isRemovedByPut(label, time, current)))
}

/** Whether a put has removed the label by itself, because it moved AWSCURRENT. */
export function isRemovedByPut(
  label: string,
  time: Time,
  current: Pick<Label, 'moved' | 'before'> | undefined
): boolean {
  return label === AWSPENDING && current?.before !== undefined && time === current.moved
}

/** A put prunes only versions that are old enough, and leaves `keep` versions. */
function prunedByPut({ versions, pruned }: Stages, { pruning, now }: Ages): Time | undefined {
  if (pruned === undefined || versions.size < pruning.keep) return undefined
  const youngest = formatTime(Math.max(0, now - pruning.minimumAgeMs))
  return earlier(pruned, youngest)
}

function removedAt({ labels, removed, forgotten }: Stages, label: string): Time | undefined {
  return removed.get(label) ?? (labels.has(label) || label === AWSPREVIOUS ? undefined : forgotten)
}

function earlier(a: Time | undefined, b: Time | undefined): Time | undefined {
  if (a === undefined || b === undefined) return undefined
  return a < b ? a : b
}
