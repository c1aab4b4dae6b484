import * as fs from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { shown } from '../files/paths.js'
import { discover } from './discover.js'
import type { Place } from './place.js'

/**
 * Throws `FileFailed` if git could commit a file with private keys: it is in a work tree, and git does not ignore it. The
 * file and its folders need not exist. Throws `RepositoryState` in a repository of another user.
 * @param what for the message, such as `the identity`
 */
export async function refuseCommittable(path: string, what: string): Promise<void> {
  const found = await committable(path)
  if (found === undefined) return
  throw refusal(found.place, path, what, found.inside)
}

/**
 * Throws `FileFailed` if git could commit one of these files in a folder, which need not exist: see `refuseCommittable`.
 * @param what for the message, such as `the credentials`
 */
export async function refuseCommittableIn(
  folder: string,
  names: Iterable<string>,
  what: string
): Promise<void> {
  for (const name of names) {
    const found = await committable(join(folder, name))
    if (found === undefined) continue
    const inside = dirname(found.inside)
    // the pattern of a whole work tree would make git ignore everything
    throw refusal(found.place, folder, what, inside === '.' ? undefined : `${inside}/`)
  }
}

/** @param ignorable what git can be told to ignore, from the root of the work tree */
function refusal(place: Place, path: string, what: string, ignorable: string | undefined): VaultError {
  const exclude = join(place.commonDir, 'info/exclude')
  const other =
    ignorable === undefined ? '' : `, or first run: echo '/${shown(ignorable)}' >> '${shown(exclude)}'`
  return new VaultError(
    'FileFailed',
    `${what} would be in the work tree ${shown(place.root)}, where git could commit it: ${shown(path)}`,
    { hint: `choose a path outside it${other}` }
  )
}

/** Returns where git could commit the file; `undefined` if it is outside every work tree, or ignored. */
export async function committable(path: string): Promise<{ place: Place; inside: string } | undefined> {
  const real = realPath(resolve(path))
  const place = placeAround(dirname(real))
  if (place === undefined) return undefined
  const inside = relative(place.root, real).split(sep).join('/')
  // git commits nothing of its own folder
  if (inside.split('/')[0]?.toLowerCase() === '.git') return undefined
  const { git } = await import('./git.js')
  // 128: git cannot tell, for example below a submodule
  const accept = [0, 1, 128]
  const { code } = await git(place, ['check-ignore', '-q', '--', `./${inside}`], { accept, withMagic: true })
  return code === 0 ? undefined : { place, inside }
}

function placeAround(folder: string): Place | undefined {
  let existing = folder
  while (!fs.existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing)
  try {
    return discover(existing)
  } catch (error) {
    if (error instanceof VaultError && error.code === 'VaultNotFound') return undefined
    throw error
  }
}

/** Follows the links of the part of the path that exists: the file may really be in another folder. */
function realPath(path: string): string {
  try {
    return fs.realpathSync(path)
  } catch {
    return dirname(path) === path ? path : join(realPath(dirname(path)), basename(path))
  }
}
