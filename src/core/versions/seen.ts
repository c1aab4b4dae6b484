import { AWSCURRENT, AWSPREVIOUS } from './stages.js'

/** What a clone has seen of one document. */
export interface SeenDocument {
  readonly serial: string
  readonly digest: string
}

/**
 * When each label came to where it is, or was taken away. What is absent was taken away at `forgotten`. AWSPREVIOUS is as
 * new as the move of AWSCURRENT that it follows.
 */
export interface SeenMoves {
  readonly labels: { readonly [label: string]: string }
  readonly forgotten?: string
  /** AWSCURRENT's moves: the last, and the one before. */
  readonly current?: readonly SeenMove[]
}

export interface SeenMove {
  readonly version: string
  readonly moved: string
}

/** What a clone has seen of one name on one branch. */
export interface SeenSecret {
  readonly arn: string
  readonly created: string
  readonly secret: SeenDocument
  readonly stages: SeenDocument
  readonly moves?: SeenMoves
}

/** `same` and `newer` may be read; what was `older` or a `fork` never is (FORMAT.md, "When a document is accepted", 5). */
export type Age = 'same' | 'newer' | 'older' | 'fork'

export function compareDocument(found: SeenDocument, seen: SeenDocument): Age {
  const difference = Number(found.serial) - Number(seen.serial)
  if (difference !== 0) return difference > 0 ? 'newer' : 'older'
  return found.digest === seen.digest ? 'same' : 'fork'
}

/**
 * Both documents of a secret against what was seen: the worse of the two. A secret that was deleted and made again has
 * another ARN; it counts if it was made later, so that a deleted one cannot be brought back over it.
 */
export function compareSecret(found: SeenSecret, seen: SeenSecret): Age {
  if (found.arn !== seen.arn) return found.created > seen.created ? 'newer' : 'older'
  const ages = [compareDocument(found.secret, seen.secret), compareDocument(found.stages, seen.stages)]
  return ORDER.find(age => ages.includes(age)) ?? 'same'
}

/** Which of the two documents `compareSecret` judged by. */
export function culprit(found: SeenSecret, seen: SeenSecret): 'secret' | 'stages' {
  return compareDocument(found.stages, seen.stages) === compareSecret(found, seen) ? 'stages' : 'secret'
}

/**
 * A label whose last move is older than one that was seen. Serials go on where somebody who may write puts back an old
 * move, whose proof still holds.
 */
export function labelGoneBack(found: SeenMoves, seen: SeenMoves): string | undefined {
  const [label] =
    Object.entries(seen.labels).find(
      ([name, moved]) => moved > (ownOf(found.labels, name) ?? found.forgotten ?? '')
    ) ?? []
  return label ?? currentGoneBack(found.current, seen.current)
}

/**
 * AWSCURRENT may have been moved on, and then knows all that was seen: each move of it is to the version that it is on, or
 * no later than where it was before. What AWSPREVIOUS follows is not proved by AWSCURRENT's own move.
 */
function currentGoneBack(
  found: SeenMoves['current'] = [],
  seen: SeenMoves['current'] = []
): string | undefined {
  const [last, before] = found
  if (!last) return seen.length > 0 ? AWSCURRENT : undefined
  const isKnown = ({ version, moved }: SeenMove) => version === last.version || moved <= (before?.moved ?? '')
  return seen.every(isKnown) ? undefined : AWSPREVIOUS
}

function ownOf(labels: SeenMoves['labels'], name: string): string | undefined {
  return Object.hasOwn(labels, name) ? labels[name] : undefined
}

const ORDER: readonly Age[] = ['fork', 'older', 'newer', 'same']
