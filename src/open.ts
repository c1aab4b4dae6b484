import type { Clock, Random } from './core/ports.js'
import { carriedRoot, loadIdentity } from './identityFile.js'
import { systemClock } from './system/clock.js'
import { systemRandom } from './system/random.js'
import { openRepository } from './system/repository.js'
import { Vault } from './vault/vault.js'

export interface OpenOptions {
  /** Any folder of the repository; the current one by default. */
  readonly directory?: string
  /** Asked when the identity is wrapped. By default GIT_VAULT_PASSPHRASE is taken, where it is set. */
  readonly passphrase?: () => Promise<string>
  /** Told, in one line, what is not an error. Discarded by default. */
  readonly notice?: (line: string) => void
  readonly clock?: Clock
  readonly random?: Random
}

/** Opens the vault of the repository around a folder. What is missing or wrong with it shows at the first operation. */
export async function open(options: OpenOptions = {}): Promise<Vault> {
  const { env } = process
  const given = env['GIT_VAULT_PASSPHRASE']
  const passphrase = given === undefined ? options.passphrase : async () => given
  const notice = options.notice ?? (() => undefined)
  return new Vault({
    repository: await openRepository(options.directory ?? process.cwd(), { onWarning: notice }),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    identity: () => loadIdentity(env, passphrase),
    trustedRoot: () => carriedRoot(env),
    notice
  })
}
