import type { AskPassphrase } from '../../app/askPassphrase.js'
import { VaultError } from '../../core/errors.js'
import { canAsk, type Io } from '../terminal/io.js'
import type { Ask } from './services.js'

const ATTEMPTS = 3

/**
 * Returns a function that asks for the identity's passphrase at the terminal, and again if it was wrong. It is called only
 * if a passphrase is needed and the environment has none. Throws `IdentityLocked` if there is no terminal.
 */
export function passphrase(io: Io, ask: Ask): AskPassphrase {
  const once = async (attempt: number): Promise<string> => {
    const question =
      attempt === 1
        ? 'Passphrase of your identity'
        : `Wrong passphrase. Try again, attempt ${attempt} of ${ATTEMPTS}`
    const answer = await secretFrom(io, ask, question)
    if (answer !== undefined) return answer
    throw new VaultError('IdentityLocked', 'cannot ask for the passphrase: no terminal', {
      hint: 'set GIT_VAULT_PASSPHRASE, or run git-vault unlock in a terminal first'
    })
  }
  return Object.assign(once, { attempts: ATTEMPTS })
}

/** Asks at the terminal of the process if stdin or stderr is something else. `undefined` if there is no terminal. */
const secretFrom = (io: Io, ask: Ask, question: string): Promise<string | undefined> =>
  canAsk(io) ? ask.secret(question) : ask.secretAtTerminal(question)
