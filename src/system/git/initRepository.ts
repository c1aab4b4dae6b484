import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { errno, fileFailed, suffix, syncFile, syncFolder } from '../files/files.js'
import { holderOf, holderState, holderText, parseHolder } from '../files/holder.js'
import { shown } from '../files/paths.js'
import { openPorcelain, porcelainFailed } from './porcelain.js'

/** The folder in which a repository is made. The rest of its name is the `holderText` of the process. */
const PREFIX = '.git-vault-init-'

/**
 * Makes a repository, and the folder if needed. The branch name comes from the user's git configuration. `git init` runs in
 * a temporary folder, whose `.git` is synced and then renamed: so a repository exists complete, or not at all, after a kill
 * or a power cut at any moment.
 */
export async function initRepository(directory: string): Promise<void> {
  try {
    const made = fs.mkdirSync(directory, { recursive: true })
    if (made !== undefined) syncFolder(dirname(made))
    removeAbandoned(directory)
  } catch (error) {
    throw fileFailed(`cannot create ${shown(directory)}`, error)
  }
  const present = join(directory, '.git')
  if (fs.lstatSync(present, { throwIfNoEntry: false }) !== undefined) return complete(present, directory)
  const temporary = join(directory, `${PREFIX}${holderText(holderOf(process.pid))}.${suffix()}`)
  try {
    await makeIn(temporary)
    install(join(temporary, '.git'), directory)
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true })
  }
}

async function makeIn(folder: string): Promise<void> {
  try {
    fs.mkdirSync(folder)
  } catch (error) {
    throw fileFailed(`cannot write in ${shown(folder)}`, error)
  }
  await runInit(folder)
}

async function runInit(folder: string): Promise<void> {
  const git = await openPorcelain(folder)
  try {
    await git.init()
  } catch (error) {
    throw porcelainFailed('git init', error)
  }
}

function install(made: string, directory: string): void {
  const target = join(directory, '.git')
  try {
    syncTree(made)
    fs.renameSync(made, target)
    syncFolder(directory)
  } catch (error) {
    // another process made one meanwhile
    if (errno(error) === 'ENOTEMPTY' || errno(error) === 'EEXIST') return
    throw fileFailed(`cannot create ${shown(target)}`, error)
  }
}

/** Syncs every file and folder. git syncs none of what `git init` makes. */
function syncTree(folder: string): void {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) syncTree(path)
    else if (entry.isFile()) syncFile(path)
  }
  syncFolder(folder)
}

/** Removes what a process that was killed in `initRepository` has left. */
function removeAbandoned(directory: string): void {
  for (const name of fs.readdirSync(directory)) {
    const holder = name.startsWith(PREFIX) ? parseHolder(name.slice(PREFIX.length)) : undefined
    const path = join(directory, name)
    const since = fs.lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
    if (holder !== undefined && holderState(holder, since) === 'dead')
      fs.rmSync(path, { recursive: true, force: true })
  }
}

/** A `git init` that was killed leaves this `.git`. Another one completes it, unless a lock of the first is in the way. */
async function complete(gitDir: string, directory: string): Promise<void> {
  const lock = ['config.lock', 'HEAD.lock'].find(name => fs.existsSync(join(gitDir, name)))
  if (lock !== undefined) {
    const path = shown(join(gitDir, lock))
    throw new VaultError('RepositoryState', `an interrupted git init has left the lock ${path}`, {
      hint: `if no git is running, remove it: rm '${path}'`
    })
  }
  await runInit(directory)
  try {
    if (fs.lstatSync(gitDir).isDirectory()) syncTree(gitDir)
  } catch (error) {
    throw fileFailed(`cannot write ${shown(gitDir)}`, error)
  }
}
