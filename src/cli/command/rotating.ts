import type { AskPassphrase } from '../../app/askPassphrase.js'
import type { OpenOptions } from '../../app/open.js'
import { VaultError } from '../../core/errors.js'
import { visible } from '../terminal/escape.js'
import type { Io } from '../terminal/io.js'

/** What a command that may rotate a secret opens the vault with: at a terminal, it reports each step. */
export function rotating(io: Io): Pick<OpenOptions, 'onRotationStep' | 'stopsOnSignals'> {
  return {
    stopsOnSignals: true,
    ...(io.stderr.isTerminal
      ? {
          onRotationStep: (name, step) => {
            io.stderr.write(`git-vault: rotating ${visible(name)}: ${step}\n`).catch(() => undefined)
          }
        }
      : {})
  }
}

/**
 * What a command opens the vault with if the steps run in another process, for which it does not wait. That process cannot ask
 * for a passphrase, so this one does not either.
 */
export function detaching(): Pick<OpenOptions, 'detachesRotations' | 'passphrase'> {
  const passphrase: AskPassphrase = async () => {
    throw new VaultError('IdentityLocked', 'a rotation in the background cannot ask for your passphrase', {
      hint: 'git-vault unlock'
    })
  }
  return { detachesRotations: true, passphrase }
}
