import { labelledVersions } from '../../core/versions/stages.js'
import type { SecretValue } from '../../core/crypto/seal.js'
import type { Secret, View } from '../../vault/view.js'
import type { Vault } from '../../vault/vault.js'

/** The values of a secret's labelled versions, by version id: no output of a program may show one of them. */
export async function labelledValues(vault: Vault, secretId: string): Promise<Map<string, SecretValue>> {
  const view = await vault.read()
  return valuesIn(vault, view, await view.secret(secretId))
}

/** The same, of a state that was read. */
export async function valuesIn(vault: Vault, view: View, secret: Secret): Promise<Map<string, SecretValue>> {
  const found = new Map<string, SecretValue>()
  for (const id of labelledVersions(secret.stages.labels)) {
    const document = await view.version(secret, id)
    if (document) found.set(id, await view.value(secret, document, await vault.identity()))
  }
  return found
}

/** A value as text, or as bytes if it is binary. */
export const plain = (value: SecretValue): string | Uint8Array =>
  value.type === 'string' ? value.text : value.bytes
