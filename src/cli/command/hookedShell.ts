import { HOOKED_SHELLS } from '../../core/run/shell.js'
import { UsageError } from '../arguments/usage.js'
import { visible } from '../terminal/escape.js'

/** Returns the shell that was named. Throws `UsageError` if the command has no code for it. */
export function hookedShell(command: string, word: string): (typeof HOOKED_SHELLS)[number] {
  const shell = HOOKED_SHELLS.find(name => name === word)
  if (shell !== undefined) return shell
  throw new UsageError('input', `${command} has no code for '${visible(word)}'`, 'name bash, zsh or fish')
}
