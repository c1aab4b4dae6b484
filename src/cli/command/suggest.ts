import { nearest } from '../../core/service/nearest.js'
import { visible } from '../terminal/escape.js'
import { UsageError } from '../arguments/usage.js'

/** Returns the error for a command that does not exist, with a similar command as the hint. */
export function unknownCommand(name: string, commands: readonly string[]): UsageError {
  const near = nearest(name, commands)
  return new UsageError(
    'input',
    `'${visible(name)}' is not a git-vault command`,
    near === undefined ? 'list the commands: git-vault help' : `did you mean ${near}?`
  )
}
