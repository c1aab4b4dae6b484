import type { UpdateSecretRequest, UpdateSecretResponse } from '../core/generated/requests.js'
import type { Clearable } from '../core/versions/register.js'
import type { Time } from '../core/time.js'
import type { SecretFields } from '../vault/changeSet.js'
import { resealVersions } from '../vault/team/reseal.js'
import type { Vault } from '../vault/vault.js'
import type { Secret } from '../vault/view.js'
import { refuseDeleted } from './deletion.js'
import { resolveKey } from './key.js'
import { versionTrailers, withNewVersion } from './newVersion.js'
import { rotationDate } from './rotation.js'
import { alreadyWritten, requestedValue, requireToken } from './value.js'

/**
 * Changes a secret's description, type or key, and adds a version if the request has a value, in one commit.
 * Secrets Manager: UpdateSecret.
 */
export async function updateSecret(
  vault: Vault,
  request: UpdateSecretRequest
): Promise<UpdateSecretResponse> {
  const token = requireToken(request.ClientRequestToken)
  const value = requestedValue(request)
  return vault.write('UpdateSecret', async draft => {
    const secret = await draft.secret(request.SecretId)
    refuseDeleted(secret)
    const { arn: ARN, name: Name } = secret
    const answer = { ARN, Name, ...(value ? { VersionId: token } : {}) }
    // a repeated request changes nothing, even if the secret was changed since
    if (value && (await alreadyWritten(draft, secret, token, value))) return answer

    const stamp = draft.stamp(secret)
    // resolved before the value is encrypted, which may need this key
    const key =
      request.KmsKeyId === undefined ? undefined : await resolveKey(vault, draft, Name, request.KmsKeyId)
    const put = value && (await withNewVersion(draft, secret, { token, value, stamp }))
    const present = put ?? secret.stages
    const stages = key === undefined ? present : await resealVersions(draft, secret, present)
    const hasNewKey = key !== undefined && (stages !== present || key !== secret.key.alias)
    const fields: SecretFields = {
      ...changedText(secret, request, stamp),
      ...(hasNewKey ? { key: { value: key, changed: stamp } } : {})
    }
    if (Object.keys(fields).length > 0) draft.authorize(Name, ['manage'])
    const all = { ...fields, ...rotationDate(draft, secret, stages, stamp) }
    if (Object.keys(all).length > 0) draft.updateSecret(secret, all, token, stamp)
    const pruned = stages === secret.stages ? [] : draft.updateStages(secret, stages, token, stamp)
    draft.describe(Name, [
      ['Client-Request-Token', token],
      ['Secret-Arn', ARN],
      ...(value ? versionTrailers(stages, token, pruned) : [])
    ])
    return answer
  })
}

/** The Description and Type that change. An empty text removes the member. */
function changedText(
  { document }: Secret,
  { Description, Type }: UpdateSecretRequest,
  changed: Time
): Pick<SecretFields, 'description' | 'type'> {
  const register = (text: string): Clearable => (text === '' ? { changed } : { value: text, changed })
  const differs = (text: string | undefined, present: Clearable | undefined): text is string =>
    text !== undefined && text !== (present?.value ?? '')
  return {
    ...(differs(Description, document.description) ? { description: register(Description) } : {}),
    ...(differs(Type, document.type) ? { type: register(Type) } : {})
  }
}
