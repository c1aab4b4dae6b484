import { partsOfArn } from '../core/service/name.js'
import { skippedOf, type Skipped } from './documents/skipped.js'
import type { Draft } from './draft.js'
import type { Secret } from './view.js'

/** The operation in the message of a commit that removes secrets after their recovery window. */
export const PURGE = 'PurgeSecrets'

/** A secret that stays because it fails verification. */
export interface NotRemoved extends Skipped {
  readonly arn: string
}

/**
 * Drafts the removal of secrets whose recovery window has ended. Checks that for each one in the commit that the draft
 * starts from. Returns the ARNs of the removed secrets, and those that stay because they fail verification.
 */
export async function removeExpired(
  draft: Draft,
  arns: readonly string[]
): Promise<{ removed: string[]; refused: NotRemoved[] }> {
  const removed: string[] = []
  const refused: NotRemoved[] = []
  for (const arn of arns) {
    const secret = await expired(draft, arn, refused)
    // a secret that was created again under the name has another ARN
    if (secret?.arn !== arn) continue
    draft.removeSecret(secret)
    removed.push(arn)
  }
  draft.describe(
    draft.view.place.folder,
    removed.map(arn => ['Secret-Arn', arn] as const)
  )
  return { removed, refused }
}

async function expired(draft: Draft, arn: string, refused: NotRemoved[]): Promise<Secret | undefined> {
  const parts = partsOfArn(arn)
  if (!parts) return undefined
  const view = draft.view.inRegion(parts.region)
  try {
    return await view.expired(parts.name)
  } catch (error) {
    refused.push({ arn, ...skippedOf(await view.unusable(error, view.place.secret(parts.name).secret)) })
    return undefined
  }
}
