import { knows } from '../../core/versions/merge.js'
import { includesSecret } from '../../core/versions/mergeSecret.js'
import { compareSecret, rolledBackLabel } from '../../core/versions/seen.js'
import { writtenAt } from '../../core/versions/stages.js'
import { seenState } from '../memory/seenState.js'
import type { Secret } from '../view.js'

type Documents = Pick<Secret, 'document' | 'stagesDocument' | 'stages' | 'manages'>

/**
 * Whether a state follows another one and has all of it, or something later in its place. A secret that was created again
 * follows the one that was removed.
 */
export function includes(state: Documents, other: Documents): boolean {
  const [found, seen] = [seenState(state), seenState(other)]
  const age = compareSecret(found, seen)
  if (age !== 'newer' && age !== 'same') return false
  if (found.arn !== seen.arn) return true
  return (
    rolledBackLabel(found.moves, seen.moves) === undefined &&
    knows(state.stages, other) &&
    includesSecret(state.document, other.document)
  )
}

/** Returns a version that `other` lists, and that `state` neither lists nor has pruned. */
export function missingVersion({ stages }: Documents, other: Documents): string | undefined {
  const { pruned = '' } = stages
  const missing = [...other.stages.versions].find(
    ([id, entry]) => !stages.versions.has(id) && writtenAt(entry) > pruned
  )
  return missing?.[0]
}
