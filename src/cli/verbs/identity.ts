import { VaultError } from '../../core/errors.js'
import { givenPassphrase } from '../../app/givenPassphrase.js'
import { visible } from '../terminal/escape.js'
import { canAsk } from '../terminal/io.js'
import type { World } from '../command/services.js'
import { UsageError } from '../arguments/usage.js'
import type { Verb } from '../command/verb.js'

export const identity: Verb = {
  help: `Usage: git-vault identity new [options]
       git-vault identity show

Your identity is your private keys, in a file of yours outside every repository. \`new\` makes one and never
writes over another; \`show\` prints its public half, which is what others need to add you to a vault.

Options of new:
  --file PATH             where to write it
  --passphrase-file PATH  take the passphrase from a file (its last newline left off)
  --no-passphrase         keep the keys readable by whoever can read the file

Without either, the passphrase comes from GIT_VAULT_PASSPHRASE, or is asked for twice.

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
      const shown = await world.services.showIdentity()
      const wrapped = shown.wrapped ? 'yes' : 'no'
      await world.io.stdout.write(`${described(shown)}passphrase   ${wrapped}\n`)
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
        `identity does not know '${visible(action!)}'`,
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

/** Makes one, and gives the passphrase that was chosen for it, so that nobody is asked for it again at once. */
export async function makeIdentity(options: NewIdentity, world: World): Promise<string | undefined> {
  let passphrase: string | undefined
  const askPassphrase = async (): Promise<string> =>
    (passphrase = await newPassphrase(options.passphraseFile, world))
  const made = await world.services.newIdentity({
    ...(options.noPassphrase ? {} : { askPassphrase }),
    ...(options.file === undefined ? {} : { path: options.file })
  })
  await world.io.stdout.write(described(made))
  return passphrase
}

async function newPassphrase(file: string | undefined, { io, services }: World): Promise<string> {
  if (file !== undefined) {
    const bytes = await io.readFile(file).catch((error: NodeJS.ErrnoException) => {
      throw new VaultError('FileFailed', `cannot read ${visible(file)}: ${error.code}`, { cause: error })
    })
    return notEmpty(new TextDecoder().decode(bytes).replace(/\r?\n$/, ''))
  }
  const given = givenPassphrase(io.env)
  if (given !== undefined) return given
  if (!canAsk(io)) {
    throw new UsageError(
      'input',
      'identity new needs --passphrase-file, --no-passphrase or GIT_VAULT_PASSPHRASE where there is no terminal'
    )
  }
  const first = notEmpty(await services.ask.secret('Passphrase for the new identity'))
  if ((await services.ask.secret('The same again')) === first) return first
  throw new UsageError('input', 'the two passphrases differ')
}

function notEmpty(passphrase: string): string {
  if (passphrase !== '') return passphrase
  throw new UsageError('input', 'the passphrase is empty', 'pass --no-passphrase to go without one')
}

const described = (identity: { from: string; isFile: boolean; publicKey: string; words: string }): string =>
  `${identity.isFile ? 'file' : 'from'}         ${visible(identity.from)}\npublic key   ${identity.publicKey}\nfingerprint  ${identity.words}\n`
