import { VaultError } from '../../core/errors.js'
import { discover } from '../../system/git/discover.js'
import { ownCommand } from '../../system/git/drivers.js'
import { findHook, removeHook, writeHook } from '../../system/git/hooks.js'

const HOOK = 'pre-commit'
/** The command line of a hook that a repository shares: each user's own PATH says which program it is. */
const SHARED = 'git-vault hook run'

/** The effect of an action on the hook file. */
export interface HookChange {
  readonly path: string
  readonly done: 'installed' | 'updated' | 'unchanged' | 'removed' | 'none'
}

/**
 * Makes git check each commit with `git-vault hook run`. Never changes a hook that git-vault did not write, nor a file outside
 * the git directory: throws `RepositoryState` with the line to add. A hook that has that line already stays as it is.
 */
export async function installHook(directory: string, values: boolean): Promise<HookChange> {
  const place = discover(directory)
  const command = ownCommand(place)
  const option = values ? ' --values' : ''
  const found = await findHook(place, HOOK)
  const { path, state, text, isPrivate } = found
  if (state === 'other' && runsGuard(text)) return { path, done: 'unchanged' }
  if (!isPrivate)
    throw new VaultError(
      'RepositoryState',
      `the hooks of this repository are outside its git directory (core.hooksPath), so ${path} is not changed`,
      { hint: `add this line to it: ${SHARED}${option} || exit 1` }
    )
  if (state === 'other')
    throw new VaultError('RepositoryState', `there is another hook, which stays as it is: ${path}`, {
      hint: `add this line to it: ${command === undefined ? SHARED : `${command} hook run`}${option} || exit 1`
    })
  if (command === undefined)
    throw new VaultError(
      'RepositoryState',
      'this git-vault is inside the repository, where anybody who can push may change it',
      { hint: 'install git-vault outside the repository, and run git-vault hook install again' }
    )
  writeHook(found, `${command} hook run${option}`)
  return { path, done: state === 'none' ? 'installed' : 'updated' }
}

/** Removes the hook that `installHook` wrote. Throws `RepositoryState` if another one runs git-vault. */
export async function uninstallHook(directory: string): Promise<HookChange> {
  const found = await findHook(discover(directory), HOOK)
  const { path, state, text } = found
  if (state === 'other' && runsGuard(text))
    throw new VaultError(
      'RepositoryState',
      `git-vault did not write this hook, so it is not changed: ${path}`,
      {
        hint: 'remove the line with "hook run" from it'
      }
    )
  if (state !== 'ours') return { path, done: 'none' }
  removeHook(found)
  return { path, done: 'removed' }
}

/** Whether a line that is not a comment runs `git-vault hook run`. */
const runsGuard = (text: string): boolean => /^[^#\n]*\bgit-vault\b[^#\n]*\bhook run\b/m.test(text)
