import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ownProgram } from '../files/ownProgram.js'

const FILE = 'builtin.cjs'

/** The folder of this code. The library's ES module has none, so there it is the build of the program. */
const HERE = typeof __dirname === 'undefined' ? join(dirname(ownProgram() ?? ''), '../dist') : __dirname

/** The program of the built-in rotation functions: beside the bundle that this is in, or in the build if this is a source. */
export const BUILTIN_PROGRAM =
  [join(HERE, FILE), join(HERE, '../../../dist', FILE)].find(path => existsSync(path)) ?? join(HERE, FILE)
