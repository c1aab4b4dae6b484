import { VaultError } from '../../core/errors.js'
import { canAsk, type Io } from '../terminal/io.js'
import type { Ask } from './services.js'

/**
 * Where an identity's passphrase comes from, where the environment does not give it: the person at the terminal.
 * Whether there is one is found out only when a passphrase is needed.
 */
export function passphrase(io: Io, ask: Ask): () => Promise<string> {
  return async () => {
    if (canAsk(io)) return ask.secret('Passphrase of your identity')
    throw new VaultError(
      'IdentityLocked',
      'your identity has a passphrase, and there is no terminal to ask for it',
      {
        hint: 'set GIT_VAULT_PASSPHRASE, or run git-vault unlock in a terminal first'
      }
    )
  }
}
