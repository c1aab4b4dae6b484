import { VaultError } from '../../core/errors.js'
import { commitMessage } from '../../core/format/message.js'
import type { Tree } from '../../core/ports.js'
import { sodiumReady } from '../../core/sodium.js'
import { findPlace } from '../../vault/documents/place.js'
import type { Vault } from '../../vault/vault.js'
import type { Fix } from './finding.js'

/** The result of a fix. */
export interface Fixed {
  readonly fix: Fix
  /** Why it was not done. */
  readonly failed?: VaultError
  /** The commit that it is in. */
  readonly commit?: string
}

/**
 * Does what the fixes say: first what no commit has, in their order, then all changes of tracked files in one commit. One
 * that fails does not stop the others.
 */
export async function* applyFixes(vault: Vault, fixes: readonly Fix[]): AsyncIterable<Fixed> {
  await sodiumReady
  for (const fix of fixes) if (fix.run) yield { fix, ...(await failureOf(fix.run)) }
  const changing = fixes.filter(({ change }) => change)
  if (changing.length === 0) return
  let commit: string | undefined
  const failed = await failureOf(async () => {
    ;({ commit } = await vault.repository.commit(async head => {
      const files = await allChanges(changing, head)
      if (files.size === 0) return { value: undefined }
      // without the trailer of a member: nobody has signed anything here
      const message = commitMessage('RepairFiles', (await findPlace(head)).folder, [])
      return {
        change: { files, message, member: 'git-vault doctor', time: vault.clock.now() },
        value: undefined
      }
    }))
  })
  await vault.close()
  for (const fix of changing) yield { fix, ...failed, ...(commit === undefined ? {} : { commit }) }
}

async function allChanges(fixes: readonly Fix[], head: Tree): Promise<Map<string, Uint8Array | null>> {
  const files = new Map<string, Uint8Array | null>()
  for (const { change } of fixes)
    for (const [path, bytes] of (await change?.(head)) ?? []) files.set(path, bytes)
  return files
}

async function failureOf(run: () => Promise<void>): Promise<{ failed?: VaultError }> {
  try {
    await run()
    return {}
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    return { failed: error }
  }
}
