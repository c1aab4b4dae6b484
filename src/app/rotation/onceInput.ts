import type { SecretValue } from '../../core/crypto/seal.js'
import { AWSCURRENT, stagesByVersion } from '../../core/versions/stages.js'
import type { Vault } from '../../vault/vault.js'
import { plain, valuesIn } from './secretValues.js'

/** The input of a program that rotates a secret once, as one JSON object. The names are the service's. */
export interface OnceInput {
  readonly Name: string
  readonly ARN: string
  readonly Current?: object
  /** Absent if the program prints the new value. */
  readonly New?: object
  readonly VersionIdsToStages: Readonly<Record<string, readonly string[]>>
}

/**
 * Returns what the program reads, and the values that its output may not show.
 * @param versionId of the new value, if it is stored already
 */
export async function onceInput(
  vault: Vault,
  secretId: string,
  versionId: string | undefined
): Promise<{ input: OnceInput; values: ReadonlySet<string | Uint8Array> }> {
  const view = await vault.read()
  const secret = await view.secret(secretId)
  const { name, arn, stages } = secret
  const values = await valuesIn(vault, view, secret)
  const shown = (id: string | undefined): object | undefined => {
    const value = id === undefined ? undefined : values.get(id)
    return value && { VersionId: id, ...fields(value) }
  }
  const [current, next] = [shown(stages.labels.get(AWSCURRENT)?.version), shown(versionId)]
  return {
    input: {
      Name: name,
      ARN: arn,
      ...(current ? { Current: current } : {}),
      ...(next ? { New: next } : {}),
      VersionIdsToStages: Object.fromEntries(stagesByVersion(stages))
    },
    values: new Set([...values.values()].map(plain))
  }
}

const fields = (value: SecretValue): object =>
  value.type === 'string'
    ? { SecretString: value.text }
    : { SecretBinary: Buffer.from(value.bytes).toString('base64') }
