import { awsValues } from '../../core/exchange/awsValues.js'
import { formatOf, IMPORT_FORMATS, type NamedValue } from '../../core/exchange/entry.js'
import { parseFile } from '../../core/exchange/parseFile.js'
import { checkValues, placed, type Placement } from '../../core/exchange/placement.js'
import type { Parsed } from '../arguments/arguments.js'
import { UsageError } from '../arguments/usage.js'
import { readInput } from '../command/inputFile.js'
import { visible } from '../terminal/escape.js'
import type { Io } from '../terminal/io.js'

export const MAX_FILE_BYTES = 64 * 1024 * 1024

/** Returns the secrets that the entries of a file become. Throws `UsageError` if one of them cannot be stored. */
export async function fileValues(parsed: Parsed, io: Io): Promise<readonly NamedValue[]> {
  refuseOptions(parsed, ['whole', 'endpoint-url'], 'without --from')
  const values = await valuesOf(onlyWord(parsed), parsed, io)
  checkValues(values)
  return values
}

/** Returns FILE. Throws `UsageError` if there is none, or more than one word. */
export function onlyWord({ words }: Parsed): string {
  const [file, more] = words
  if (file === undefined) throw new UsageError('input', 'import needs FILE', 'git-vault import --help')
  if (more === undefined) return file
  throw new UsageError('input', `import does not take '${more}'`, 'git-vault import --help')
}

export function refuseOptions(parsed: Parsed, names: readonly string[], where: string): void {
  const found = names.find(name => parsed.has(name))
  if (found !== undefined)
    throw new UsageError('input', `--${found} cannot be used ${where}`, 'git-vault import --help')
}

async function valuesOf(file: string, parsed: Parsed, io: Io): Promise<readonly NamedValue[]> {
  const shown = file === '-' ? 'standard input' : visible(file)
  const format = formatNamed(parsed.text('format'), file)
  const placement = format === 'aws' ? placementOfAws(parsed) : placementOf(parsed)
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

/** Returns where entries go, which --to or --prefix must say. */
export function placementOf(parsed: Parsed): Placement {
  const [to, prefix] = [parsed.text('to'), parsed.text('prefix')]
  if (to !== undefined && prefix !== undefined)
    throw new UsageError('input', '--to and --prefix cannot be combined')
  if (to !== undefined) return { to }
  if (prefix !== undefined) return { prefix }
  throw new UsageError(
    'input',
    'import needs to know where the entries go',
    'pass --to NAME for one JSON secret, or --prefix PREFIX for a secret for each entry'
  )
}

function placementOfAws(parsed: Parsed): Placement {
  if (parsed.has('to'))
    throw new UsageError(
      'input',
      '--to cannot be used with --format aws, whose entries are secrets',
      'omit --to'
    )
  return { prefix: parsed.text('prefix') ?? '' }
}
