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

/** Members of requests that are a condition's key under their own name: `secretsmanager:RecoveryWindowInDays`. */
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

/** What an operation does where the request does not say: to leave it out is no way around a policy about it. */
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
 * What a policy's conditions can ask of a request: keys in lower case. Of the secret only what it has; a request
 * for a version by its id alone has the stages that version has, so that a policy about stages holds for it too.
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
  // by its ARN however it was asked for: a policy that denies one would not hold for the name
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

/** Of two tags whose keys differ in case alone, which to a policy are one, none is lost. */
function add(keys: Keys, name: string, value: string): void {
  const key = name.toLowerCase()
  keys.set(key, [...(keys.get(key) ?? []), value])
}

/**
 * PutSecretValue has no such key, as documented: of several labels, one that is allowed would let in the others. A
 * version without labels has one that is empty, so that what asks for some label is not met by there being none.
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
