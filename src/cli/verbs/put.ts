import { utf8Text } from '../../core/encoding.js'
import { VaultError } from '../../core/errors.js'
import type { PutSecretValueResponse } from '../../core/generated/requests.js'
import type { Parsed } from '../arguments/arguments.js'
import { visible } from '../terminal/escape.js'
import { canAsk, type Io } from '../terminal/io.js'
import { askForValue, valueOptions } from '../command/askForValue.js'
import { UsageError } from '../arguments/usage.js'
import { readInput } from '../command/inputFile.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'

/** The largest value in bytes. Reading stops soon after it, and then the operation refuses the length. */
const MAX_VALUE_BYTES = 65_536

export const put: Verb = {
  help: `Usage: git-vault put NAME [FILE | -] [options]

Store a new version of a secret and commit it. The value is the exact content of
FILE, or of standard input for -. A newline at the end is part of the value.
Without FILE or -, put asks for the value and does not show it. A pasted value
may have several lines; Enter ends it. A value that is not UTF-8 is stored as a
binary secret.

Options:
  --label LABEL, -l   put this staging label on the version, instead of
                      AWSCURRENT; repeatable
  --token TOKEN       the id of the version, 32 to 64 characters; repeating the
                      same put with the same token changes nothing
  --binary            store a binary secret even if the value is text
  --create            create the secret if it does not exist
  --multiline, -m     ask for a value of several lines: Ctrl-D ends it
  --confirm           ask for the value twice
  --region REGION     the region of the secret (default: the vault's own)

Example:
  git-vault put prod/db/password --create
`,
  options: {
    label: { kind: 'repeat', short: 'l' },
    token: { kind: 'value' },
    binary: { kind: 'flag' },
    create: { kind: 'flag' },
    ...valueOptions,
    ...regionOption
  },
  words: ['NAME', 'FILE'],
  required: 1,

  async run(parsed, world) {
    const { io, services } = world
    const name = parsed.words[0]!
    const source = parsed.words[1]
    const asking = ['multiline', 'confirm'].find(option => parsed.has(option))
    if (asking !== undefined && source !== undefined)
      throw new UsageError('input', `--${asking} is for a value that put asks for`, 'omit FILE and -')
    if (source === undefined && !canAsk(io)) {
      throw new UsageError(
        'input',
        'cannot ask for the value: no terminal',
        'pass FILE, or - to read standard input'
      )
    }
    const read = async (): Promise<Value> =>
      toValue(
        source === undefined
          ? await askForValue(`Value of ${visible(name)}`, parsed, world)
          : await readBytes(source, io),
        parsed
      )
    const isTyped = source === undefined || (source === '-' && io.stdin.isTerminal)
    const readEarly = isTyped ? undefined : await read()
    const labels = parsed.list('label')
    const token = parsed.text('token') ?? io.uuid()
    const vault = await openCurrentVault(world, parsed.text('region'))

    let mayCreate = parsed.has('create')
    const allowCreate = async (missing: VaultError): Promise<void> => {
      // the service chooses the end of an ARN, so no secret can be created with a given one
      if (!mayCreate && name.startsWith('arn:')) throw missing
      mayCreate ||= canAsk(io) && (await services.ask.confirm(createQuestion(visible(name), missing)))
      if (!mayCreate) throw withHint(missing)
    }
    if (readEarly === undefined) {
      // check the vault, the name and the passphrase before the user types the value
      const missing = await notFound(() => services.call(vault, 'DescribeSecret', { SecretId: name }))
      if (missing) await allowCreate(missing)
      await vault.identity()
    }
    const value = readEarly ?? (await read())

    let stored: PutSecretValueResponse = {}
    const putValue = async (): Promise<void> => {
      stored = await services.call(vault, 'PutSecretValue', {
        SecretId: name,
        ClientRequestToken: token,
        ...value,
        ...(labels === undefined ? {} : { VersionStages: [...labels] })
      })
    }
    const missing = await notFound(putValue)
    if (missing) {
      await allowCreate(missing)
      if (labels === undefined) {
        const created = { Name: name, ClientRequestToken: token, ...value }
        stored = { ...(await services.call(vault, 'CreateSecret', created)), VersionStages: ['AWSCURRENT'] }
      } else {
        // CreateSecret takes no labels: create the secret without a value, and then put its first version
        await services.call(vault, 'CreateSecret', { Name: name, ClientRequestToken: io.uuid() })
        await putValue()
      }
    }
    const shownLabels = stored.VersionStages?.length ? stored.VersionStages.join(', ') : 'no label'
    await io.stdout.write(`${visible(`${stored.Name ?? name}  ${stored.VersionId ?? ''}  ${shownLabels}`)}\n`)
  }
}

type Value = { SecretString: string } | { SecretBinary: Uint8Array }

function toValue(bytes: Uint8Array, parsed: Parsed): Value {
  if (bytes.length === 0) throw new UsageError('input', 'the value is empty')
  if (parsed.has('binary')) return { SecretBinary: bytes }
  const text = utf8Text(bytes)
  return text === undefined ? { SecretBinary: bytes } : { SecretString: text }
}

async function readBytes(source: string, io: Io): Promise<Uint8Array> {
  if (source === '') throw new UsageError('input', 'FILE is empty: pass the name of a file, not the value')
  return readInput(source, io, MAX_VALUE_BYTES)
}

/** Returns the error if the secret does not exist. Throws any other error. */
async function notFound(work: () => Promise<unknown>): Promise<VaultError | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof VaultError && error.code === 'ResourceNotFoundException') return error
    throw error
  }
}

/** The hint of the error says which other region has a secret of that name, if there is one. */
const createQuestion = (name: string, { hint }: VaultError): string =>
  hint === undefined
    ? `There is no secret ${name}. Create it?`
    : `There is no secret ${name} in this region: ${hint}. Create another one in this region?`

function withHint(missing: VaultError): VaultError {
  const create = 'pass --create to create it'
  const hint =
    missing.hint === undefined ? create : `${missing.hint}, or --create to create one in this region`
  return missing.reworded(missing.message, hint)
}
