import { VaultError } from '../../core/errors.js'
import { envPassphrase } from '../../app/envPassphrase.js'
import { visible } from '../terminal/escape.js'
import { canAsk } from '../terminal/io.js'
import type { World } from '../command/services.js'
import { UsageError } from '../arguments/usage.js'
import type { Verb } from '../command/verb.js'

export const identity: Verb = {
  help: `Usage: git-vault identity new [options]
       git-vault identity show

Your identity is your private keys, in a file of your own, outside every
repository.

  new    create an identity; never overwrites an existing file
  show   print its public key, which an admin needs to add you to a vault

Options of new:
  --file PATH             write the identity to this file
  --passphrase-file PATH  read the passphrase from this file, without its last
                          newline
  --no-passphrase         use no passphrase: anyone who can read the file can
                          use the keys

Without the last two options, the passphrase comes from GIT_VAULT_PASSPHRASE or
is asked for twice.

Example:
  git-vault identity new
`,
  options: {
    file: { kind: 'value' },
    'passphrase-file': { kind: 'value' },
    'no-passphrase': { kind: 'flag' }
  },
  words: ['new or show'],
  required: 1,

  async run(parsed, world) {
    const [action] = parsed.words
    if (action === 'show') {
      const own = await world.services.showIdentity()
      const hasPassphrase = own.wrapped ? 'yes' : 'no'
      await world.io.stdout.write(`${describeIdentity(own)}passphrase   ${hasPassphrase}\n`)
    } else if (action === 'new') {
      await makeIdentity(
        {
          file: parsed.text('file'),
          passphraseFile: parsed.text('passphrase-file'),
          noPassphrase: parsed.has('no-passphrase')
        },
        world
      )
    } else {
      throw new UsageError(
        'input',
        `identity has no action '${visible(action!)}'`,
        'git-vault identity --help'
      )
    }
  }
}

export interface NewIdentity {
  readonly file?: string | undefined
  readonly passphraseFile?: string | undefined
  readonly noPassphrase: boolean
}

/** Creates an identity. Returns the passphrase that was chosen for it, so that it need not be asked again. */
export async function makeIdentity(options: NewIdentity, world: World): Promise<string | undefined> {
  let passphrase: string | undefined
  const askPassphrase = async (): Promise<string> =>
    (passphrase = await newPassphrase(options.passphraseFile, world))
  const created = await world.services.newIdentity({
    ...(options.noPassphrase ? {} : { askPassphrase }),
    ...(options.file === undefined ? {} : { path: options.file })
  })
  await world.io.stdout.write(describeIdentity(created))
  return passphrase
}

async function newPassphrase(file: string | undefined, { io, services }: World): Promise<string> {
  if (file !== undefined) {
    const bytes = await io.readFile(file).catch((error: NodeJS.ErrnoException) => {
      throw new VaultError('FileFailed', `cannot read ${visible(file)}: ${error.code}`, { cause: error })
    })
    return requirePassphrase(new TextDecoder().decode(bytes).replace(/\r?\n$/, ''))
  }
  const fromEnvironment = envPassphrase(io.env)
  if (fromEnvironment !== undefined) return fromEnvironment
  if (!canAsk(io)) {
    throw new UsageError(
      'input',
      'cannot ask for a passphrase: no terminal',
      'pass --passphrase-file or --no-passphrase, or set GIT_VAULT_PASSPHRASE'
    )
  }
  const first = requirePassphrase(await services.ask.secret('Passphrase for the new identity'))
  if ((await services.ask.secret('Repeat the passphrase')) === first) return first
  throw new UsageError('input', 'the two passphrases differ')
}

function requirePassphrase(passphrase: string): string {
  if (passphrase !== '') return passphrase
  throw new UsageError('input', 'the passphrase is empty', 'pass --no-passphrase to use none')
}

const describeIdentity = (identity: {
  from: string
  isFile: boolean
  publicKey: string
  words: string
}): string =>
  `${identity.isFile ? 'file' : 'from'}         ${visible(identity.from)}\npublic key   ${identity.publicKey}\nfingerprint  ${identity.words}\n`
