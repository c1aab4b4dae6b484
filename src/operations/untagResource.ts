import type { UntagResourceRequest, UntagResourceResponse } from '../core/generated/requests.js'
import { valuesOf, withValues } from '../core/versions/register.js'
import type { Vault } from '../vault/vault.js'
import { refuseDeleted } from './deletion.js'

/** Removes tags. Keys that the secret does not have are ignored. Secrets Manager: UntagResource. */
export async function untagResource(
  vault: Vault,
  request: UntagResourceRequest
): Promise<UntagResourceResponse> {
  return vault.write('UntagResource', async draft => {
    const secret = await draft.secret(request.SecretId)
    refuseDeleted(secret)
    const { name, arn, document } = secret
    const present = new Set(valuesOf(document.tags).map(([key]) => key))
    const removed = request.TagKeys.filter(key => present.has(key)).map(key => [key, undefined] as const)
    if (removed.length === 0) return {}

    draft.authorize(name, ['manage'])
    const stamp = draft.stamp(secret)
    draft.updateSecret(secret, { tags: withValues(document.tags, removed, stamp) }, undefined, stamp)
    draft.describe(name, [['Secret-Arn', arn]])
    return {}
  })
}
