import type { Clock, Random } from '../core/ports.js'
import { systemClock } from '../system/files/clock.js'
import { systemRandom } from '../system/files/random.js'
import { openRepository } from '../system/repository.js'
import type { Vault } from '../vault/vault.js'

export interface OpenOptions {
  /** Any folder of the repository; the current one by default. */
  readonly directory?: string
  /**
   * Asked when the identity is wrapped, GIT_VAULT_PASSPHRASE is not set, and `git-vault unlock` does not keep it unlocked.
   */
  readonly passphrase?: () => Promise<string>
  /** Told, in one line, what is not an error. Discarded by default. */
  readonly notice?: (line: string) => void
  /** A write will follow: git starts up while the rest does. `Vault.close` must be called if none does after all. */
  readonly write?: boolean
  /** The region to ask; each is a namespace of its own. The vault's home region by default. */
  readonly region?: string
  readonly clock?: Clock
  readonly random?: Random
}

/** Opens the vault of the repository around a folder. What is missing or wrong with it shows at the first operation. */
export async function open(options: OpenOptions = {}): Promise<Vault> {
  const { env } = process
  const notice = options.notice ?? (() => undefined)
  const repository = await openRepository(options.directory ?? process.cwd(), { onWarning: notice })
  if (options.write) await repository.prepareCommit()
  // only now, so that libsodium gets ready while git does
  const [{ Vault }, { carriedRoot, loadIdentity }] = await Promise.all([
    import('../vault/vault.js'),
    import('./identityFile.js')
  ])
  const vault = new Vault({
    repository,
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    identity: () => loadIdentity(env, options.passphrase),
    trustedRoot: () => carriedRoot(env),
    notice
  })
  return vault.inRegion(options.region)
}
