import { parseSecretId } from '../core/service/name.js'
import type { Draft } from './draft.js'

/** The operation that a commit's message names when it removes secrets past their recovery window. */
export const PURGE = 'PurgeSecrets'

/**
 * Drafts the removal of those secrets that are past their recovery window in the commit that is built upon, whatever
 * named them. Gives the ARNs of those that go.
 */
export async function removeExpired(draft: Draft, arns: readonly string[]): Promise<string[]> {
  const removed: string[] = []
  for (const arn of arns) {
    const id = parseSecretId(arn)
    const secret = id.kind === 'arn' ? await draft.view.inRegion(id.region).expired(id.name) : undefined
    // made anew since, the name has another ARN
    if (secret?.arn !== arn) continue
    draft.removeSecret(secret)
    removed.push(arn)
  }
  draft.describe(
    draft.view.place.folder,
    removed.map(arn => ['Secret-Arn', arn] as const)
  )
  return removed
}
