import * as fs from 'node:fs'
import { join } from 'node:path'
import { errno, removeIfThere, suffix } from './files.js'
import { Git } from './git.js'
import { indexFile, writeFolder, type Place } from './place.js'

export interface IndexTarget {
  readonly path: string
  readonly mode: string
  /** All zeros: no entry. */
  readonly oid: string
}

/**
 * `git update-index` on an index of our own beside the real one, which takes its place at the end. Made
 * while index.lock is held; started early, to wait for its input while the branch moves.
 */
export class IndexUpdate {
  readonly #place: Place
  readonly #temporary: string
  readonly #env: Readonly<Record<string, string>>
  #git: Git
  #finished = false

  constructor(place: Place, env: Readonly<Record<string, string>>) {
    this.#place = place
    this.#temporary = join(writeFolder(place), `index-${suffix()}`)
    this.#env = { ...env, GIT_INDEX_FILE: this.#temporary }
    linkIndex(indexFile(place), this.#temporary)
    this.#git = this.#start('--stdin')
  }

  /**
   * `looked`: git looks at the files, so that `git status` need not. `told`: git takes our word, where
   * looking would give something else: the user had it assume the file unchanged, or edited it just now.
   */
  async finish(looked: readonly string[], told: readonly IndexTarget[]): Promise<void> {
    this.#git.child.stdin.end(looked.map(path => `${path}\0`).join(''))
    await this.#git.succeeded()
    if (told.length > 0) {
      this.#git = this.#start('--index-info')
      this.#git.child.stdin.end(told.map(lineOf).join(''))
      await this.#git.succeeded()
    }
    this.#finished = true
  }

  /** The index becomes the new one. */
  install(): void {
    fs.renameSync(this.#temporary, indexFile(this.#place))
    // Renaming onto another name of the same file, when nothing had to change, leaves both.
    removeIfThere(this.#temporary)
  }

  async discard(): Promise<void> {
    this.#git.child.stdin.end()
    if (!this.#finished) await this.#git.exit.catch(() => undefined)
    removeIfThere(this.#temporary)
    removeIfThere(`${this.#temporary}.lock`)
  }

  #start(input: '--stdin' | '--index-info'): Git {
    const started = new Git(this.#place, ['update-index', '--add', '--remove', '-z', input], {
      env: this.#env
    })
    started.child.stdout.resume()
    return started
  }
}

const lineOf = ({ path, mode, oid }: IndexTarget): string =>
  `${/^0+$/.test(oid) ? '0' : mode} ${oid}\t${path}\0`

/**
 * A link keeps the time of the file, by which git knows which entries may be older than an edit in the same
 * instant. A copy is newer and would hide such an edit from `git status`.
 */
function linkIndex(index: string, temporary: string): void {
  try {
    fs.linkSync(index, temporary)
  } catch (error) {
    if (errno(error) === 'ENOENT') return
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK', 'EOPNOTSUPP'].includes(errno(error) ?? '')) throw error
    const { atime, mtimeMs } = fs.statSync(index)
    fs.copyFileSync(index, temporary, fs.constants.COPYFILE_EXCL)
    fs.utimesSync(temporary, atime, Math.floor(mtimeMs / 1000))
  }
}
