import { VaultError } from '../../core/errors.js'
import { repairNow } from '../../system/commit/repair.js'
import { unfinished } from '../../system/commit/unfinished.js'
import { configFolder, keyFilePath } from '../../system/files/keyFile.js'
import { looseFiles, makePrivate } from '../../system/files/privateModes.js'
import { discover } from '../../system/git/discover.js'
import { privateFolders } from '../../system/git/place.js'
import { mergeSetup, setUpMerging } from '../mergeSetup.js'
import { files, fixable, ok, problem, warning, type Result } from './finding.js'

/** A git command holds its lock on the index for moments, but for minutes while a commit editor is open. In milliseconds. */
const OLD_LOCK = 60 * 60 * 1000

/** The leftovers of processes that died: an unfinished write, locks, temporary files. */
export async function checkWrites(directory: string, warn: (line: string) => void): Promise<Result> {
  const place = discover(directory)
  const { ours, foreignLock } = unfinished(place)
  if (ours.length > 0)
    return fixable(`a process that died has left: ${ours.join(', ')}`, {
      text: 'finish the write, or remove what it has left',
      run: () => repairNow(place, warn)
    })
  if (foreignLock && foreignLock.age > OLD_LOCK)
    return problem(
      `git's index has been locked for over an hour, by another program: ${foreignLock.path}`,
      'if no git is running, remove that file'
    )
  return ok('no write is unfinished')
}

export async function checkMerging(directory: string): Promise<Result> {
  const setup = await mergeSetup(directory)
  if (setup === 'set') return ok("git merges the vault's files with git-vault")
  if (setup === 'unavailable')
    return warning(
      'this git-vault is inside the repository, so git does not run it to merge',
      'install git-vault outside the repository'
    )
  const what = setup === 'missing' ? 'line by line' : 'with another command'
  return fixable(`git merges the vault's files ${what}`, {
    text: "make git merge and show the vault's files with git-vault, in this clone's configuration",
    async run() {
      if (await setUpMerging(directory)) return
      throw new VaultError('RepositoryState', 'this git-vault is inside the repository')
    }
  })
}

export async function checkModes(directory: string): Promise<Result> {
  const place = discover(directory)
  const { env } = process
  const loose = [
    ...new Set(looseFiles([...privateFolders(place), keyFilePath(env), `${configFolder(env)}/credentials`]))
  ]
  if (loose.length === 0) return ok('only you can read what this clone remembers, and your identity')
  return fixable(`other users may have access to ${files(loose)}`, {
    text: `take away the rights of other users on ${files(loose)}`,
    run: async () => makePrivate(loose)
  })
}
