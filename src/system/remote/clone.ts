import { resolve } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { shown } from '../files/paths.js'
import { remoteFailed, remoteGit, withoutPasswords, type Dialogue } from './remoteGit.js'

/**
 * Clones a repository. Returns the clone's folder, as an absolute path.
 * @param from the folder to run in
 * @param folder where the clone is made; left out, git takes the name from the URL
 */
export async function cloneRepository(
  from: string,
  url: string,
  folder: string | undefined,
  dialogue: Dialogue
): Promise<string> {
  const args = ['clone', '--', url, ...(folder === undefined ? [] : [folder])]
  const { code, stderr } = await remoteGit(from, args, dialogue)
  const made = /^Cloning into '(.*)'\.\.\.$/m.exec(stderr)?.[1]
  if (code === 0 && made !== undefined) return resolve(from, made)
  const rest = stderr.replace(/^Cloning into .*$/m, '')
  const taken = /destination path '(.*)' already exists and is not an empty directory/.exec(rest)?.[1]
  if (taken !== undefined)
    throw new VaultError('RepositoryState', `the folder ${shown(taken)} exists and is not empty`, {
      hint: 'name another: git-vault clone URL DIR'
    })
  throw remoteFailed(`cannot clone ${shown(withoutPasswords(url))}`, rest)
}
