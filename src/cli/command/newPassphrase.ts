import { envPassphrase } from '../../app/envPassphrase.js'
import { passphraseWeakness } from '../../core/crypto/passphraseWeakness.js'
import { VaultError } from '../../core/errors.js'
import { UsageError } from '../arguments/usage.js'
import { visible } from '../terminal/escape.js'
import { canAsk } from '../terminal/io.js'
import type { World } from './services.js'

const ATTEMPTS = 3

/**
 * Returns a passphrase for an identity: from the file, from the environment unless that has the one to replace, or from the
 * user, who is asked again if it is weak or not the same twice. Throws `UsageError` if it is weak, empty, or not the same twice.
 */
export async function newPassphrase(
  { file, isReplacing = false }: { file?: string | undefined; isReplacing?: boolean },
  world: World
): Promise<string> {
  if (file !== undefined) return strong(await readLine(file, world))
  const fromEnvironment = isReplacing ? undefined : envPassphrase(world.io.env)
  if (fromEnvironment !== undefined) return strong(fromEnvironment)
  if (!canAsk(world.io))
    throw new UsageError(
      'input',
      `cannot ask for a ${isReplacing ? 'new ' : ''}passphrase: no terminal`,
      isReplacing
        ? 'pass --passphrase-file or --no-passphrase'
        : 'pass --passphrase-file or --no-passphrase, or set GIT_VAULT_PASSPHRASE'
    )
  return askTwice(isReplacing ? 'New passphrase' : 'Passphrase for the new identity', world)
}

async function readLine(file: string, { io }: World): Promise<string> {
  const bytes = await io.readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new VaultError('FileFailed', `cannot read ${visible(file)}: ${error.code}`, { cause: error })
  })
  return new TextDecoder().decode(bytes).replace(/\r?\n$/, '')
}

async function askTwice(question: string, { io, services }: World): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const isLast = attempt === ATTEMPTS
    const first = await services.ask.secret(question)
    const weakness = first === '' ? undefined : passphraseWeakness(first)
    if (weakness === undefined || isLast) {
      strong(first)
      if ((await services.ask.secret('Repeat the passphrase')) === first) return first
      if (isLast) throw new UsageError('input', 'the two passphrases differ')
    }
    const problem =
      weakness === undefined ? 'the two passphrases differ' : `that passphrase is weak: ${weakness}`
    await io.stderr.write(`git-vault: ${problem}\n`)
  }
}

function strong(passphrase: string): string {
  if (passphrase === '')
    throw new UsageError('input', 'the passphrase is empty', 'pass --no-passphrase to use none')
  const weakness = passphraseWeakness(passphrase)
  if (weakness === undefined) return passphrase
  throw new UsageError('input', `the passphrase is weak: ${weakness}`)
}
