import type { OpenOptions } from '../../app/open.js'
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
