import { VaultError } from '../../core/errors.js'
import { textOf } from '../../core/exchange/parseFile.js'
import { templateParts } from '../../core/exchange/template.js'
import { isJsonObject, jsonMembers } from '../../core/format/jsonField.js'
import { readInput } from '../command/inputFile.js'
import { readSecrets } from '../command/readSecrets.js'
import { UsageError } from '../arguments/usage.js'
import { outputOptions, refuseTerminal, writeValues } from '../command/valueOutput.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'
import { visible } from '../terminal/escape.js'

const MAX_TEMPLATE_BYTES = 16 * 1024 * 1024

export const template: Verb = {
  help: `Usage: git-vault template FILE|- [options]

Print FILE with its placeholders replaced by secrets: {{git-vault:NAME}} by the
value of a secret, {{git-vault:NAME:FIELD}} by a field of a JSON secret. Values
are put in as they are, without quotes. Other braces are printed unchanged. To
print a placeholder itself, write a backslash before it: the backslash is
removed. If a placeholder cannot be replaced, the error names its line, and
nothing is printed.

Options:
  --output FILE     create FILE, readable by you alone, instead of printing;
                    refused in a work tree unless git ignores it
  --stage LABEL     read the versions with this label (default: AWSCURRENT)
  --force, -f       print to a terminal too
  --region REGION   the region of the secrets (default: the vault's own)

Example:
  git-vault template config.tmpl --output /run/app/config
`,
  options: {
    stage: { kind: 'value' },
    ...outputOptions,
    ...regionOption
  },
  words: ['FILE'],
  required: 1,

  async run(parsed, world) {
    const { io } = world
    const file = parsed.words[0]!
    refuseTerminal('template', parsed, world)
    const bytes = await readInput(file, io, MAX_TEMPLATE_BYTES)
    const shown = file === '-' ? 'standard input' : visible(file)
    if (bytes.length > MAX_TEMPLATE_BYTES) throw new UsageError('input', `${shown} is larger than 16 MiB`)
    const parts = templateParts(textOf(bytes, shown), shown)

    const vault = await openCurrentVault(world, parsed.text('region'))
    const values = new Map<string, string>()
    const rendered: string[] = []
    for (const part of parts) {
      if (typeof part === 'string') {
        rendered.push(part)
        continue
      }
      const { secret, field, line } = part
      const place = `${shown}, line ${line}`
      if (!values.has(secret)) {
        const request = { names: [secret], prefix: undefined }
        const [found] = await readSecrets(vault, request, parsed.text('stage'), world).catch(
          (error: unknown) => {
            if (!(error instanceof VaultError)) throw error
            throw error.reworded(`${place}: ${error.message}`)
          }
        )
        if (typeof found?.value !== 'string')
          throw new UsageError('input', `${place}: ${visible(secret)} is binary, and a template is text`)
        values.set(secret, found.value)
      }
      const text = values.get(secret)!
      const value = field === undefined ? text : isJsonObject(text) ? jsonMembers(text).get(field) : undefined
      if (value === undefined)
        throw new UsageError('input', `${place}: ${visible(secret)} has no field ${JSON.stringify(field)}`)
      rendered.push(value)
    }
    await writeValues(rendered.join(''), parsed, world)
  }
}
