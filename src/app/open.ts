import type { Clock, Random } from '../core/ports.js'
import { systemClock } from '../system/files/clock.js'
import { systemRandom } from '../system/files/random.js'
import { openRepository } from '../system/repository.js'
import type { Vault } from '../vault/vault.js'
import type { World } from '../vault/world.js'
import type { AskPassphrase } from './askPassphrase.js'
import { baselineOf } from './baseline.js'
import type { Follower } from './follow/follower.js'
import { lateRotator } from './rotation/lateRotator.js'

export interface OpenOptions {
  /** Any folder of the repository; the current one by default. */
  readonly directory?: string
  /**
   * Called if the identity has a passphrase, GIT_VAULT_PASSPHRASE is not set, and no agent holds the identity
   * unlocked.
   */
  readonly passphrase?: AskPassphrase
  /** Receives warnings, each one line, such as a secret that a list left out. Discarded by default. */
  readonly notice?: (line: string) => void
  /** Starts git early, because a write will follow. If none does, `Vault.close` must be called. */
  readonly write?: boolean
  /** The region to use; each is a namespace of its own. The vault's home region by default. */
  readonly region?: string
  /** The full id of a commit that every tree must contain. Default: GIT_VAULT_AT_LEAST. */
  readonly atLeast?: string
  /** Called before each step of a rotation that this process runs, with the secret's name and the step's. */
  readonly onRotationStep?: (name: string, step: string) => void
  /** Whether the steps of a rotation run in a process of their own, which this one does not wait for. */
  readonly detachesRotations?: boolean | undefined
  /** Whether Ctrl-C and SIGTERM end a rotation function, and then this process. For programs, not for libraries. */
  readonly stopsOnSignals?: boolean
  readonly clock?: Clock
  readonly random?: Random
}

/**
 * Opens the vault of the repository around a folder. A missing or damaged vault is reported by the first
 * operation.
 * @param follower keeps the clone in step with a remote, which takes each write first
 */
export async function open(options: OpenOptions = {}, follower?: Follower): Promise<Vault> {
  const { env } = process
  const notice = options.notice ?? (() => undefined)
  const directory = options.directory ?? process.cwd()
  const repository = await openRepository(directory, {
    onWarning: notice,
    setsDrivers: true,
    ...(follower ? { remote: follower } : {})
  }).catch(async (error: unknown) => (await import('./exported.js')).exportedTree(error, directory, notice))
  if (options.write) await repository.prepareCommit()
  // imported only now, so that libsodium loads while git starts
  const [{ Vault }, { carriedRoot, loadIdentity }] = await Promise.all([
    import('../vault/vault.js'),
    import('./identityFile.js')
  ])
  const baseline = await baselineOf(repository, options.atLeast)
  const world: World = {
    repository,
    ...('place' in repository
      ? {
          rotator: lateRotator({
            vault: () => new Vault(world),
            repository,
            ...(follower ? { reading: work => follower.gate.read(work) } : {}),
            onStep: ({ name }, step) => options.onRotationStep?.(name, step),
            stopsOnSignals: options.stopsOnSignals,
            detachedIn: options.detachesRotations ? directory : undefined
          })
        }
      : {}),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    identity: () => loadIdentity(env, options.passphrase),
    trustedRoot: async () => {
      const root = await carriedRoot(env)
      // only a repository has a place for the pin that `git-vault trust` makes
      if (root === undefined && !('place' in repository))
        throw (await import('./exported.js')).noCarriedRoot()
      return root
    },
    ...(baseline ? { baseline } : {}),
    notice
  }
  const vault = new Vault(world)
  await follower?.start(world)
  return vault.inRegion(options.region)
}
