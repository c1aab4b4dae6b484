import type { SecretValue } from '../../core/crypto/seal.js'
import { VaultError } from '../../core/errors.js'
import { AWSCURRENT, hasNoValue } from '../../core/versions/stages.js'
import type { Vault } from '../vault.js'
import type { Secret, View } from '../view.js'

/** The values of a secret before and after. `closed` is true if this identity cannot decrypt one of them. */
export interface ValueChange {
  readonly version: string
  readonly before?: SecretValue
  readonly after?: SecretValue
  readonly closed?: true
}

/** A secret and the view that it was read from. */
export interface SecretSide {
  readonly secret: Secret
  readonly view: View
}

/**
 * Decrypts the versions that came, each against the version that had AWSCURRENT before. If AWSCURRENT only moved, decrypts
 * the version that it is on now. Notes what it decrypts as read.
 */
export async function valueChanges(
  vault: Vault,
  before: SecretSide | undefined,
  after: SecretSide | undefined
): Promise<ValueChange[]> {
  const then = before?.secret.stages.labels.get(AWSCURRENT)?.version
  const now = after?.secret.stages.labels.get(AWSCURRENT)?.version
  const known = before?.secret.stages.versions
  const came = [...(after?.secret.stages.versions.keys() ?? [])].filter(version => !known?.has(version))
  const versions = [...new Set([...came, ...(now === undefined || now === then ? [] : [now])])]
  const old = then === undefined ? undefined : await open(vault, before, after, then)
  if (after === undefined)
    return then === undefined ? [] : [{ version: then, ...(old ? { before: old } : { closed: true }) }]
  const changes: ValueChange[] = []
  for (const version of versions) {
    const entry = after.secret.stages.versions.get(version)
    if (!entry || hasNoValue(entry)) continue
    const value = await open(vault, after, after, version)
    const isClosed = value === undefined || (then !== undefined && old === undefined)
    changes.push({
      version,
      ...(old ? { before: old } : {}),
      ...(value ? { after: value } : {}),
      ...(isClosed ? { closed: true } : {})
    })
  }
  return changes
}

/**
 * Decrypts a version of one side. The key document is that of the newer side, if there is one: a member who was added since
 * is no recipient of the older one. Returns `undefined` if this identity cannot decrypt it or the version is refused.
 */
async function open(
  vault: Vault,
  side: SecretSide | undefined,
  newer: SecretSide | undefined,
  versionId: string
): Promise<SecretValue | undefined> {
  if (!side) return undefined
  const { secret, view } = side
  try {
    const document = await view.version(secret, versionId)
    if (!document) return undefined
    const value = await (newer?.view ?? view).value(secret, document, await vault.identity())
    await note(vault, secret, versionId)
    return value
  } catch (error) {
    if (error instanceof VaultError && UNREADABLE.includes(error.code)) return undefined
    throw error
  }
}

const UNREADABLE: readonly string[] = ['DecryptionFailure', 'DocumentRefused']

/** A read-only git directory is no reason to show nothing. */
async function note(vault: Vault, { arn }: Secret, versionId: string): Promise<void> {
  try {
    await vault.accessed.record(arn, versionId, vault.clock.now())
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
  }
}
