import { VaultError } from '../../core/errors.js'
import { canAsk, type Io } from '../terminal/io.js'
import type { Ask } from './services.js'

/**
 * Returns a function that asks for the identity's passphrase at the terminal. It is called only if a passphrase is
 * needed and the environment has none. Throws `IdentityLocked` if there is no terminal.
 */
export function passphrase(io: Io, ask: Ask): () => Promise<string> {
  return async () => {
    if (canAsk(io)) return ask.secret('Passphrase of your identity')
    throw new VaultError('IdentityLocked', 'cannot ask for the passphrase: no terminal', {
      hint: 'set GIT_VAULT_PASSPHRASE, or run git-vault unlock in a terminal first'
    })
  }
}
