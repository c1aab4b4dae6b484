import { VaultError } from '../core/errors.js'
import { shortList } from '../core/exchange/placement.js'
import { refuseRepeated, type NamedValue } from '../core/exchange/entry.js'
import type { Trailer } from '../core/format/message.js'
import { operations } from '../core/generated/operations.js'
import { validate } from '../core/service/constraints.js'
import type { SecretValue } from '../core/crypto/seal.js'
import { formatTime } from '../core/time.js'
import { AWSCURRENT } from '../core/versions/stages.js'
import { nameAndRegion } from '../vault/documents/place.js'
import type { Draft } from '../vault/draft.js'
import type { Vault } from '../vault/vault.js'
import type { Secret } from '../vault/view.js'
import { addNewSecret } from './createSecret.js'
import { isScheduled } from './deletion.js'
import { describeSecrets } from './describeSecrets.js'
import { withNewVersion } from './newVersion.js'
import { withTags } from './tags.js'
import { holds } from './value.js'

export interface ImportOptions {
  /** What to do with a secret that exists with another value. */
  readonly existing: 'refuse' | 'overwrite' | 'keep'
  /** Changes nothing: only returns what would be done. Lists conflicts, and does not throw for them. */
  readonly isDryRun: boolean
  readonly newToken: () => string
  /** Called after each secret. */
  readonly onStep?: (() => void) | undefined
}

/** The names of the secrets, by what an import does with them. */
export interface Imported {
  readonly created: string[]
  /** They exist with another value. */
  readonly changed: string[]
  readonly same: string[]
}

/**
 * Stores values in one commit, or in none if all secrets have them already. Throws ResourceExistsException, before anything is
 * written, if secrets exist with another value and the options neither overwrite nor keep it. Throws `Usage` if a name occurs
 * twice, and the service's error, with the secret's name, for a description or tags that it does not accept.
 * @param values with names that the service accepts
 */
export async function importSecrets(
  vault: Vault,
  values: readonly NamedValue[],
  options: ImportOptions
): Promise<Imported> {
  refuseRepeated(values, 'the values')
  values.forEach(checkMetadata)
  return vault.write('ImportSecrets', async draft => {
    const done: Imported = { created: [], changed: [], same: [] }
    const written: { name: string; trailers: Trailer[] }[] = []
    for (let from = 0; from < values.length; from += CONCURRENT_READS) {
      const some = values.slice(from, from + CONCURRENT_READS)
      for (const { named, given, secret, isSame } of await Promise.all(
        some.map(one => present(draft, one))
      )) {
        const { name } = named
        if (isSame) done.same.push(name)
        else {
          ;(secret ? done.changed : done.created).push(name)
          const isLeft = secret !== undefined && options.existing !== 'overwrite'
          if (!options.isDryRun && !isLeft)
            written.push({
              name,
              trailers: [['Secret-Arn', await store(vault, draft, secret, named, given, options)]]
            })
        }
        options.onStep?.()
      }
      draft.spool()
    }
    if (!options.isDryRun && options.existing === 'refuse') refuseConflicts(done.changed)
    if (written.length > 0) describeSecrets(draft, written)
    return done
  })
}

/** Most of a read is waiting for git. */
const CONCURRENT_READS = 64

/** Returns the secret of a name, if there is one, and whether it has the value. */
async function present(draft: Draft, named: NamedValue) {
  const secret = await draft.view.named(named.name)
  const given = secretValue(named.value)
  if (secret) refuseUnwritable(secret)
  const isSame = secret !== undefined && (await hasValue(draft, secret, given))
  return { named, given, secret, isSame }
}

/** Throws ResourceExistsException if there are names. */
function refuseConflicts(names: readonly string[]): void {
  if (names.length === 0) return
  throw new VaultError(
    'ResourceExistsException',
    `${names.length === 1 ? 'a secret exists' : `${names.length} secrets exist`} with another value: ${shortList(names)}`,
    { hint: 'pass --overwrite to store new versions, or --keep to leave them as they are' }
  )
}

const secretValue = (value: string | Uint8Array): SecretValue =>
  typeof value === 'string' ? { type: 'string', text: value } : { type: 'binary', bytes: value }

function refuseUnwritable(secret: Secret): void {
  const { name, primary } = secret
  if (isScheduled(secret))
    throw new VaultError('InvalidRequestException', `${name} is scheduled for deletion`, {
      hint: `git-vault restore ${nameAndRegion(name, secret.place)}`
    })
  if (primary !== undefined)
    throw new VaultError('InvalidRequestException', `${name} is a replica of a secret in another region`)
}

async function hasValue(draft: Draft, secret: Secret, value: SecretValue): Promise<boolean> {
  const current = secret.stages.labels.get(AWSCURRENT)?.version
  const document = current === undefined ? undefined : await draft.view.version(secret, current)
  return document !== undefined && holds(draft, secret, document, value)
}

/** Throws the service's error, with the secret's name, if CreateSecret would not accept the description or the tags. */
function checkMetadata({ name, description, tags }: NamedValue): void {
  if (description === undefined && !tags?.length) return
  try {
    validate(operations.CreateSecret.input, { Name: name, Description: description, Tags: requestTags(tags) })
    withTags(undefined, requestTags(tags), formatTime(0))
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    throw error.reworded(`cannot import ${JSON.stringify(name)}: ${error.message}`)
  }
}

const requestTags = (tags: NamedValue['tags'] = []) =>
  tags.map(({ key: Key, value: Value }) => ({ Key, Value }))

/** Returns the secret's ARN. */
async function store(
  vault: Vault,
  draft: Draft,
  secret: Secret | undefined,
  { name, description, tags }: NamedValue,
  value: SecretValue,
  { newToken }: ImportOptions
): Promise<string> {
  const token = newToken()
  if (!secret) {
    const request = { Name: name, ClientRequestToken: token, Tags: requestTags(tags) }
    const described = description === undefined ? request : { ...request, Description: description }
    return (await addNewSecret(vault, draft, described, token, value)).arn
  }
  const stamp = draft.stamp(secret)
  const stages = await withNewVersion(draft, secret, { token, value, stamp })
  draft.updateStages(secret, stages, token, stamp)
  return secret.arn
}
