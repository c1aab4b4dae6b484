import type { Parsed } from '../arguments/arguments.js'
import { newPassphrase } from '../command/newPassphrase.js'
import { passphrase } from '../command/passphrase.js'
import { visible, visibleJson } from '../terminal/escape.js'
import { isJson, jsonOption } from '../command/json.js'
import type { World } from '../command/services.js'
import { runAction, type Action } from '../command/subcommand.js'
import { UsageError } from '../arguments/usage.js'
import { openCurrentVault, type Verb } from '../command/verb.js'
import { fingerprintLine } from '../terminal/spoken.js'

export const identity: Verb = {
  help: `Usage: git-vault identity new [options]
       git-vault identity show
       git-vault identity passphrase [options]
       git-vault identity export --for-ci [--file PATH]

Your identity is your private keys, in a file of your own, outside every
repository.

  new         create an identity; never overwrites an existing file
  show        print its public key, which an admin needs to add you to a vault
  passphrase  change its passphrase, add one, or remove it. Copies of the file
              still open with the old passphrase
  export      print the one string that CI needs as GIT_VAULT_IDENTITY: the
              private keys, and the id of the vault of the current folder, which
              CI then trusts. Do not use your own identity: make one for CI,
              with only the rights that it needs

Options:
  --file PATH             new: write the identity to this file;
                          passphrase, export: use the identity in this file
  --passphrase-file PATH  new, passphrase: read the new passphrase from this
                          file, without its last newline
  --no-passphrase         new, passphrase: use no passphrase: anyone who can
                          read the file can use the keys
  --json                  show: print JSON
  --for-ci                export: required, because it prints private keys

Without --passphrase-file and --no-passphrase, the new passphrase is asked for
twice; that of a new identity may be in GIT_VAULT_PASSPHRASE. It needs at least
12 characters, 8 of them apart from common passwords, repetitions and sequences.

Example:
  git-vault identity new
`,
  options: {
    file: { kind: 'value' },
    'passphrase-file': { kind: 'value' },
    'no-passphrase': { kind: 'flag' },
    'for-ci': { kind: 'flag' },
    ...jsonOption
  },
  words: ['new, show, passphrase or export'],
  required: 1,
  get actions() {
    return actions
  },
  run: (parsed, world) => runAction('identity', actions, parsed, world)
}

const actions: Readonly<Record<string, Action>> = {
  new: {
    words: [],
    required: 0,
    options: ['file', 'passphrase-file', 'no-passphrase'],
    async run(_words, parsed, world) {
      await makeIdentity(newIdentityOf(parsed), world)
    }
  },
  show: {
    words: [],
    required: 0,
    options: ['json'],
    async run(_words, parsed, world) {
      const own = await world.services.showIdentity()
      if (isJson(parsed)) {
        const { from, publicKey, words, wrapped } = own
        return world.io.stdout.write(visibleJson({ from, publicKey, words, hasPassphrase: wrapped }))
      }
      const hasPassphrase = own.wrapped ? 'yes' : 'no'
      await world.io.stdout.write(`${describeIdentity(own, world)}passphrase   ${hasPassphrase}\n`)
    }
  },
  passphrase: {
    words: [],
    required: 0,
    options: ['file', 'passphrase-file', 'no-passphrase'],
    run: (_words, parsed, world) => change(parsed, world)
  },
  export: {
    words: [],
    required: 0,
    options: ['file', 'for-ci'],
    run: (_words, parsed, world) => exportForCi(parsed, world)
  }
}

export interface NewIdentity {
  readonly file?: string | undefined
  readonly passphraseFile?: string | undefined
  readonly noPassphrase: boolean
}

const newIdentityOf = (parsed: Parsed): NewIdentity => ({
  file: parsed.text('file'),
  passphraseFile: parsed.text('passphrase-file'),
  noPassphrase: parsed.has('no-passphrase')
})

/** Creates an identity. Returns the passphrase that was chosen for it, so that it need not be asked again. */
export async function makeIdentity(options: NewIdentity, world: World): Promise<string | undefined> {
  let chosen: string | undefined
  const askPassphrase = async (): Promise<string> =>
    (chosen = await newPassphrase({ file: options.passphraseFile }, world))
  const created = await world.services.newIdentity({
    ...(options.noPassphrase ? {} : { askPassphrase }),
    ...(options.file === undefined ? {} : { path: options.file })
  })
  await world.io.stdout.write(describeIdentity(created, world))
  if (world.io.stderr.isTerminal)
    await world.io.stderr.write(
      `git-vault: keep a copy of this file in a safe place; ${
        options.noPassphrase ? 'if it is lost' : 'if it or its passphrase is lost'
      }, nobody can restore your keys\n`
    )
  return chosen
}

async function change(parsed: Parsed, world: World): Promise<void> {
  const { file, passphraseFile, noPassphrase } = newIdentityOf(parsed)
  const path = await world.services.changePassphrase({
    ...(file === undefined ? {} : { path: file }),
    passphrase: passphrase(world.io, world.services.ask),
    ...(noPassphrase
      ? {}
      : { newPassphrase: () => newPassphrase({ file: passphraseFile, isReplacing: true }, world) })
  })
  await world.io.stdout.write(`${visible(path)} now has ${noPassphrase ? 'no' : 'a new'} passphrase\n`)
  await world.io.stderr.write('git-vault: other copies of the file keep the old one: replace them\n')
}

async function exportForCi(parsed: Parsed, world: World): Promise<void> {
  if (!parsed.has('for-ci'))
    throw new UsageError('input', 'identity export needs --for-ci', 'git-vault identity export --for-ci')
  const file = parsed.text('file')
  const vault = await openCurrentVault(world)
  const { vaultId } = (await vault.read()).access
  const text = await world.services.exportIdentity(vaultId, {
    ...(file === undefined ? {} : { path: file }),
    passphrase: passphrase(world.io, world.services.ask)
  })
  await world.io.stdout.write(`${text}\n`)
  await world.io.stderr.write(
    'git-vault: this is a private key: store it as the secret GIT_VAULT_IDENTITY of your CI, and nowhere else\n'
  )
}

const describeIdentity = (
  identity: { from: string; isFile: boolean; publicKey: string; words: string },
  { io }: World
): string =>
  `${identity.isFile ? 'file' : 'from'}         ${visible(identity.from)}\npublic key   ${identity.publicKey}\n${fingerprintLine(identity.words, io.stdout)}\n`
