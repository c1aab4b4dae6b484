import { awsValues } from '../../core/exchange/awsValues.js'
import { formatOf, IMPORT_FORMATS, type NamedValue } from '../../core/exchange/entry.js'
import { parseFile } from '../../core/exchange/parseFile.js'
import { checkValues, placed, shortList, type Placement } from '../../core/exchange/placement.js'
import type { ImportOptions, Imported } from '../../operations/importSecrets.js'
import type { Parsed } from '../arguments/arguments.js'
import { UsageError } from '../arguments/usage.js'
import { readInput } from '../command/inputFile.js'
import { openCurrentVault, regionOption, type Verb } from '../command/verb.js'
import { visible, visibleRows } from '../terminal/escape.js'
import { canAsk, type Io } from '../terminal/io.js'
import { progressBar } from '../terminal/progress.js'

const MAX_FILE_BYTES = 64 * 1024 * 1024

export const importVerb: Verb = {
  help: `Usage: git-vault import FILE|- (--to NAME | --prefix PREFIX) [options]

Store the values of a file in one commit. With --to, all entries of the file
become one JSON secret. With --prefix, each becomes a secret of its own, named
PREFIX and the entry's name: write the slash. At a terminal, import first shows
what it would do, and asks. A secret that has the same value already stays as
it is: a repeated import changes nothing and makes no commit.

Options:
  --to NAME         the secret that gets all entries
  --prefix PREFIX   put PREFIX before the name of each entry; may be empty
  --format FORMAT   dotenv, json, yaml, toml, or aws for the output of
                    aws secretsmanager get-secret-value and
                    batch-get-secret-value; by default, the name of FILE tells
  --overwrite       store a new version of a secret with another value
  --keep            leave secrets with another value as they are
  --dry-run         only show what would be done
  --yes, -y         do not ask
  --region REGION   the region of the secrets (default: the vault's own)

Examples:
  git-vault import .env --to dev/app
  git-vault import secrets.yaml --prefix prod/ --dry-run
  sops -d secrets.yaml | git-vault import - --format yaml --to prod/app
`,
  options: {
    to: { kind: 'value' },
    prefix: { kind: 'value' },
    format: { kind: 'value' },
    overwrite: { kind: 'flag' },
    keep: { kind: 'flag' },
    'dry-run': { kind: 'flag' },
    yes: { kind: 'flag', short: 'y' },
    ...regionOption
  },
  words: ['FILE'],
  required: 1,

  async run(parsed, world) {
    const { io, services } = world
    const file = parsed.words[0]!
    if (parsed.has('overwrite') && parsed.has('keep'))
      throw new UsageError('input', '--overwrite and --keep cannot be combined')
    const values = await valuesOf(file, parsed, io)
    checkValues(values)
    const vault = await openCurrentVault(world, parsed.text('region'))

    const existing = parsed.has('overwrite') ? 'overwrite' : parsed.has('keep') ? 'keep' : 'refuse'
    const imported = async (isDryRun: boolean): Promise<Imported> => {
      const bar = progressBar(io, isDryRun ? 'comparing' : 'importing', values.length)
      const options: ImportOptions = { existing, isDryRun, newToken: () => io.uuid(), onStep: bar.step }
      try {
        return await services.importSecrets(vault, values, options)
      } finally {
        bar.end()
      }
    }
    const isDryRun = parsed.has('dry-run')
    if (isDryRun) {
      await io.stdout.write(visibleRows(lines(await imported(true), existing)))
      return
    }
    if (canAsk(io) && !parsed.has('yes')) {
      const planned = await imported(true)
      const isConflict = existing === 'refuse' && planned.changed.length > 0
      const isNothing = planned.created.length + (existing === 'keep' ? 0 : planned.changed.length) === 0
      if (!isConflict && !isNothing) {
        await io.stderr.write(planText(planned, existing))
        if (!(await services.ask.confirm('Import them?')))
          throw new UsageError('input', 'nothing was imported')
      }
    }
    await io.stdout.write(`${summary(await imported(false), existing)}\n`)
  }
}

