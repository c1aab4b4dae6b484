import { CAPS } from '../../core/format/documents.js'
import { VaultError } from '../../core/errors.js'
import type { History, Repository } from '../../core/ports.js'
import { findPlace, VAULTRC } from './place.js'
import { RESOLVE_HINT } from './refusal.js'

/**
 * Returns the error to throw instead of one that the work tree's vault has caused. If only the work tree lacks `.vaultrc` or
 * the access log, and HEAD has them, the new error names the command that brings them back. Any other error stays as it is.
 */
export async function withRestoreHint(error: unknown, repository: Repository & History): Promise<unknown> {
  if (!(error instanceof VaultError && error.code === 'VaultNotFound')) return error
  try {
    const head = repository.treeOf(await repository.commitId('HEAD'))
    const { folder, access } = await findPlace(head)
    const missing: string[] = []
    for (const [path, file] of [
      [VAULTRC, VAULTRC],
      [folder, access]
    ] as const) {
      const isThere = (await repository.workTree.read(file, CAPS.access.bytes)) !== undefined
      if (!isThere && (await head.read(file, CAPS.access.bytes))) missing.push(path)
    }
    if (missing.length === 0) return error
    const lost = missing.includes(VAULTRC) ? VAULTRC : access
    // from HEAD, because git's index may lack the files, too
    return new VaultError('VaultNotFound', `the work tree lacks ${lost}, which HEAD has`, {
      hint: `git restore --staged --worktree ${missing.join(' ')}`,
      cause: error
    })
  } catch (failed) {
    // no commit, or nothing in it that is a vault: the first error says what is wrong
    if (failed instanceof VaultError) return error
    throw failed
  }
}

/** The command that brings files of the vault back which only the index or the work tree lacks. */
export const FROM_HEAD = 'git-vault doctor --fix'

/** Returns the command that mends a document which the work tree lacks: another one if HEAD has the document. */
export async function missingHint(path: string, repository: Repository & History): Promise<string> {
  try {
    // in a conflict, the work tree is to differ from HEAD
    if ((await repository.conflictSides([path])).length > 0) return RESOLVE_HINT
    const head = repository.treeOf(await repository.commitId('HEAD'))
    return (await head.read(path, CAPS.access.bytes)) ? FROM_HEAD : RESOLVE_HINT
  } catch (error) {
    if (error instanceof VaultError) return RESOLVE_HINT
    throw error
  }
}
