import { VaultError } from '../../core/errors.js'
import type { PutSecretValueResponse } from '../../core/generated/requests.js'
import type { Parsed } from '../arguments/arguments.js'
import { visible } from '../terminal/escape.js'
import { canAsk, type Io } from '../terminal/io.js'
import type { World } from '../command/services.js'
import { UsageError } from '../arguments/usage.js'
import { openVault, regionOption, type Verb } from '../command/verb.js'

/** The longest value there is. Reading stops a little later, and the operation then refuses the length. */
const LONGEST = 65_536

export const put: Verb = {
  help: `Usage: git-vault put NAME [FILE | -] [options]

Write a new version of a secret and commit it. The value is FILE's content, or standard input's for -, byte
by byte: a newline at the end is part of it. Without either it is asked for, and not shown.
Bytes that are not UTF-8 are stored as a binary secret.

Options:
  --label LABEL     put this staging label on the version instead of AWSCURRENT; may be given again
  --token TOKEN     the version's id, 32 to 64 characters; the same put may be repeated under it
  --binary          store a binary secret even if the bytes are text
  --create          make the secret if there is none of that name
  --region REGION   the region to put it in (the vault's own)

Example:
  git-vault put prod/db/password --create
`,
  options: {
    label: { kind: 'repeat', short: 'l' },
    token: { kind: 'value' },
    binary: { kind: 'flag' },
    create: { kind: 'flag' },
    ...regionOption
  },
  words: ['NAME', 'FILE'],
  required: 1,

  async run(parsed, world) {
    const { io, services } = world
    const name = parsed.words[0]!
    const source = parsed.words[1]
    if (source === undefined && !canAsk(io)) {
      throw new UsageError('input', 'put needs FILE or - where there is no terminal')
    }
    const read = async (): Promise<Value> =>
      toValue(source === undefined ? await askFor(name, world) : await readBytes(source, io), parsed)
    const isTyped = source === undefined || (source === '-' && io.stdin.isTerminal)
    const given = isTyped ? undefined : await read()
    const labels = parsed.list('label')
    const token = parsed.text('token') ?? io.uuid()
    const vault = await openVault(world, parsed.text('region'))

    let mayCreate = parsed.has('create')
    const allowCreate = async (missing: VaultError): Promise<void> => {
      mayCreate ||=
        canAsk(io) && (await services.ask.confirm(`There is no secret ${visible(name)}. Create it?`))
      if (!mayCreate) throw withHint(missing)
    }
    if (given === undefined) {
      // nobody types a secret only to hear that there is no vault, or that its name or the passphrase was mistyped
      const missing = await notFound(() => services.call(vault, 'DescribeSecret', { SecretId: name }))
      if (missing) await allowCreate(missing)
      await vault.identity()
    }
    const value = given ?? (await read())

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
        // CreateSecret takes no labels: an empty secret first, then its first version.
        await services.call(vault, 'CreateSecret', { Name: name, ClientRequestToken: io.uuid() })
        await putValue()
      }
    }
    const on = stored.VersionStages?.length ? stored.VersionStages.join(', ') : 'without a label'
    await io.stdout.write(`${visible(`${stored.Name ?? name}  ${stored.VersionId ?? ''}  ${on}`)}\n`)
  }
}

type Value = { SecretString: string } | { SecretBinary: Uint8Array }

function toValue(bytes: Uint8Array, parsed: Parsed): Value {
  if (bytes.length === 0) throw new UsageError('input', 'the value is empty')
  if (parsed.has('binary')) return { SecretBinary: bytes }
  try {
    // A byte order mark is kept like any other character.
    return { SecretString: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) }
  } catch {
    return { SecretBinary: bytes }
  }
}

async function askFor(name: string, { services }: World): Promise<Uint8Array> {
  return new TextEncoder().encode(await services.ask.secret(`Value of ${visible(name)}`))
}

async function readBytes(source: string, io: Io): Promise<Uint8Array> {
  if (source === '-') return io.stdin.read(LONGEST)
  if (source === '') throw new UsageError('input', 'FILE is an empty string; the value itself is no argument')
  return io.readFile(source).catch((error: NodeJS.ErrnoException) => {
    throw new VaultError('FileFailed', `cannot read ${visible(source)}: ${error.code ?? error.message}`, {
      cause: error
    })
  })
}

/** The error, where the secret is what is missing. */
async function notFound(work: () => Promise<unknown>): Promise<VaultError | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof VaultError && error.code === 'ResourceNotFoundException') return error
    throw error
  }
}

const withHint = (missing: VaultError): VaultError =>
  new VaultError(missing.code, missing.message, { hint: 'pass --create to make it', cause: missing })
