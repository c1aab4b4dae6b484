import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { VaultError } from '../core/errors.js'
import type { History, Memory, Repository } from '../core/ports.js'
import { shown } from './files/paths.js'
import { openWorkTree } from './files/workTree.js'
import { withMemory } from './withMemory.js'

/** The file at the root of a repository that has a vault. */
const MARKER = '.vaultrc'

/**
 * Returns the exported tree around a folder: the files of a repository with a vault, without its `.git`, as `git archive`
 * or a container image has them. It can only be read, and it remembers nothing. Returns `undefined` if there is none.
 * @param notice told at the first read that nothing proves the tree to be the newest one
 */
export function findExportedTree(
  directory: string,
  notice: (line: string) => void
): (Repository & History) | undefined {
  const start = resolve(directory)
  if (!existsSync(start)) return undefined
  for (let folder = realpathSync(start); ; folder = dirname(folder)) {
    // a repository that cannot be opened, as a submodule without its parent, has an error of its own
    if (existsSync(join(folder, '.git'))) return undefined
    if (existsSync(join(folder, MARKER))) return new ExportedTree(folder, notice)
    if (dirname(folder) === folder) return undefined
  }
}

class ExportedTree implements Repository, History {
  readonly root: string
  readonly workTree
  readonly memory: Memory = { read: async () => undefined, update: async () => undefined }
  readonly #notice: (line: string) => void
  #isTold = false

  constructor(root: string, notice: (line: string) => void) {
    this.root = root
    this.workTree = openWorkTree(root)
    this.#notice = notice
  }

  /** A name that no branch has. */
  async branch(): Promise<string> {
    if (!this.#isTold)
      this.#notice(`${shown(this.root)} has no .git: whether its secrets are the newest was not checked`)
    this.#isTold = true
    return ''
  }

  remembering(memory: Memory): Repository & History {
    return withMemory(this, memory)
  }

  prepareCommit(): Promise<never> {
    return this.#refuse()
  }

  commit(): Promise<never> {
    return this.#refuse()
  }

  commitId(): Promise<never> {
    return this.#refuse()
  }

  headTime(): Promise<never> {
    return this.#refuse()
  }

  isAncestor(): Promise<never> {
    return this.#refuse()
  }

  shallowCommits(): Promise<never> {
    return this.#refuse()
  }

  treeOf(): never {
    throw this.#refusal()
  }

  range(): never {
    throw this.#refusal()
  }

  files(): never {
    throw this.#refusal()
  }

  log(): never {
    throw this.#refusal()
  }

  anywhere(): never {
    throw this.#refusal()
  }

  removed(): never {
    throw this.#refusal()
  }

  async conflictSides(): Promise<[]> {
    return []
  }

  difference(): never {
    throw this.#refusal()
  }

  otherBranches(): Promise<never> {
    return this.#refuse()
  }

  blob(): Promise<never> {
    return this.#refuse()
  }

  async close(): Promise<void> {
    // nothing was started
  }

  async #refuse(): Promise<never> {
    throw this.#refusal()
  }

  #refusal(): VaultError {
    return new VaultError('RepositoryState', `${shown(this.root)} has no .git, so it can only be read`, {
      hint: 'write, or look at the history, in a clone of the repository'
    })
  }
}
