import { EXPORT_FORMATS, formatted, objectNameOf, type Exported } from '../../core/exchange/exportFormats.js'
import { isJsonObject, jsonMemberList } from '../../core/format/jsonField.js'
import { readSecrets } from '../command/readSecrets.js'
import { UsageError } from '../arguments/usage.js'
import { outputOptions, refuseTerminal, writeValues } from '../command/valueOutput.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'
import { visible } from '../terminal/escape.js'

export const exportVerb: Verb = {
  help: `Usage: git-vault export NAME... --format FORMAT [options]
       git-vault export --prefix PREFIX --format FORMAT [options]

Write secrets in the format of another tool. With NAME, each field of the JSON
secret becomes an entry; fields of later secrets replace those of earlier ones.
With --prefix, each secret whose name starts with PREFIX becomes an entry, named
by the rest of its name. What a format cannot hold is an error, and then nothing
is written. Prefer \`run\`, which leaves no file.

Options:
  --format FORMAT   dotenv, json, yaml, shell, docker-env, k8s (a Secret),
                    systemd (for EnvironmentFile=), or github (to append to
                    $GITHUB_ENV)
  --prefix PREFIX   export the secrets whose names start with PREFIX
  --output FILE     create FILE, readable by you alone, instead of printing;
                    refused in a work tree unless git ignores it
  --stage LABEL     read the versions with this label (default: AWSCURRENT)
  --force, -f       print to a terminal too
  --region REGION   the region of the secrets (default: the vault's own)

Examples:
  git-vault export dev/app --format dotenv --output .env
  git-vault export dev/app --format k8s | kubectl apply -f -
`,
  options: {
    format: { kind: 'value' },
    prefix: { kind: 'value' },
    stage: { kind: 'value' },
    ...outputOptions,
    ...regionOption
  },
  words: ['NAME'],
  required: 0,
  repeats: true,

  async run(parsed, world) {
    const { io } = world
    const prefix = parsed.text('prefix')
    const format = EXPORT_FORMATS.find(name => name === parsed.text('format'))
    if (format === undefined)
      throw new UsageError(
        'input',
        'export needs a format',
        `pass --format with one of ${EXPORT_FORMATS.join(', ')}`
      )
    if ((prefix === undefined) === (parsed.words.length === 0))
      throw new UsageError('input', 'export needs either NAME or --prefix', 'git-vault export --help')
    refuseTerminal('export', parsed, world)

    const vault = await openCurrentVault(world, parsed.text('region'))
    const found = await readSecrets(vault, { names: parsed.words, prefix }, parsed.text('stage'), world)
    const entries = new Map<string, Exported>()
    for (const { name, value } of found) {
      if (prefix !== undefined) {
        const json = typeof value === 'string' ? JSON.stringify(value) : value
        entries.set(name.slice(prefix.length), { name: name.slice(prefix.length), value: json })
        continue
      }
      if (typeof value !== 'string' || !isJsonObject(value))
        throw new UsageError(
          'input',
          `${visible(name)} is not a JSON object, so it has no fields to export`,
          `git-vault get ${visible(name)}, or export with --prefix`
        )
      for (const [field, json] of jsonMemberList(value)) entries.set(field, { name: field, value: json })
    }
    const objectName = objectNameOf(parsed.words[0] ?? prefix ?? '')
    const text = formatted([...entries.values()], format, { delimiter: `end_${io.uuid()}`, objectName })
    await writeValues(text, parsed, world)
  }
}
