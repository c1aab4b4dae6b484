import * as fs from 'node:fs'
import { dirname, isAbsolute, resolve } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { shown } from '../files/paths.js'
import { programPath } from '../files/programs.js'
import { scrubbedEnvironment } from './environment.js'
import { lockFolder, memoryFolder, type Place } from './place.js'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Throws `RepositoryState` if another user owns the repository. Its configuration can name programs that git runs, so a
 * `.git` planted above the current folder would run them as this user, root included. git checks the owner only when it
 * searches for the repository itself, which `--git-dir` skips, so the check is made here, by git's rules (2.35.2 and later):
 * root also trusts the repositories of the user who called sudo, and `safe.directory` in the user's own or the system's
 * configuration admits others.
 * @param paths the work tree, its `.git`, and the git directory
 */
export function requireSameOwner(
  root: string,
  paths: readonly string[],
  env: Environment = process.env
): void {
  const user = process.geteuid?.()
  if (user === undefined) return
  const owners = [user, ...(user === 0 ? sudoUser(env) : [])]
  // a link and what it leads to: either may be another user's
  const uids = paths.flatMap(path => [fs.lstatSync(path).uid, fs.statSync(path).uid])
  if (uids.every(uid => owners.includes(uid))) return
  if (safeDirectories().some(entry => matches(entry, root))) return
  throw new VaultError('RepositoryState', `the repository ${shown(root)} belongs to another user`, {
    hint: `if you trust it: git config --global --add safe.directory '${shown(root)}'`
  })
}

/**
 * Throws `RepositoryState` if another user has worked in this clone, as in a repository that is shared by a group
 * (`core.sharedRepository`). What a clone remembers is of one user: it is private, and the others could not read it.
 */
export function requireOwnMemory(place: Place): void {
  const user = process.geteuid?.()
  if (user === undefined || user === 0) return
  for (const folder of [memoryFolder(place), dirname(lockFolder(place))]) {
    const stat = fs.lstatSync(folder, { throwIfNoEntry: false })
    if (stat === undefined || stat.uid === user || (stat.mode & 0o077) !== 0) continue
    throw new VaultError('RepositoryState', `another user works in this clone: ${shown(folder)} is theirs`, {
      hint: `use a clone of your own: git clone '${shown(place.root)}'`
    })
  }
}

/** The user who became root with sudo. */
function sudoUser(env: Environment): number[] {
  const text = env['SUDO_UID'] ?? ''
  return /^\d{1,10}$/.test(text) ? [Number(text)] : []
}

/** Returns the entries of safe.directory. A repository's own configuration cannot admit itself. */
function safeDirectories(): string[] {
  const git = programPath('git')
  if (git === undefined) return []
  // loaded here, because it takes 4 ms and no other read needs it
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  const args = ['config', '-z', '--show-scope', '--type=path', '--get-all', 'safe.directory']
  const { stdout } = spawnSync(git, args, {
    cwd: '/',
    env: scrubbedEnvironment(),
    encoding: 'utf8'
  })
  const fields = (stdout ?? '').split('\0')
  let entries: string[] = []
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [scope, entry = ''] = fields.slice(at, at + 2)
    if (scope !== 'system' && scope !== 'global') continue
    // an empty entry clears those before it
    entries = entry === '' ? [] : [...entries, entry]
  }
  return entries
}

function matches(entry: string, root: string): boolean {
  if (entry === '*') return true
  // a relative entry would mean another folder in each current folder
  if (!isAbsolute(entry)) return false
  // `/srv/*` admits every repository below /srv, as in git 2.46 and later
  if (entry.endsWith('/*')) return root.startsWith(entry.slice(0, -1))
  return resolve(entry) === root || realPath(entry) === root
}

function realPath(path: string): string | undefined {
  try {
    return fs.realpathSync(path)
  } catch {
    return undefined
  }
}
