import type { Parsed } from '../arguments/arguments.js'
import { safeValue } from '../terminal/escape.js'
import { UsageError } from '../arguments/usage.js'
import type { World } from '../command/services.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'

/** The options by which a version of a secret, and a field of it, are chosen. */
export const readOptions = {
  version: { kind: 'value' },
  label: { kind: 'value', short: 'l' },
  previous: { kind: 'flag' },
  'json-key': { kind: 'value' }
} as const

export const get: Verb = {
  help: `Usage: git-vault get NAME [FIELD] [options]

Print a secret's value and nothing else. A pipe or a file receives the exact
bytes. On a terminal, a newline is added, and control characters other than
newline and tab are shown as \\u001b and the like. With FIELD, print one field of
a secret that is a JSON object: the value of that key, or a path such as
db.hosts.0. In a path, write \\. for a dot that is part of a key.

Options:
  --version ID        print the version with this id; its first characters are
                      enough if no other id begins with them
  --label LABEL, -l   print the version with this staging label (AWSCURRENT)
  --previous          print the version before the current one (AWSPREVIOUS)
  --json-key KEY      the same as FIELD
  --force, -f         print the exact bytes to a terminal too, even if binary
  --region REGION     the region of the secret (default: the vault's own)

Example:
  PGPASSWORD=$(git-vault get prod/db password) psql
`,
  options: {
    ...readOptions,
    force: { kind: 'flag', short: 'f' },
    ...regionOption
  },
  words: ['NAME', 'FIELD'],
  required: 1,

  async run(parsed, world) {
    const { io } = world
    const { found, key, reader } = await readSecret(parsed, world)
    const isExact = !io.stdout.isTerminal || parsed.has('force')

    if (found.SecretString === undefined) {
      if (key !== undefined)
        throw new UsageError('input', `${reader} needs a JSON object, and this secret is binary`)
      if (!isExact) {
        throw new UsageError('input', 'this secret is binary', 'write it to a file, or pass --force')
      }
      await io.stdout.write(found.SecretBinary ?? new Uint8Array())
      return
    }
    const text = key === undefined ? found.SecretString : await jsonValue(found.SecretString, key, reader)
    await io.stdout.write((isExact ? text : safeValue(text)) + (io.stdout.isTerminal ? '\n' : ''))
  }
}

/** Reads the secret that the words and `readOptions` name. `key` is the field, as the user has named it with `reader`. */
export async function readSecret(parsed: Parsed, world: World) {
  const typed = parsed.text('version')
  if (parsed.has('previous') && (parsed.has('version') || parsed.has('label')))
    throw new UsageError('input', '--previous cannot be combined with --version or --label')
  const [name = '', field] = parsed.words
  if (field !== undefined && parsed.has('json-key'))
    throw new UsageError('input', 'FIELD and --json-key cannot be combined')
  const key = field ?? parsed.text('json-key')
  const reader = field === undefined ? '--json-key' : 'FIELD'
  const label = parsed.has('previous') ? 'AWSPREVIOUS' : parsed.text('label')
  const region = parsed.text('region')
  const vault = await openCurrentVault(world, region)
  const version =
    typed === undefined
      ? undefined
      : await (await import('../command/shortVersion.js')).fullVersionId(typed, name, region, vault, world)
  const found = await world.services.call(vault, 'GetSecretValue', {
    SecretId: name,
    ...(version === undefined ? {} : { VersionId: version }),
    ...(label === undefined ? {} : { VersionStage: label })
  })
  return { found, key, reader }
}

/** Returns a string as it is, and any other value as JSON. No error message may repeat a part of the secret. */
export async function jsonValue(text: string, field: string, reader: string): Promise<string> {
  const [{ findField, fieldText }, { requireJsonObject, missingField }] = await Promise.all([
    import('../../core/format/jsonField.js'),
    import('../command/jsonSecret.js')
  ])
  requireJsonObject(text, reader)
  const found = findField(text, field)
  if (found.kind === 'missing') throw missingField(field, found)
  return fieldText(text, found)
}
