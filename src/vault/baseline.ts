import { relate, type Access } from '../core/access/access.js'
import { isCommitId } from '../core/commitId.js'
import { VaultError } from '../core/errors.js'
import type { History, Repository, Tree } from '../core/ports.js'
import { parseArn } from '../core/service/name.js'
import type { SeenSecret } from '../core/versions/seen.js'
import { findPlace, type Place } from './documents/place.js'
import { readLog, type Log } from './documents/readLog.js'
import { nothingSeen } from './memory/seen.js'
import { seenState } from './memory/seenState.js'
import { View } from './view.js'

/**
 * A commit that every tree that is read must contain: the anchor of a clone that remembers nothing, such as CI's
 * (GIT_VAULT_AT_LEAST). Its vault folder, its access log and its states are the least that is accepted.
 */
export class Baseline {
  readonly #repository: Repository & History
  readonly #commit: string
  #vault: Promise<{ place: Place; log: Log }> | undefined

  /**
   * Throws `Usage` unless `commit` is a full id.
   * @param option the option or variable that names the commit
   */
  constructor(repository: Repository & History, commit: string, option: string) {
    if (!isCommitId(commit))
      throw new VaultError('Usage', `${option} needs the full id of a commit, not ${JSON.stringify(commit)}`)
    this.#repository = repository
    this.#commit = commit
  }

  get commit(): string {
    return this.#commit
  }

  /** Throws unless HEAD contains the commit, and the log of the tree that is read extends the commit's log. */
  async requireHead(place: Place, access: Pick<Access, 'entries'>): Promise<void> {
    await this.requireIn('HEAD')
    await this.requireLog(place, access)
  }

  /** Throws `RepositoryState` unless `revision` is the commit or descends from it. */
  async requireIn(revision: string): Promise<void> {
    if (await this.#repository.isAncestor(this.#commit, revision)) return
    const isShallow = (await this.#repository.shallowCommits()).size > 0
    throw new VaultError(
      'RepositoryState',
      `${revision} does not contain commit ${this.#commit}, which --at-least or GIT_VAULT_AT_LEAST names`,
      {
        hint: isShallow
          ? 'this clone is shallow: git fetch --unshallow'
          : 'fetch the newest state of the branch; if it still lacks the commit, somebody may have rewritten it'
      }
    )
  }

  /** Throws `DocumentRefused` if a tree has another vault folder than the commit, or a log that does not extend its log. */
  async requireLog(place: Place, { entries }: Pick<Access, 'entries'>): Promise<void> {
    const before = await this.#read()
    if (before.place.folder !== place.folder)
      throw new VaultError(
        'DocumentRefused',
        `.vaultrc: the vault is in "${place.folder}", but was in "${before.place.folder}" in commit ${this.#commit}`
      )
    const relation = relate(entries, before.log.access.entries)
    if (relation !== 'same' && relation !== 'ahead')
      throw new VaultError(
        'DocumentRefused',
        `${place.access}: does not extend the access log of commit ${this.#commit}`
      )
  }

  /** Returns the state that the commit has of the secret with the name and region of `found`. */
  async stateOf(found: SeenSecret): Promise<SeenSecret | undefined> {
    const { place, log } = await this.#read()
    const { name, region } = parseArn(found.arn)
    const seen = nothingSeen()
    const view = new View(this.#tree, place, log.access, seen, 0).inRegion(region)
    const secret = await view.secretAtAnyAge(view.place.secret(name))
    return secret && seenState(secret)
  }

  /** Reads the commit's vault once. After a failure, such as a killed git, the next call reads it again. */
  #read(): Promise<{ place: Place; log: Log }> {
    if (this.#vault) return this.#vault
    const vault = this.#readVault()
    vault.catch(() => (this.#vault = undefined))
    return (this.#vault = vault)
  }

  async #readVault(): Promise<{ place: Place; log: Log }> {
    const place = await findPlace(this.#tree)
    const log = await readLog(this.#tree, place)
    if (log) return { place, log }
    throw new VaultError('VaultNotFound', `commit ${this.#commit} has no ${place.access}`)
  }

  get #tree(): Tree {
    return this.#repository.treeOf(this.#commit)
  }
}
