import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isExecutable } from './ownProcess.js'
import { programPath } from './programs.js'

/**
 * Returns the absolute path of git-vault's program file: of this installation, or else of the `git-vault` on PATH if this
 * code was loaded as a library. `undefined` if there is none.
 */
export function ownProgram(): string | undefined {
  if (isExecutable) return realpathSync(process.execPath)
  // not defined in the library's ES module
  for (let folder = typeof __dirname === 'undefined' ? '' : __dirname; folder !== dirname(folder || '/');) {
    const file = join(folder, 'bin', 'git-vault.js')
    if (existsSync(file)) return realpathSync(file)
    folder = dirname(folder)
  }
  const found = programPath('git-vault')
  return found === undefined ? undefined : realpathSync(found)
}
