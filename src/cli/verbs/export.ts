import { CREDENTIAL_FORMATS } from '../../core/exchange/credentials.js'
import { EXPORT_FORMATS, formatted, objectNameOf, type Exported } from '../../core/exchange/exportFormats.js'
import { isJsonObject, jsonMemberList } from '../../core/format/jsonField.js'
import { readSecrets } from '../command/readSecrets.js'
import { UsageError } from '../arguments/usage.js'
import { outputOptions, refuseTerminal, writeValues } from '../command/valueOutput.js'
import { checkCredentialOptions, exportCredentials } from './exportCredentials.js'
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
                    $GITHUB_ENV); systemd-creds for encrypted credentials, or
                    systemd-load for LoadCredential=
  --prefix PREFIX   export the secrets whose names start with PREFIX
  --output FILE     create FILE, readable by you alone, instead of printing;
                    refused in a work tree unless git ignores it
  --output-dir DIR  of systemd-creds: write NAME.cred for each entry into DIR,
                    not lines SetCredentialEncrypted=; of systemd-load: write a
                    plain file for each entry, only into memory, as in /run
  --with-key KEY    of systemd-creds: host, tpm2, host+tpm2 (default: its own)
  --stage LABEL     read the versions with this label (default: AWSCURRENT)
  --force, -f       print to a terminal too
  --region REGION   the region of the secrets (default: the vault's own)

Examples:
  git-vault export dev/app --format dotenv --output .env
  git-vault export dev/app --format k8s | kubectl apply -f -
  git-vault export dev/app --format systemd-creds --output-dir /etc/credstore
`,
  options: {
    format: { kind: 'value' },
    prefix: { kind: 'value' },
    stage: { kind: 'value' },
    'output-dir': { kind: 'value' },
    'with-key': { kind: 'value' },
    ...outputOptions,
    ...regionOption
  },
  words: ['NAME'],
  required: 0,
  repeats: true,

  async run(parsed, world) {
    const { io } = world
    const prefix = parsed.text('prefix')
    const format = [...EXPORT_FORMATS, ...CREDENTIAL_FORMATS].find(name => name === parsed.text('format'))
    if (format === undefined)
      throw new UsageError(
        'input',
        'export needs a format',
        `pass --format with one of ${[...EXPORT_FORMATS, ...CREDENTIAL_FORMATS].join(', ')}`
      )
    if ((prefix === undefined) === (parsed.words.length === 0))
      throw new UsageError('input', 'export needs either NAME or --prefix', 'git-vault export --help')
    checkCredentialOptions(parsed, format)
    if (!parsed.has('output-dir')) refuseTerminal('export', parsed, world)

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
    if (format === 'systemd-creds' || format === 'systemd-load') {
      const text = await exportCredentials([...entries.values()], format, parsed, world)
      if (!parsed.has('output-dir')) await writeValues(text, parsed, world)
      return
    }
    const objectName = objectNameOf(parsed.words[0] ?? prefix ?? '')
    const text = formatted([...entries.values()], format, { delimiter: `end_${io.uuid()}`, objectName })
    await writeValues(text, parsed, world)
  }
}
