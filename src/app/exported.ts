import { VaultError } from '../core/errors.js'
import type { History, Repository } from '../core/ports.js'
import { findExportedTree } from '../system/exportedTree.js'

/**
 * Returns the exported tree around a folder that is in no repository. Throws `error`, the reason why no repository was
 * opened, if there is none.
 */
export function exportedTree(
  error: unknown,
  directory: string,
  notice: (line: string) => void
): Repository & History {
  const isOutside = error instanceof VaultError && error.code === 'VaultNotFound'
  const found = isOutside ? findExportedTree(directory, notice) : undefined
  if (!found) throw error
  return found
}

export function noCarriedRoot(): VaultError {
  return new VaultError(
    'RootUnknown',
    'nothing says that the vault in this folder without .git is the right one',
    {
      hint: "append a full stop and the vault's root to GIT_VAULT_IDENTITY, or use a clone"
    }
  )
}
