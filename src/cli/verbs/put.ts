import { VaultError } from '../../core/errors.js'
import type { PutSecretValueResponse } from '../../core/generated/requests.js'
import type { Parsed } from '../arguments.js'
import { visible } from '../escape.js'
import { canAsk, type Io } from '../io.js'
import type { World } from '../services.js'
import { UsageError } from '../usage.js'
import { openVault, type Verb } from '../verb.js'

/** The longest value there is. Reading stops a little later, and the operation then refuses the length. */
const LONGEST = 65_536

export const put: Verb = {
  help: `Usage: git-vault put NAME [FILE | -] [options]

Write a new version of a secret and commit it. The value is FILE's content, or standard input's for -, byte
by byte: a newline at the end is part of it. Without either it is asked for, and not shown.
Bytes that are not UTF-8 are stored as a binary secret.

Options:
  --label LABEL   put this staging label on the version instead of AWSCURRENT; may be given again
  --token TOKEN   the version's id, 32 to 64 characters; the same put may be repeated under it
  --binary        store a binary secret even if the bytes are text
  --create        make the secret if there is none of that name

Example:
  git-vault put prod/db/password --create
`,
  options: {
    label: { kind: 'repeat', short: 'l' },
    token: { kind: 'value' },
    binary: { kind: 'flag' },
    create: { kind: 'flag' }
  },
  words: ['NAME', 'FILE'],
  required: 1,

  async run(parsed, world) {
    const { io, services } = world
    const name = parsed.words[0]!
    const value = await readValue(name, parsed, world)
    const labels = parsed.list('label')
    const token = parsed.text('token') ?? io.uuid()
    const vault = await openVault(world)

    const putValue = async (): Promise<Stored> =>
      services.call(vault, 'PutSecretValue', {
        SecretId: name,
        ClientRequestToken: token,
        ...value,
        ...(labels === undefined ? {} : { VersionStages: [...labels] })
      })

    let stored: Stored
    try {
      stored = await putValue()
    } catch (error) {
      if (!(await mayCreate(error, name, parsed, world))) throw error
      if (labels === undefined) {
        stored = await services.call(vault, 'CreateSecret', {
          Name: name,
          ClientRequestToken: token,
          ...value
        })
        stored = { ...stored, VersionStages: ['AWSCURRENT'] }
      } else {
        // CreateSecret takes no labels: an empty secret first, then its first version.
        await services.call(vault, 'CreateSecret', { Name: name, ClientRequestToken: io.uuid() })
        stored = await putValue()
      }
    }
    const on = stored.VersionStages?.length ? stored.VersionStages.join(', ') : 'without a label'
    await io.stdout.write(`${visible(`${stored.Name ?? name}  ${stored.VersionId ?? ''}  ${on}`)}\n`)
  }
}

type Stored = PutSecretValueResponse

type Value = { SecretString: string } | { SecretBinary: Uint8Array }

async function readValue(name: string, parsed: Parsed, world: World): Promise<Value> {
  const source = parsed.words[1]
  const bytes = source === undefined ? await askFor(name, world) : await readBytes(source, world.io)
  if (bytes.length === 0) throw new UsageError('input', 'the value is empty')
  if (parsed.has('binary')) return { SecretBinary: bytes }
  try {
    // A byte order mark is kept like any other character.
    return { SecretString: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) }
  } catch {
    return { SecretBinary: bytes }
  }
}

async function askFor(name: string, { io, services }: World): Promise<Uint8Array> {
  if (!canAsk(io)) throw new UsageError('input', 'put needs FILE or - where there is no terminal')
  return new TextEncoder().encode(await services.ask.secret(`Value of ${visible(name)}`))
}

async function readBytes(source: string, io: Io): Promise<Uint8Array> {
  if (source === '-') return io.stdin.read(LONGEST)
  return io.readFile(source).catch((error: NodeJS.ErrnoException) => {
    throw new VaultError('FileFailed', `cannot read ${visible(source)}: ${error.code ?? error.message}`, {
      cause: error
    })
  })
}

async function mayCreate(
  error: unknown,
  name: string,
  parsed: Parsed,
  { io, services }: World
): Promise<boolean> {
  if (!(error instanceof VaultError) || error.code !== 'ResourceNotFoundException') return false
  if (parsed.has('create')) return true
  if (canAsk(io)) return services.ask.confirm(`There is no secret ${visible(name)}. Create it?`)
  throw new VaultError(error.code, error.message, {
    hint: 'pass --create to make it',
    cause: error
  })
}
