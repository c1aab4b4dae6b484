import { existsSync } from 'node:fs'
import { join } from 'node:path'

const FILE = 'builtin.cjs'

/** The program of the built-in rotation functions: beside the bundle that this is in, or in the build if this is a source. */
export const BUILTIN_PROGRAM =
  [join(__dirname, FILE), join(__dirname, '../../../dist', FILE)].find(existsSync) ?? join(__dirname, FILE)
