import { VaultError } from '../../core/errors.js'
import { ValueSearch } from '../../core/guard/valueSearch.js'
import { hasNoValue } from '../../core/versions/stages.js'
import { allSecrets, secretFiles } from '../../vault/allSecrets.js'
import type { Vault } from '../../vault/vault.js'

/**
 * Returns a search for the values that have a label and that this user can decrypt, in all regions, and how many of them
 * could not be read because verification failed. Throws `IdentityLocked` if the identity would need its passphrase.
 */
export async function readValues(vault: Vault): Promise<{ search: ValueSearch; unread: number }> {
  const search = new ValueSearch()
  let unread = 0
  const view = await vault.read()
  const identity = await vault.identity()
  const { workTree } = vault.repository
  for await (const found of allSecrets(view, secretFiles(workTree, view.place))) {
    if ('problem' in found) {
      unread++
      continue
    }
    const { secret } = found
    for (const id of new Set([...secret.stages.labels.values()].map(({ version }) => version))) {
      const entry = secret.stages.versions.get(id)
      if (!entry || hasNoValue(entry)) continue
      try {
        const document = await view.version(secret, id)
        const value = document && (await view.value(secret, document, identity))
        if (value) search.add(secret.name, value.type === 'string' ? value.text : value.bytes)
      } catch (error) {
        if (!(error instanceof VaultError)) throw error
        // without a right to the key, there is nothing to look for
        if (error.code === 'DocumentRefused') unread++
        else if (error.code !== 'DecryptionFailure') throw error
      }
    }
  }
  return { search, unread }
}
