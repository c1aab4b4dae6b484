/** What a clone has seen of one document. */
export interface SeenDocument {
  readonly serial: string
  readonly digest: string
}

/** What a clone has seen of one name on one branch. */
export interface SeenSecret {
  readonly arn: string
  readonly created: string
  readonly secret: SeenDocument
  readonly stages: SeenDocument
}

/** `same` and `newer` may be read; what was `older` or a `fork` never is (FORMAT.md, "When a document counts", 5). */
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

const ORDER: readonly Age[] = ['fork', 'older', 'newer', 'same']
