import { utf8Text } from '../../core/encoding.js'
import { VaultError } from '../../core/errors.js'
import type { PutSecretValueResponse } from '../../core/generated/requests.js'
import type { Vault } from '../../vault/vault.js'
import { UsageError } from '../arguments/usage.js'
import { isJsonText, jsonFault, withoutAddedNewline } from '../command/edited.js'
import type { World } from '../command/services.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'
import { visible } from '../terminal/escape.js'
import { canAsk } from '../terminal/io.js'

const MAX_VALUE_BYTES = 65_536

export const edit: Verb = {
  help: `Usage: git-vault edit NAME [--region REGION]

Open the value of a secret in your editor, and store what you save as a new
version. The editor is $VISUAL, else $EDITOR, else vi; it may have arguments.
If you change nothing, or the editor fails, nothing is stored.

The text is in a private folder in memory, never on a disk, and is wiped when
the command ends. Swap and backup files of vim, emacs, nano, micro and joe are
turned off. If the value was JSON, what you save must be JSON: if it is not, the
editor opens again, unless you give up.

If the value had no newline at its end, one that the editor adds is left out.

Options:
  --region REGION  the region of the secret (default: the vault's own)

Example:
  EDITOR='nano --softwrap' git-vault edit prod/db
`,
  options: regionOption,
  words: ['NAME'],
  required: 1,

  async run(parsed, world) {
    const { io, services } = world
    const name = parsed.words[0]!
    if (!canAsk(io) || !io.stdout.isTerminal)
      throw new UsageError('input', 'cannot open an editor: no terminal', 'store a value with git-vault put')
    const vault = await openCurrentVault(world, parsed.text('region'))
    const before = await current(name, vault, world)
    // a passphrase that is needed for writing is asked for before the work, not after it
    await vault.identity()
    const folder = await services.createPrivateFolder()
    try {
      const file = folder.write(isJsonText(before.text) ? 'value.json' : 'value.txt', before.text)
      const editor = await services.userEditor()
      if (!editor.isKnown)
        await io.stderr.write(
          `git-vault: warning: the editor "${visible(editor.command)}" may keep copies of what it edits; turn that off in its settings\n`
        )
      const edit = async (): Promise<string> => {
        await services.editFile(editor, file, folder)
        return withoutAddedNewline(before.text, readText(folder.read(file, MAX_VALUE_BYTES)))
      }
      const after = await editUntilSound(before.text, edit, world)
      if (after === before.text) {
        await io.stdout.write(`${visible(name)} is unchanged\n`)
        return
      }
      const stored = await store(name, before.version, after, vault, world)
      const labels = stored.VersionStages?.join(', ') ?? ''
      await io.stdout.write(`${visible(`${stored.Name ?? name}  ${stored.VersionId ?? ''}  ${labels}`)}\n`)
    } finally {
      folder.wipe()
    }
  }
}

interface Current {
  readonly text: string
  readonly version: string | undefined
}

async function current(name: string, vault: Vault, { services }: World): Promise<Current> {
  const found = await services.call(vault, 'GetSecretValue', { SecretId: name })
  if (found.SecretString === undefined)
    throw new UsageError('input', 'this secret is binary', 'store a file with git-vault put NAME FILE')
  return { text: found.SecretString, version: found.VersionId }
}

/** Opens the editor again while the text cannot be stored, unless the user gives up. */
async function editUntilSound(before: string, edit: () => Promise<string>, world: World): Promise<string> {
  const isJson = isJsonText(before)
  for (;;) {
    const after = await edit()
    const fault = isJson && after !== '' ? jsonFault(after) : undefined
    const problem =
      after === ''
        ? 'the text is empty'
        : fault !== undefined
          ? `the text is not JSON: ${fault}`
          : Buffer.byteLength(after) > MAX_VALUE_BYTES
            ? `the text is longer than ${MAX_VALUE_BYTES} bytes`
            : undefined
    if (problem === undefined) return after
    await world.io.stderr.write(`git-vault: ${problem}\n`)
    if (
      !(await world.services.ask.confirm('Open it in the editor again? If not, your changes are lost', true))
    )
      throw new UsageError('input', 'nothing was stored')
  }
}

/** Stores the text. If that fails, it can be tried again, because the text would be lost. */
async function store(
  name: string,
  version: string | undefined,
  text: string,
  vault: Vault,
  world: World
): Promise<PutSecretValueResponse> {
  const { io, services } = world
  for (;;)
    try {
      if ((await current(name, vault, world)).version !== version) {
        const question = `${visible(name)} has a new version since you began. Store yours as the newest?`
        if (!(await services.ask.confirm(question))) throw new UsageError('input', 'nothing was stored')
      }
      return await services.call(vault, 'PutSecretValue', {
        SecretId: name,
        ClientRequestToken: io.uuid(),
        SecretString: text
      })
    } catch (error) {
      if (!(error instanceof VaultError)) throw error
      await io.stderr.write(`git-vault: ${visible(error.message)}\n`)
      if (!(await services.ask.confirm('Try to store it again? If not, your changes are lost', true)))
        throw error
    }
}

function readText(bytes: Uint8Array): string {
  const text = utf8Text(bytes)
  if (text !== undefined) return text
  throw new UsageError('input', 'nothing was stored: the editor did not save the text as UTF-8')
}
