import {
  IMPORT_SOURCES,
  SOPS_FORMATS,
  sopsFormatOf,
  type Entry,
  type ImportSource,
  type NamedValue,
  type SopsFormat
} from '../../core/exchange/entry.js'
import { parseFile, textOrBytes } from '../../core/exchange/parseFile.js'
import { checkNames, checkValues, placed, shortList } from '../../core/exchange/placement.js'
import type { Parsed } from '../arguments/arguments.js'
import { UsageError } from '../arguments/usage.js'
import type { World } from '../command/services.js'
import { visible } from '../terminal/escape.js'
import { progressBar } from '../terminal/progress.js'
import { noticeTo } from '../terminal/report.js'
import { MAX_FILE_BYTES, onlyWord, placementOf, refuseOptions } from './importFile.js'

/** Returns the secrets that another store has. Throws `UsageError` if one of them cannot be stored. */
export async function sourceValues(parsed: Parsed, world: World): Promise<readonly NamedValue[]> {
  const source = IMPORT_SOURCES.find(name => name === parsed.text('from'))
  if (source === undefined)
    throw new UsageError(
      'input',
      `import cannot read from '${parsed.text('from')}'`,
      `pass --from with one of ${IMPORT_SOURCES.join(', ')}`
    )
  refuseOptions(parsed, NOT_OF[source], `with --from ${source}`)
  if (source === 'sops') return sopsValues(parsed, world)
  return source === 'endpoint' ? endpointValues(parsed, world) : passValues(source, parsed, world)
}

const NOT_OF: Readonly<Record<ImportSource, readonly string[]>> = {
  pass: ['to', 'format', 'endpoint-url'],
  gopass: ['to', 'format', 'endpoint-url'],
  sops: ['whole', 'endpoint-url'],
  endpoint: ['to', 'format', 'whole']
}

const RENAME = 'rename it: pass mv OLD NEW'
const OF_STORES = 'change the secret where it is, and import again'

/** Names are checked before anything is decrypted. */
async function passValues(
  source: 'pass' | 'gopass',
  parsed: Parsed,
  { io, services }: World
): Promise<readonly NamedValue[]> {
  const { decryptEntries, entriesOfStores, ownStore } = await services.passStores()
  const prefix = parsed.text('prefix') ?? ''
  const folders = parsed.words.length > 0 ? parsed.words : [ownStore(source)]
  const entries = entriesOfStores(folders)
  checkNames(
    entries.map(({ name }) => prefix + name),
    RENAME.replace('pass', source)
  )
  const bar = progressBar(io, 'decrypting', entries.length)
  try {
    const values = await decryptEntries(entries, parsed.has('whole'), bar.step)
    return checked(values, prefix)
  } finally {
    bar.end()
  }
}

async function sopsValues(parsed: Parsed, { services }: World): Promise<readonly NamedValue[]> {
  const file = onlyWord(parsed)
  if (file === '-') throw new UsageError('input', 'sops needs the name of a file, not -')
  const given = parsed.text('format')
  const format = given === undefined ? sopsFormatOf(file) : SOPS_FORMATS.find(name => name === given)
  if (format === undefined)
    throw new UsageError(
      'input',
      `sops has no format '${given}'`,
      `pass --format with one of ${SOPS_FORMATS.join(', ')}`
    )
  const placement = placementOf(parsed)
  if (format === 'binary' && 'prefix' in placement)
    throw new UsageError('input', `${visible(file)} is one value, not a list of entries`, 'pass --to NAME')
  const bytes = await services.decryptSops(file, format, MAX_FILE_BYTES)
  const values =
    format === 'binary' && 'to' in placement
      ? [{ name: placement.to, value: textOrBytes(bytes) }]
      : placed(await entriesOf(bytes, format, visible(file)), placement)
  checkValues(values)
  return values
}

async function entriesOf(bytes: Uint8Array, format: SopsFormat, file: string): Promise<readonly Entry[]> {
  const entries = await parseFile(bytes, format === 'yaml' ? 'yaml' : 'json', file)
  // sops gives every ini file this section
  return entries.filter(({ name, json }) => format !== 'ini' || name !== 'DEFAULT' || json !== '{}')
}

async function endpointValues(parsed: Parsed, { io, services }: World): Promise<readonly NamedValue[]> {
  const [word] = parsed.words
  if (word !== undefined)
    throw new UsageError('input', `import does not take '${word}'`, 'git-vault import --help')
  const url = parsed.text('endpoint-url')
  if (url !== undefined && !/^https?:\/\//.test(url))
    throw new UsageError('input', `'${url}' is not the URL of an endpoint`, 'it begins with https://')
  const endpoint = await services.endpoint(url)
  const prefix = parsed.text('prefix') ?? ''
  const secrets = await endpoint.list()
  checkNames(
    secrets.map(({ name }) => prefix + name),
    OF_STORES
  )
  const bar = progressBar(io, 'reading', secrets.length)
  const { values, without } = await endpoint.values(secrets, bar.step).finally(bar.end)
  if (without.length > 0) noticeTo(io)(`left out, because they have no value: ${shortList(without)}`)
  if (values.length === 0)
    throw new UsageError('input', `${visible(endpoint.shown)} has no secrets to import`)
  return checked(values, prefix)
}

function checked(values: readonly NamedValue[], prefix: string): readonly NamedValue[] {
  const all = values.map(value => ({ ...value, name: prefix + value.name }))
  checkValues(all, OF_STORES)
  return all
}
