// Finds the programs that the scripts of this folder start.
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

/**
 * Returns the absolute path of a program on PATH. A bare name is never started: Windows would look for it in the current
 * folder first.
 */
export function program(name) {
  const endings = process.platform === 'win32' ? ['.com', '.exe'] : ['']
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter(isAbsolute))
    for (const ending of endings)
      if (isProgram(join(folder, name + ending))) return join(folder, name + ending)
  throw new Error(`the program ${name} was not found on PATH`)
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** Returns the command that starts npm. npm itself is a script, so Node runs it: on Windows only a shell could start it. */
export function npm() {
  // set if npm started this script
  const script = process.env.npm_execpath
  return script !== undefined && isAbsolute(script) ? [process.execPath, script] : [program('npm')]
}
