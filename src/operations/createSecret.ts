import { VaultError } from '../core/errors.js'
import type { CreateSecretRequest, CreateSecretResponse } from '../core/generated/requests.js'
import { addVersion } from '../core/versions/labels.js'
import { checkName } from '../core/service/name.js'
import { prune } from '../core/versions/pruning.js'
import { withValues } from '../core/versions/register.js'
import type { SecretValue } from '../core/crypto/seal.js'
import { noVersions, labelsOf, stamp } from '../core/versions/stages.js'
import type { Time } from '../core/time.js'
import { creationTime } from '../core/versions/versions.js'
import type { Draft } from '../vault/draft.js'
import type { Vault } from '../vault/vault.js'
import type { Secret } from '../vault/view.js'
import { isScheduled } from './deletion.js'
import { resolveKey } from './key.js'
import { newArn } from './newArn.js'
import { replicate, replication } from './replication.js'
import { withTags } from './tags.js'
import { alreadyWritten, requestedValue, requireToken } from './value.js'

/** Creates a secret, with its first version if the request has a value. Secrets Manager: CreateSecret. */
export async function createSecret(
  vault: Vault,
  request: CreateSecretRequest
): Promise<CreateSecretResponse> {
  const token = requireToken(request.ClientRequestToken)
  const value = requestedValue(request)
  checkName(request.Name)
  const made = await vault.write('CreateSecret', async draft => {
    const present = await draft.view.named(request.Name)
    if (present) return repeat(draft, present, token, value)
    return create(vault, draft, request, token, value)
  })
  if (!request.AddReplicaRegions) return made
  const view = await vault.read()
  return { ...made, ...(await replication(vault, view, await view.secret(request.Name))) }
}

/** Answers a repeated request. Throws ResourceExistsException if the secret was created by another request. */
async function repeat(
  draft: Draft,
  secret: Secret,
  token: string,
  value: SecretValue | undefined
): Promise<CreateSecretResponse> {
  if (isScheduled(secret)) {
    throw new VaultError(
      'InvalidRequestException',
      "You can't create this secret because a secret with this name is already scheduled for deletion."
    )
  }
  const { arn: ARN, name: Name, primary } = secret
  if (primary !== undefined) throw taken(Name)
  if (value && (await alreadyWritten(draft, secret, token, value))) return { ARN, Name, VersionId: token }
  if (!value && secret.document.token === token) return { ARN, Name }
  throw taken(Name)
}

function taken(name: string): VaultError {
  return new VaultError(
    'ResourceExistsException',
    `The operation failed because the secret ${name} already exists.`
  )
}

async function create(
  vault: Vault,
  draft: Draft,
  request: CreateSecretRequest,
  token: string,
  value: SecretValue | undefined
): Promise<CreateSecretResponse> {
  const { arn, stages, replicas } = await addNewSecret(vault, draft, request, token, value)
  draft.describe(request.Name, [
    ['Client-Request-Token', token],
    ['Secret-Arn', arn],
    ...(value ? [['Version-Id', token] as const] : []),
    ...labelsOf(stages, token).map(label => ['Version-Stages', label] as const),
    ...replicas.map(([region]) => ['Replica-Region', region] as const)
  ])
  return { ARN: arn, Name: request.Name, ...(value ? { VersionId: token } : {}) }
}

/** Drafts a secret that does not exist, and adds nothing to the commit's message. */
export async function addNewSecret(
  vault: Vault,
  draft: Draft,
  request: CreateSecretRequest,
  token: string,
  value: SecretValue | undefined
) {
  const { Name: name, KmsKeyId, Description, Type, Tags } = request
  const key = await resolveKey(vault, draft, name, KmsKeyId)
  draft.authorize(name, ['manage'])
  if (value) draft.authorize(name, ['encrypt'])
  const expired = await draft.view.expired(name)
  if (expired) draft.removeSecret(expired)
  const arn = newArn(draft, name)
  // later than the previous secret of this name, whatever the clock says, so that clones know which one is
  // newer
  const time = stamp(draft.now, await draft.view.seen.lastCreated(arn), expired?.document.created)
  const register = (text: string) => ({ value: text, changed: time })

  const stages = value ? firstVersion(draft, { arn, name, token, value, time }) : noVersions
  const tags = Tags?.length ? withTags(undefined, Tags, time) : undefined
  const force = request.ForceOverwriteReplicaSecret === true
  const replicas = await replicate(vault, draft, { name }, request.AddReplicaRegions ?? [], force)
  draft.addSecret(
    {
      name,
      arn,
      created: time,
      token,
      key: register(key),
      ...(Description ? { description: register(Description) } : {}),
      ...(Type ? { type: register(Type) } : {}),
      ...(tags ? { tags } : {}),
      ...(replicas.length > 0 ? { replicas: withValues(undefined, replicas, time) } : {})
    },
    stages,
    time
  )
  return { arn, stages, replicas }
}

function firstVersion(
  draft: Draft,
  version: { arn: string; name: string; token: string; value: SecretValue; time: Time }
) {
  const { arn, name, token, value, time } = version
  const created = creationTime(noVersions, draft.now)
  const entry = draft.addVersion({ arn, name, versionId: token, created, value })
  const stages = addVersion(noVersions, { versionId: token, entry, stamp: time })
  return prune(stages, { ...draft.view.access.pruning, now: draft.now }).stages
}
