import { VaultError } from '../core/errors.js'
import type { Identity } from '../core/identity.js'
import type { Clock, History, Random, Repository, Tree } from '../core/ports.js'
import { sodiumReady } from '../core/sodium.js'
import { Accessed } from './accessed.js'
import { Draft } from './draft.js'
import { readAccess } from './pin.js'
import { findPlace, type Place } from './place.js'
import { Seen } from './seen.js'
import { seenState, View, type Secret } from './view.js'
import { secretPlaces } from './walk.js'

/**
 * Finds the identity. The first promise has read it, and asked for its passphrase if it is wrapped; the function then
 * derives the keys, for which libsodium must be ready. Two steps, so that git starts up while libsodium does.
 */
export type IdentitySource = () => Promise<() => Identity>

export interface World {
  readonly repository: Repository & History
  readonly clock: Clock
  readonly random: Random
  readonly identity: IdentitySource
  /** The vault id that a machine's identity carries, to be trusted without anybody being asked. */
  readonly trustedRoot: () => Promise<string | undefined>
  /** Tells the user something that is not an error, such as a detached HEAD. */
  readonly notice: (line: string) => void
}

/** An opened vault: what the operations work on. */
export class Vault {
  readonly clock: Clock
  readonly random: Random
  readonly repository: Repository & History
  readonly accessed: Accessed
  readonly #world: World
  /** The list that the last page was cut from, for whoever asks for the next. */
  #paged: { token: string; secrets: readonly Secret[] } | undefined
  #source: ReturnType<IdentitySource> | undefined

  constructor(world: World) {
    this.#world = world
    this.clock = world.clock
    this.random = world.random
    this.repository = world.repository
    this.accessed = new Accessed(world.repository.memory)
  }

  /** The work tree, as far as it counts. Starts no git process. */
  async read(): Promise<View> {
    const { workTree } = this.repository
    const [branch] = await Promise.all([this.repository.branch(), sodiumReady])
    if (branch === undefined)
      this.#world.notice(
        'HEAD is detached: this is what it holds, which may be older than what this clone has seen'
      )
    const { view } = await this.#view(workTree, await findPlace(workTree), branch)
    return view
  }

  /**
   * Every secret, by creation. Asked for the page after one it has cut itself, it answers from the same list, so that
   * paging through a large vault reads it once.
   */
  async secrets(token?: string): Promise<readonly Secret[]> {
    if (token !== undefined && this.#paged?.token === token) return this.#paged.secrets
    const view = await this.read()
    const secrets: Secret[] = []
    for await (const secret of view.all(secretPlaces(this.repository.workTree, view.place)))
      secrets.push(secret)
    const order = ({ document, name }: Secret) => `${document.created} ${name}`
    return secrets.sort((a, b) => (order(a) < order(b) ? -1 : 1))
  }

  keepPaged(token: string | undefined, secrets: readonly Secret[]): void {
    this.#paged = token === undefined ? undefined : { token, secrets }
  }

  /** What a clone keeps of a read: the serials it saw and, where a value was read, the day. */
  async noteRead(view: View, secret: Secret, versionId?: string): Promise<void> {
    await this.#remember(async () => {
      await view.seen.remember(secret.name, seenState(secret))
      if (versionId !== undefined) await this.accessed.mark(secret.arn, versionId, this.clock.now())
    })
  }

  /** What `.vaultrc` says of how things are shown. Throws `VaultNotFound` where there is none. */
  async displayDefaults(): Promise<{ output?: string }> {
    const { output } = await findPlace(this.repository.workTree)
    return output === undefined ? {} : { output }
  }

  /** Ends the processes that were started for a write that did not come. */
  async close(): Promise<void> {
    await this.repository.close()
  }

  /** The identity's keys; asks for its passphrase the first time. */
  async identity(): Promise<Identity> {
    const derive = await this.#identitySource()
    await sodiumReady
    return derive()
  }

  /**
   * One write: `decide` sees the newest commit and drafts what is to change; the draft becomes one commit, or none
   * where it is empty.
   */
  async write<T>(operation: string, decide: (draft: Draft) => Promise<T>): Promise<T> {
    const prepared = this.repository.prepareCommit()
    const derive = await this.#identitySource().catch(async (error: unknown) => {
      await prepared
      await this.repository.close()
      throw error
    })
    let drafted: Draft | undefined
    const { value } = await this.repository.commit(async head => {
      await sodiumReady
      const identity = derive()
      const branch = await this.repository.branch()
      const { view, behind } = await this.#view(head, await findPlace(head), branch)
      if (behind) {
        throw new VaultError(
          'RepositoryState',
          'this branch lacks entries of the access log that this clone has verified',
          {
            hint: 'merge the branch that has them first'
          }
        )
      }
      const member = view.access.members.get(identity.public.keyId)
      if (!member) {
        throw new VaultError('IdentityNotFound', 'this identity is not a member of this vault', {
          hint: 'git-vault identity show prints what an admin of the vault needs to add it'
        })
      }
      drafted = new Draft(view, member, identity, operation, this.clock.now(), this.random)
      const decided = await decide(drafted)
      const { change } = drafted
      return change ? { change, value: decided } : { value: decided }
    })
    const done = drafted
    if (done?.change) await this.#remember(() => done.remember())
    return value
  }

  async #view(tree: Tree, place: Place, branch: string | undefined) {
    const { memory } = this.repository
    const { access, relation, pin } = await readAccess(tree, place, memory, this.#world.trustedRoot)
    if (pin) await this.#remember(pin)
    return { view: new View(tree, place, access, new Seen(memory, branch)), behind: relation === 'behind' }
  }

  /** Where the git directory cannot be written that is told, and what was read or committed stands. */
  async #remember(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof VaultError && error.code === 'FileFailed')) throw error
      this.#world.notice(`this clone cannot remember what it has seen: ${error.message}`)
    }
  }

  #identitySource(): ReturnType<IdentitySource> {
    return (this.#source ??= this.#world.identity())
  }
}
