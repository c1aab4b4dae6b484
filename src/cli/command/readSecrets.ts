import { VaultError } from '../../core/errors.js'
import type { NamedValue } from '../../core/exchange/entry.js'
import type { Vault } from '../../vault/vault.js'
import { UsageError } from '../arguments/usage.js'
import { progressBar } from '../terminal/progress.js'
import type { World } from './services.js'
import { keepHeapSmall } from './smallHeap.js'

/**
 * Reads the secrets of a list, and those whose names start with a prefix. Throws the error of the first that cannot be read,
 * with its name.
 */
export async function readSecrets(
  vault: Vault,
  { names, prefix }: { readonly names: readonly string[]; readonly prefix: string | undefined },
  label: string | undefined,
  { io, services }: World
): Promise<readonly NamedValue[]> {
  keepHeapSmall()
  const all = prefix === undefined ? names : await namesBelow(prefix, vault)
  const found: NamedValue[] = []
  const bar = progressBar(io, 'reading', all.length)
  try {
    for (const SecretId of all) {
      const request = { SecretId, ...(label === undefined ? {} : { VersionStage: label }) }
      const { SecretString, SecretBinary } = await services
        .call(vault, 'GetSecretValue', request)
        .catch((error: unknown) => {
          if (!(error instanceof VaultError) || !error.isService) throw error
          throw error.reworded(`cannot read ${SecretId}: ${error.message}`)
        })
      found.push({ name: SecretId, value: SecretString ?? SecretBinary ?? '' })
      bar.step()
    }
  } finally {
    bar.end()
  }
  return found
}

/** Throws if there is none, or if one fails verification: it would be missing in what is written. */
async function namesBelow(prefix: string, vault: Vault): Promise<string[]> {
  const secrets = await vault.secrets(prefix)
  const [skipped] = vault.skipped
  if (skipped)
    throw new VaultError(
      'DocumentRefused',
      `a secret below '${prefix}' failed verification: ${skipped.path}`,
      {
        hint: 'git-vault verify'
      }
    )
  const present = secrets.filter(({ document }) => document.deletion?.date === undefined)
  if (present.length === 0) throw new UsageError('input', `no secret's name starts with '${prefix}'`)
  return present.map(({ name }) => name)
}
