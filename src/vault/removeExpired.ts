import { partsOfArn } from '../core/service/name.js'
import type { Draft } from './draft.js'

/** The operation in the message of a commit that removes secrets after their recovery window. */
export const PURGE = 'PurgeSecrets'

/**
 * Drafts the removal of secrets whose recovery window has ended. Checks that for each one in the commit that the draft
 * starts from. Returns the ARNs of the removed secrets.
 */
export async function removeExpired(draft: Draft, arns: readonly string[]): Promise<string[]> {
  const removed: string[] = []
  for (const arn of arns) {
    const parts = partsOfArn(arn)
    const secret = parts && (await draft.view.inRegion(parts.region).expired(parts.name))
    // a secret that was created again under the name has another ARN
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