async function valuesOf(file: string, parsed: Parsed, io: Io): Promise<readonly NamedValue[]> {
  const shown = file === '-' ? 'standard input' : visible(file)
  const format = formatNamed(parsed.text('format'), file)
  const placement = placementOf(parsed, format)
  const bytes = await readInput(file, io, MAX_FILE_BYTES)
  if (bytes.length > MAX_FILE_BYTES)
    throw new UsageError('input', `cannot import ${shown}: it is larger than 64 MiB`, 'split the file')
  if (format === 'aws') {
    const prefix = parsed.text('prefix') ?? ''
    return awsValues(bytes, shown).map(({ name, value }) => ({ name: prefix + name, value }))
  }
  return placed(await parseFile(bytes, format, shown), placement)
}

function formatNamed(given: string | undefined, file: string): (typeof IMPORT_FORMATS)[number] {
  const format = given === undefined ? formatOf(file) : IMPORT_FORMATS.find(name => name === given)
  if (format !== undefined) return format
  const what =
    given === undefined
      ? `the name of ${visible(file)} does not tell its format`
      : `import cannot read the format '${given}'`
  throw new UsageError('input', what, `pass --format with one of ${IMPORT_FORMATS.join(', ')}`)
}

function placementOf(parsed: Parsed, format: string): Placement {
  const [to, prefix] = [parsed.text('to'), parsed.text('prefix')]
  if (to !== undefined && prefix !== undefined)
    throw new UsageError('input', '--to and --prefix cannot be combined')
  if (format === 'aws') {
    if (to !== undefined)
      throw new UsageError(
        'input',
        '--to cannot be used with --format aws, whose entries are secrets',
        'omit --to'
      )
    return { prefix: prefix ?? '' }
  }
  if (to !== undefined) return { to }
  if (prefix !== undefined) return { prefix }
  throw new UsageError(
    'input',
    'import needs to know where the entries go',
    'pass --to NAME for one JSON secret, or --prefix PREFIX for a secret for each entry'
  )
}

type Existing = ImportOptions['existing']

const verbs: Readonly<Record<Existing, string>> = {
  refuse: 'conflict',
  overwrite: 'change',
  keep: 'keep'
}

function lines({ created, changed, same }: Imported, existing: Existing): string[] {
  return [
    ...created.map(name => `create  ${name}`),
    ...changed.map(name => `${verbs[existing]}  ${name}`),
    ...same.map(name => `same  ${name}`)
  ]
}

function planText({ created, changed, same }: Imported, existing: Existing): string {
  const parts: [string, readonly string[]][] = [
    ['create', created],
    [verbs[existing], changed]
  ]
  const shown = parts.filter(([, names]) => names.length > 0)
  const rows = shown.map(([verb, names]) => `${verb} ${names.length}: ${shortList(names)}`)
  return visibleRows(same.length === 0 ? rows : [...rows, `leave ${same.length} that are stored already`])
}

function summary({ created, changed, same }: Imported, existing: Existing): string {
  const kept = existing === 'keep' ? changed.length : 0
  const written = changed.length - kept
  if (created.length + written === 0)
    return kept === 0
      ? `nothing to import: all is stored already`
      : `nothing imported: kept ${secrets(kept)} with another value`
  const parts = [
    ...(created.length > 0 ? [`created ${secrets(created.length)}`] : []),
    ...(written > 0 ? [`changed ${secrets(written)}`] : []),
    ...(kept > 0 ? [`kept ${kept} with another value`] : []),
    ...(same.length > 0 ? [`${same.length} stored already`] : [])
  ]
  return parts.join(', ')
}

const secrets = (count: number): string => (count === 1 ? '1 secret' : `${count} secrets`)
