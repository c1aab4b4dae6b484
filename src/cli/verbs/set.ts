import { utf8Text } from '../../core/encoding.js'
import { findField, fieldPath, withField, withNewField } from '../../core/format/jsonField.js'
import type { Vault } from '../../vault/vault.js'
import type { Parsed } from '../arguments/arguments.js'
import { UsageError } from '../arguments/usage.js'
import { askForValue, valueOptions } from '../command/askForValue.js'
import { fieldsHint, missingField, requireJsonObject } from '../command/jsonSecret.js'
import type { World } from '../command/services.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'
import { visible } from '../terminal/escape.js'
import { canAsk } from '../terminal/io.js'
import { whiteSpaceAtEnd } from '../terminal/textSize.js'

const MAX_VALUE_BYTES = 65_536

export const set: Verb = {
  help: `Usage: git-vault set NAME FIELD[=-] [options]

Change one field of a secret that is a JSON object: store a new version in which
everything else is as it was. FIELD is the key of the object, or a path such as
db.hosts.0. Write \\. for a dot that is part of a key, and \\= for an equals
sign. With =-, the value is the exact content of standard input; without, set
asks for it. A value is never an argument, which other programs could see.

Options:
  --json              the value is JSON, such as 5432 or true, not a string
  --create            add the field if the secret does not have it
  --multiline, -m     ask for a value of several lines: Ctrl-D ends it
  --confirm           ask for the value twice
  --region REGION     the region of the secret (default: the vault's own)

Example:
  git-vault set prod/db password
`,
  options: {
    json: { kind: 'flag' },
    create: { kind: 'flag' },
    ...valueOptions,
    ...regionOption
  },
  words: ['NAME', 'FIELD'],
  required: 2,

  async run(parsed, world) {
    const { io, services } = world
    const [name = '', word = ''] = parsed.words
    const { field, isPiped } = splitField(word)
    if (!isPiped && !canAsk(io))
      throw new UsageError(
        'input',
        'cannot ask for the value: no terminal',
        'write =- after FIELD to read standard input'
      )
    const piped = isPiped ? await io.stdin.read(MAX_VALUE_BYTES) : undefined
    const vault = await openCurrentVault(world, parsed.text('region'))

    const changed = (text: string, json: string): string => {
      const found = findField(text, field)
      if (found.kind === 'found') return withField(text, found, json)
      // a key with dots in it is one name only if something already has that name
      const added = withNewField(text, found.under, fieldPath(field).at(-1)!, json)
      if (added === undefined || found.under.length < fieldPath(field).length - 1)
        throw missingField(field, found)
      return added
    }
    // checked before the user types the value
    const before = await currentText(name, vault, world)
    changed(before, 'null')
    await allowNewField(name, before, field, parsed, world)
    const bytes =
      piped ?? (await askForValue(`Value of ${visible(field)} in ${visible(name)}`, parsed, world))
    const value = asText(bytes)
    if (isPiped && whiteSpaceAtEnd(value) === 'a newline')
      await io.stderr.write('git-vault: warning: the value ends in a newline, which is a part of it\n')
    // somebody may have stored another version while the user typed
    const text = await currentText(name, vault, world)
    const json = jsonOf(text, field, value, parsed.has('json'))
    const changedText = changed(text, json)
    if (changedText === text) {
      await io.stdout.write(`${visible(name)} is unchanged: ${visible(field)} has that value already\n`)
      return
    }
    const stored = await services.call(vault, 'PutSecretValue', {
      SecretId: name,
      ClientRequestToken: io.uuid(),
      SecretString: changedText
    })
    const labels = stored.VersionStages?.join(', ') ?? ''
    await io.stdout.write(`${visible(`${stored.Name ?? name}  ${stored.VersionId ?? ''}  ${labels}`)}\n`)
  }
}

/** Splits off `=-`. Throws `UsageError` for any other `=`: what follows may be a secret, so it is not repeated. */
function splitField(word: string): { field: string; isPiped: boolean } {
  const [, field = '', rest = ''] = /^((?:\\.|[^\\=]|\\$)*)(.*)$/su.exec(word) ?? []
  if (rest !== '' && rest !== '=-')
    throw new UsageError(
      'input',
      'set does not take the value as an argument, which other programs could see',
      'write FIELD to be asked for the value, or FIELD=- to read standard input'
    )
  if (field === '') throw new UsageError('input', 'FIELD is empty', 'git-vault set --help')
  return { field: field.replaceAll('\\=', '='), isPiped: rest !== '' }
}

async function currentText(name: string, vault: Vault, { services }: World): Promise<string> {
  const found = await services.call(vault, 'GetSecretValue', { SecretId: name })
  if (found.SecretString === undefined)
    throw new UsageError('input', 'set needs a JSON object, and this secret is binary')
  requireJsonObject(found.SecretString, 'set')
  return found.SecretString
}

async function allowNewField(
  name: string,
  text: string,
  field: string,
  parsed: Parsed,
  { io, services }: World
): Promise<void> {
  const found = findField(text, field)
  if (found.kind === 'found' || parsed.has('create')) return
  const question = `${visible(name)} has no key ${visible(field)}; ${fieldsHint(found)}. Add it?`
  if (canAsk(io) && (await services.ask.confirm(question))) return
  const error = missingField(field, found)
  throw new UsageError('input', error.message, `${error.hint}; pass --create to add another`)
}

/** Returns the value as JSON. A number must not become a string unnoticed: programs read it as a number. */
function jsonOf(text: string, field: string, value: string, isJson: boolean): string {
  if (!isJson) {
    const found = findField(text, field)
    const isString = found.kind === 'missing' || text[found.start] === '"'
    if (isString) return JSON.stringify(value)
    throw new UsageError(
      'input',
      `'${visible(field)}' is not a string in this secret`,
      'pass --json, and give the value as JSON; a JSON string is in double quotes'
    )
  }
  try {
    JSON.parse(value)
  } catch {
    throw new UsageError('input', 'the value is not JSON', 'omit --json for a string')
  }
  return value.trim()
}

function asText(bytes: Uint8Array): string {
  const text = utf8Text(bytes)
  if (text !== undefined) return text
  throw new UsageError('input', 'the value is not UTF-8, and JSON has no other text')
}
