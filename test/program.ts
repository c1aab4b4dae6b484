import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const given = process.env['GIT_VAULT_TEST_PROGRAM'] ?? ''

/** The command that runs git-vault: the build, or the executable that GIT_VAULT_TEST_PROGRAM names. */
export const COMMAND: readonly [string, ...string[]] =
  given === '' ? [process.execPath, join(root, 'bin/git-vault.js')] : [given]

/** A shell script that runs git-vault with the script's own arguments. */
export const SCRIPT = `#!/bin/sh\nexec ${COMMAND.map(word => `'${word}'`).join(' ')} "$@"\n`
