import { safeValue } from '../terminal/escape.js'
import { UsageError } from '../arguments/usage.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'

export const get: Verb = {
  help: `Usage: git-vault get NAME [options]

Print a secret's value and nothing else. A pipe or a file receives the exact
bytes. On a terminal, a newline is added, and control characters other than
newline and tab are shown as \\u001b and the like.

Options:
  --version ID        print the version with this id
  --label LABEL, -l   print the version with this staging label (AWSCURRENT)
  --previous          print the version before the current one (AWSPREVIOUS)
  --json-key KEY      print one value of a secret that is a JSON object
  --force, -f         print the exact bytes to a terminal too, even if binary
  --region REGION     the region of the secret (default: the vault's own)

Example:
  PGPASSWORD=$(git-vault get prod/db --json-key password) psql
`,
  options: {
    version: { kind: 'value' },
    label: { kind: 'value', short: 'l' },
    previous: { kind: 'flag' },
    'json-key': { kind: 'value' },
    force: { kind: 'flag', short: 'f' },
    ...regionOption
  },
  words: ['NAME'],
  required: 1,

  async run(parsed, world) {
    const { io, services } = world
    const version = parsed.text('version')
    if (parsed.has('previous') && (parsed.has('version') || parsed.has('label')))
      throw new UsageError('input', '--previous cannot be combined with --version or --label')
    const label = parsed.has('previous') ? 'AWSPREVIOUS' : parsed.text('label')
    const found = await services.call(
      await openCurrentVault(world, parsed.text('region')),
      'GetSecretValue',
      {
        SecretId: parsed.words[0]!,
        ...(version === undefined ? {} : { VersionId: version }),
        ...(label === undefined ? {} : { VersionStage: label })
      }
    )
    const key = parsed.text('json-key')
    const isExact = !io.stdout.isTerminal || parsed.has('force')

    if (found.SecretString === undefined) {
      if (key !== undefined)
        throw new UsageError('input', '--json-key needs a JSON object, and this secret is binary')
      if (!isExact) {
        throw new UsageError('input', 'this secret is binary', 'write it to a file, or pass --force')
      }
      await io.stdout.write(found.SecretBinary ?? new Uint8Array())
      return
    }
    const text = key === undefined ? found.SecretString : await jsonValue(found.SecretString, key)
    await io.stdout.write((isExact ? text : safeValue(text)) + (io.stdout.isTerminal ? '\n' : ''))
  }
}

/** Returns a string as it is, and any other value as JSON. No error message may repeat a part of the secret. */
async function jsonValue(text: string, key: string): Promise<string> {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new UsageError('input', '--json-key needs a JSON object, and this secret is not JSON')
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new UsageError('input', '--json-key needs a JSON object, and this secret is another JSON value')
  }
  if (!Object.hasOwn(parsed, key)) throw new UsageError('input', `this secret has no key '${key}'`)
  const { jsonMember } = await import('../command/jsonMember.js')
  return jsonMember(text, key) ?? ''
}
