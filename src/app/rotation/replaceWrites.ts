import { usage, VaultError } from '../../core/errors.js'
import {
  formatRule,
  mergedRule,
  parseRule,
  RULE_TAG,
  type GenerateRule
} from '../../core/rotation/generateRule.js'
import { placePassword } from '../../core/rotation/placePassword.js'
import { pendingVersion } from '../../core/rotation/rotationState.js'
import { valuesOf } from '../../core/versions/register.js'
import type { Time } from '../../core/time.js'
import { moveLabel } from '../../core/versions/labels.js'
import { forget } from '../../core/versions/pruning.js'
import { AWSCURRENT, AWSPENDING, hasNoValue } from '../../core/versions/stages.js'
import { refuseDeleted } from '../../operations/deletion.js'
import { versionTrailers, withNewVersion } from '../../operations/newVersion.js'
import { withTags } from '../../operations/tags.js'
import { nameAndRegion } from '../../vault/documents/place.js'
import type { Draft } from '../../vault/draft.js'
import type { Vault } from '../../vault/vault.js'
import type { Secret } from '../../vault/view.js'

/** Characters in the value of a tag. */
const MOST_OF_TAG = 256

/** A new value to store. */
export interface Replacement {
  /** Names the new version. */
  readonly token: string
  /** The label that the new version gets. */
  readonly label: typeof AWSCURRENT | typeof AWSPENDING
  /** Returns the new value from the present one. `ofTag` rewords an error about the part of the rule that the secret's tag has. */
  readonly make: (
    current: string,
    rule: GenerateRule,
    name: string,
    ofTag: (error: unknown) => never
  ) => string | Promise<string>
  /** The part of the rule that was asked for; it is remembered. */
  readonly rule: GenerateRule
}

/** The version with the new value. */
export interface Stored {
  readonly versionId: string
  /** Whether an earlier rotation had stored it, and did not end. */
  readonly wasLeft: boolean
  /** When that rotation had stored it. */
  readonly begun?: Date
}

/**
 * Stores the new value of a secret, and the rule that it was made by. With AWSCURRENT, dates the rotation. If an earlier
 * rotation has left a new value, stores nothing: that one may be in use already.
 */
export async function storeNew(vault: Vault, secretId: string, replacement: Replacement): Promise<Stored> {
  const { token, label, make, rule } = replacement
  const isLast = label === AWSCURRENT
  return vault.write('PutSecretValue', async draft => {
    const secret = await toReplace(draft, secretId)
    const { arn, name, stages } = secret
    const pending = pendingVersion(stages)
    const left = pending === undefined ? undefined : stages.versions.get(pending)
    if (pending !== undefined && left && !hasNoValue(left))
      return { versionId: pending, wasLeft: true, begun: new Date(left.created) }
    // a function's version that has no value yet
    const versionId = pending ?? token
    const stamp = draft.stamp(secret)
    const whole = mergedRule(ruleOf(secret), rule)
    const text = await make(await currentText(draft, secret), whole, name, error => refuseTag(secret, error))
    const after = await withNewVersion(draft, secret, {
      token: versionId,
      value: { type: 'string', text },
      labels: [label],
      stamp
    })
    const fields = {
      ...(isLast ? { rotated: stamp } : {}),
      ...(Object.keys(rule).length > 0 ? { tags: withRule(secret, whole, stamp) } : {})
    }
    if (Object.keys(fields).length > 0) draft.updateSecret(secret, fields, versionId, stamp)
    const pruned = draft.updateStages(secret, after, versionId, stamp)
    draft.describe(name, [
      ['Client-Request-Token', versionId],
      ['Secret-Arn', arn],
      ...versionTrailers(after, versionId, pruned)
    ])
    return { versionId, wasLeft: false }
  })
}

/** Moves AWSCURRENT to the new version, and dates the rotation. Throws `RotationFailed` if the version lost AWSPENDING. */
export async function finishWith(vault: Vault, secretId: string, versionId: string): Promise<void> {
  await vault.write('UpdateSecretVersionStage', async draft => {
    const secret = await toReplace(draft, secretId)
    if (secret.stages.labels.get(AWSCURRENT)?.version === versionId) return
    if (pendingVersion(secret.stages) !== versionId)
      throw new VaultError('RotationFailed', `AWSPENDING of ${secret.name} is no longer on ${versionId}`, {
        hint: `git-vault history ${nameAndRegion(secret.name, secret.place)}`
      })
    moveCurrent(draft, secret, versionId)
  })
}

