import { VaultError } from '../../core/errors.js'
import { programPath } from '../files/programs.js'

/** Returns git's absolute path. Throws `GitFailed` if no absolute entry of PATH has it. */
export function gitProgram(): string {
  return programPath('git') ?? raise()
}

function raise(): never {
  throw new VaultError('GitFailed', 'the program git was not found', {
    hint: 'install git 2.39 or newer and add its folder to PATH, as an absolute path'
  })
}
