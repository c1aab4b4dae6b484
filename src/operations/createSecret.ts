import { DEFAULT_KEY, keyFor } from '../core/access.js'
import { VaultError } from '../core/errors.js'
import type { CreateSecretRequest, CreateSecretResponse } from '../core/generated/requests.js'
import { addVersion } from '../core/labels.js'
import { arnSuffix, checkName, formatArn } from '../core/name.js'
import { prune } from '../core/pruning.js'
import type { SecretValue } from '../core/seal.js'
import { empty, labelsOf, stamp } from '../core/stages.js'
import { formatTime, type Time } from '../core/time.js'
import { creationTime } from '../core/versions.js'
import type { Draft } from '../vault/draft.js'
import type { Vault } from '../vault/vault.js'
import type { Secret } from '../vault/view.js'
import { alreadyWritten, requestedValue, requireToken } from './value.js'

/** Makes a secret, with its first version if a value is given. Secrets Manager: CreateSecret. */
export async function createSecret(
  vault: Vault,
  request: CreateSecretRequest
): Promise<CreateSecretResponse> {
  const token = requireToken(request.ClientRequestToken)
  const value = requestedValue(request)
  checkName(request.Name)
  if (request.AddReplicaRegions) {
    throw new VaultError(
      'InvalidParameterException',
      'AddReplicaRegions is not supported yet: this vault has one region.'
    )
  }
  return vault.write('CreateSecret', async draft => {
    const present = await draft.view.named(request.Name)
    if (present) return repeat(draft, present, token, value)
    return create(draft, request, token, value)
  })
}

/** The answer to a request that was made before; an error where it is another. */
async function repeat(
  draft: Draft,
  secret: Secret,
  token: string,
  value: SecretValue | undefined
): Promise<CreateSecretResponse> {
  if (secret.document.deletion) {
    throw new VaultError(
      'InvalidRequestException',
      "You can't create this secret because a secret with this name is already scheduled for deletion."
    )
  }
  const { arn: ARN, name: Name } = secret
  if (value && (await alreadyWritten(draft, secret, token, value))) return { ARN, Name, VersionId: token }
  if (!value && secret.document.token === token) return { ARN, Name }
  throw new VaultError(
    'ResourceExistsException',
    `The operation failed because the secret ${Name} already exists.`
  )
}

function create(
  draft: Draft,
  request: CreateSecretRequest,
  token: string,
  value: SecretValue | undefined
): CreateSecretResponse {
  const { Name: name, KmsKeyId, Description, Type, Tags } = request
  const { access } = draft.view
  draft.authorize(name, ['manage'])
  const key = chosenKey(draft, name, KmsKeyId)
  const arn = formatArn({ region: access.region, account: access.account, name, suffix: newSuffix(draft) })
  const time = stamp(draft.now)
  const register = (text: string) => ({ value: text, changed: time })

  const stages = value ? firstVersion(draft, { arn, name, token, value, time }) : empty
  const tags = tagRegisters(Tags ?? [], register)
  draft.addSecret(
    {
      name,
      arn,
      created: formatTime(draft.now),
      token,
      key: register(key),
      ...(Description ? { description: register(Description) } : {}),
      ...(Type ? { type: register(Type) } : {}),
      ...(tags ? { tags } : {})
    },
    stages,
    time
  )
  draft.describe(name, [
    ['Client-Request-Token', token],
    ['Secret-Arn', arn],
    ...(value ? [['Version-Id', token] as const] : []),
    ...labelsOf(stages, token).map(label => ['Version-Stages', label] as const)
  ])
  return { ARN: arn, Name: name, ...(value ? { VersionId: token } : {}) }
}

function firstVersion(
  draft: Draft,
  version: { arn: string; name: string; token: string; value: SecretValue; time: Time }
) {
  const { arn, name, token, value, time } = version
  const created = creationTime(empty, draft.now)
  const entry = draft.addVersion({ arn, name, versionId: token, created, value })
  const stages = addVersion(empty, { versionId: token, entry, stamp: time })
  return prune(stages, { ...draft.view.access.pruning, now: draft.now }).stages
}

/** The names of the account's own key for Secrets Manager mean the default key. */
const DEFAULT_ALIASES: ReadonlySet<string> = new Set([
  '',
  DEFAULT_KEY,
  `alias/${DEFAULT_KEY}`,
  'alias/aws/secretsmanager'
])

/** The log binds names to keys; a request may say the same, and nothing else. */
function chosenKey(draft: Draft, name: string, kmsKeyId: string | undefined): string {
  const alias = keyFor(draft.view.access, name)?.alias
  if (alias === undefined)
    throw new VaultError('EncryptionFailure', `no key of this vault is for the name ${name}`)
  const asked = kmsKeyId?.replace(/^alias\//, '')
  const agrees =
    kmsKeyId === undefined || asked === alias || (alias === DEFAULT_KEY && DEFAULT_ALIASES.has(kmsKeyId))
  if (agrees) return alias
  throw new VaultError(
    'InvalidParameterException',
    `The secret ${name} belongs to the key alias/${alias} of this vault.`
  )
}

function newSuffix(draft: Draft): string {
  for (;;) {
    const suffix = arnSuffix(draft.random.bytes(32))
    if (suffix !== undefined) return suffix
  }
}

function tagRegisters(
  tags: NonNullable<CreateSecretRequest['Tags']>,
  register: (text: string) => { value: string; changed: Time }
) {
  if (tags.length === 0) return undefined
  const registers = Object.create(null) as Record<string, ReturnType<typeof register>>
  for (const { Key, Value } of tags) {
    if (Key === undefined || Value === undefined) {
      throw new VaultError('InvalidParameterException', 'A tag must have both a key and a value.')
    }
    if (Key in registers)
      throw new VaultError('InvalidParameterException', 'You can have only one tag with each key.')
    registers[Key] = register(Value)
  }
  if (tags.length > 50)
    throw new VaultError('LimitExceededException', 'You can attach at most 50 tags to a secret.')
  return registers
}
