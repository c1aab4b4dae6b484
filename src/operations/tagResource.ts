import type { TagResourceRequest, TagResourceResponse } from '../core/generated/requests.js'
import type { Vault } from '../vault/vault.js'
import { refuseDeleted } from './deletion.js'
import { withTags } from './tags.js'

/** Adds or replaces tags. Other tags stay. Secrets Manager: TagResource. */
export async function tagResource(vault: Vault, request: TagResourceRequest): Promise<TagResourceResponse> {
  return vault.write('TagResource', async draft => {
    const secret = await draft.secret(request.SecretId)
    refuseDeleted(secret)
    const { name, arn, document } = secret
    const stamp = draft.stamp(secret)
    const tags = withTags(document.tags, request.Tags, stamp)
    if (!Object.values(tags).some(({ changed }) => changed === stamp)) return {}

    draft.authorize(name, ['manage'])
    draft.updateSecret(secret, { tags }, undefined, stamp)
    draft.describe(name, [['Secret-Arn', arn]])
    return {}
  })
}