/** Throws if a value that a program will print could not be stored. Changes nothing. */
export async function tryPrinted(vault: Vault, secretId: string, field: string | undefined): Promise<void> {
  await vault.write('PutSecretValue', async draft => {
    const secret = await toReplace(draft, secretId)
    const { name, place, stages } = secret
    if (pendingVersion(stages) !== undefined)
      throw new VaultError('RepositoryState', `an earlier rotation of ${name} is not complete`, {
        hint: `finish it first; or give it up: git-vault label ${nameAndRegion(name, place)} AWSPENDING --remove`
      })
    const current = await currentText(draft, secret)
    if (field !== undefined) placePassword(current, '', field, name)
  })
}

/** The secret that a write replaces the value of. Throws if it cannot be written to. */
async function toReplace(draft: Draft, secretId: string): Promise<Secret> {
  const secret = await draft.secret(secretId)
  refuseDeleted(secret)
  draft.authorize(secret.name, ['encrypt'])
  draft.authorize(secret.name, ['manage'])
  return secret
}

function moveCurrent(draft: Draft, secret: Secret, versionId: string): void {
  const stamp = draft.stamp(secret)
  const removeFrom = secret.stages.labels.get(AWSCURRENT)?.version
  const current = moveLabel(secret.stages, { label: AWSCURRENT, removeFrom, moveTo: versionId, stamp })
  const stages = moveLabel(current, { label: AWSPENDING, removeFrom: versionId, stamp })
  draft.updateSecret(secret, { rotated: stamp }, undefined, stamp)
  const pruned = draft.updateStages(secret, forget(stages, draft.now), undefined, stamp)
  draft.describe(secret.name, [
    ['Secret-Arn', secret.arn],
    ['Version-Stages', AWSCURRENT],
    ['Version-Id', versionId],
    ...(removeFrom === undefined ? [] : [['Removed-From-Version', removeFrom] as const]),
    ...pruned.map(id => ['Pruned-Version', id] as const)
  ])
}

/** Returns the secret's tags with the rule. Throws `Usage` if it is too long for a tag. */
function withRule({ document }: Secret, rule: GenerateRule, stamp: Time): ReturnType<typeof withTags> {
  const Value = formatRule(rule)
  if (Value.length > MOST_OF_TAG) throw usage('the name of the field is too long to be remembered in a tag')
  return withTags(document.tags, [{ Key: RULE_TAG, Value }], stamp)
}

/** Returns the rule that the secret's tag has. Throws `Usage` if it is not one. */
function ruleOf({ name, place, document }: Secret): GenerateRule {
  const text = new Map(valuesOf(document.tags)).get(RULE_TAG)
  const rule = text === undefined ? {} : parseRule(text)
  if (rule) return rule
  throw usage(`the tag ${RULE_TAG} of ${name} is not a rule for passwords`, removeTag(name, place))
}

/** Throws what is wrong with a rule, with the tag that it comes from: the user has named no such option. */
function refuseTag({ name, place }: Secret, error: unknown): never {
  if (!(error instanceof VaultError)) throw error
  const why = error.message.replace(/^--/, '')
  throw usage(`the rule in the tag ${RULE_TAG} of ${name} cannot be followed: ${why}`, removeTag(name, place))
}

const removeTag = (name: string, place: Secret['place']): string =>
  `remove it: git-vault tag ${nameAndRegion(name, place)} --remove ${RULE_TAG}`

async function currentText(draft: Draft, secret: Secret): Promise<string> {
  const { name, place, stages } = secret
  const version = stages.labels.get(AWSCURRENT)?.version
  const document = version === undefined ? undefined : await draft.view.version(secret, version)
  if (!document) throw usage(`${name} has no value yet`, `git-vault generate ${nameAndRegion(name, place)}`)
  const value = await draft.view.value(secret, document, draft.identity)
  if (value.type === 'string') return value.text
  throw usage(
    `the value of ${name} is binary`,
    `store the new one: git-vault put ${nameAndRegion(name, place)}`
  )
}
