import type { UntagResourceRequest, UntagResourceResponse } from '../core/generated/requests.js'
import { valuesOf, withValues } from '../core/versions/register.js'
import type { Vault } from '../vault/vault.js'
import { refuseDeleted } from './deletion.js'

/** Takes tags away; keys that there are not are passed over. Secrets Manager: UntagResource. */
export async function untagResource(
  vault: Vault,
  request: UntagResourceRequest
): Promise<UntagResourceResponse> {
  return vault.write('UntagResource', async draft => {
    const secret = await draft.secret(request.SecretId)
    refuseDeleted(secret)
    const { name, arn, document } = secret
    const present = new Set(valuesOf(document.tags).map(([key]) => key))
    const gone = request.TagKeys.filter(key => present.has(key)).map(key => [key, undefined] as const)
    if (gone.length === 0) return {}

    draft.authorize(name, ['manage'])
    const stamp = draft.stamp(secret)
    draft.updateSecret(secret, { tags: withValues(document.tags, gone, stamp) }, undefined, stamp)
    draft.describe(name, [['Secret-Arn', arn]])
    return {}
  })
}
