import type { OperationName } from '../core/generated/operations.js'
import { AWSCURRENT, labelsOf } from '../core/versions/stages.js'
import { valuesOf } from '../core/versions/register.js'
import type { Secret } from '../vault/view.js'

/** A request's input, after it has been checked against the model. */
export type Input = Readonly<Record<string, unknown>>

type Keys = Map<string, readonly string[]>

interface Tag {
  readonly Key?: string
  readonly Value?: string
}

/** Request members whose condition key has the same name, such as `secretsmanager:RecoveryWindowInDays`. */
const SAME_NAME = [
  'Name',
  'VersionId',
  'Description',
  'KmsKeyId',
  'RecoveryWindowInDays',
  'ForceDeleteWithoutRecovery',
  'BlockPublicPolicy',
  'ForceOverwriteReplicaSecret',
  'RotationLambdaARN',
  'RotateImmediately'
]

/** The defaults of members that a request may omit: omitting one must not evade a policy about it. */
const DEFAULTS: Partial<Record<OperationName, (input: Input) => Input>> = {
  CreateSecret: () => ({ ForceOverwriteReplicaSecret: false }),
  DeleteSecret: ({ ForceDeleteWithoutRecovery: force }) => ({
    ForceDeleteWithoutRecovery: false,
    ...(force === true ? {} : { RecoveryWindowInDays: 30 })
  }),
  PutResourcePolicy: () => ({ BlockPublicPolicy: false }),
  ReplicateSecretToRegions: () => ({ ForceOverwriteReplicaSecret: false }),
  RotateSecret: () => ({ RotateImmediately: true })
}

/**
 * The condition keys of a request, in lower case but for the names of tags. Keys about the secret are present only if the secret has
 * them. A request for a version by its id alone has the stages of that version, so that a policy about stages
 * applies to it too.
 */
export function conditionsOf(
  operation: OperationName,
  input: Input,
  secret: Secret | undefined,
  resource: string
): Keys {
  const keys: Keys = new Map()
  for (const name of SAME_NAME) {
    const value = input[name] ?? DEFAULTS[operation]?.(input)[name]
    if (value !== undefined) keys.set(`secretsmanager:${name.toLowerCase()}`, [text(value)])
  }
  // always the ARN: a policy that denies the ARN must also deny a request by name
  if (input['SecretId'] !== undefined) keys.set('secretsmanager:secretid', [resource])
  const stages = stagesOf(operation, input, secret)
  if (stages.length > 0) keys.set('secretsmanager:versionstage', stages)
  const regions = (input['AddReplicaRegions'] as { Region?: string }[] | undefined) ?? []
  if (regions.length > 0)
    keys.set(
      'secretsmanager:addreplicaregions',
      regions.map(({ Region = '' }) => Region)
    )
  if (secret) {
    for (const [tag, value] of valuesOf(secret.document.tags)) {
      add(keys, `aws:resourcetag/${tag}`, value)
      add(keys, `secretsmanager:resourcetag/${tag}`, value)
    }
    keys.set('secretsmanager:secretprimaryregion', [secret.primary ?? regionOf(secret.arn)])
  }
  const tags = (input['Tags'] as Tag[] | undefined) ?? []
  for (const { Key = '', Value = '' } of tags) add(keys, `aws:requesttag/${Key}`, Value)
  const tagKeys = [...tags.map(({ Key = '' }) => Key), ...((input['TagKeys'] as string[] | undefined) ?? [])]
  if (tagKeys.length > 0) keys.set('aws:tagkeys', tagKeys)
  return keys
}

/** Keeps both values of a tag that a request has twice, though the operation will refuse it. */
function add(keys: Keys, name: string, value: string): void {
  keys.set(name, [...(keys.get(name) ?? []), value])
}

/**
 * PutSecretValue has no such key, as documented: one allowed label of several would let in the others. A
 * version without labels has one empty stage, so that the absence of labels cannot satisfy a condition that
 * requires one.
 */
function stagesOf(operation: OperationName, input: Input, secret: Secret | undefined): readonly string[] {
  const { VersionStage, VersionId } = input as { VersionStage?: string; VersionId?: string }
  if (VersionStage !== undefined) return [VersionStage]
  if (operation !== 'GetSecretValue') return []
  if (VersionId === undefined) return [AWSCURRENT]
  const labels = secret ? labelsOf(secret.stages, VersionId) : []
  return labels.length > 0 ? labels : ['']
}

const regionOf = (arn: string): string => arn.split(':')[3] ?? ''

const text = (value: unknown): string => (typeof value === 'string' ? value : String(value))
