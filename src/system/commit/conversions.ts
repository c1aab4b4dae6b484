import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { VaultError } from '../../core/errors.js'
import { readIfExists } from '../files/files.js'
import { ancestors, foldersAbove, shown } from '../files/paths.js'
import { convertingAttributes } from '../git/attributes.js'
import type { Config } from '../git/config.js'
import type { Place } from '../git/place.js'
import type { PlannedFile } from '../index/plannedFile.js'

const ATTRIBUTES = '.gitattributes'
/** The line that `git-vault init` writes (src/app/init.ts). */
const OWN_LINE = /^\/(\S+)\/\*\* -text -filter -ident -working-tree-encoding(?: |$)/

/**
 * Throws `RepositoryState` if an attribute makes git convert a file that is written: the next checkout would give readers
 * other bytes than were signed. Starts git only if the attributes are not as `git-vault init` left them.
 */
export async function refuseConverted(
  place: Place,
  files: readonly PlannedFile[],
  config: Config
): Promise<void> {
  // `init` writes the attributes themselves
  if (files.some(({ path }) => path === ATTRIBUTES)) return
  const written = files.filter(file => file.new !== undefined && file.path.includes('/'))
  const converts = /^(?:true|input|yes|on|1)$/i.test(config.text('core.autocrlf') ?? '')
  if (!converts && !hasAttributes(place, written)) return
  const folder = ownFolder(place)
  const withOwn = foldersWithAttributes(place, written)
  const isPlain = (path: string): boolean =>
    path.startsWith(`${folder}/`) &&
    (withOwn.size === 0 || !ancestors(path).some(ancestor => withOwn.has(ancestor)))
  const doubtful = written.map(({ path }) => path).filter(path => folder === undefined || !isPlain(path))
  if (doubtful.length === 0) return
  const found = (await convertingAttributes(place, doubtful)).find(
    ({ value }) => value !== 'unspecified' || converts
  )
  if (found === undefined) return
  const { path, attribute, value } = found
  throw new VaultError(
    'RepositoryState',
    `git attributes change ${shown(path)}: ${attribute}: ${shown(value)}`,
    {
      hint: 'for what to change, run: git-vault doctor'
    }
  )
}

/** Whether the repository has a file of attributes that can be about these files. */
const hasAttributes = (place: Place, files: readonly PlannedFile[]): boolean =>
  existsSync(join(place.commonDir, 'info/attributes')) ||
  existsSync(join(place.root, ATTRIBUTES)) ||
  foldersWithAttributes(place, files).size > 0

/** Returns the folders around the files that have a file of attributes. Looks at each once. */
const foldersWithAttributes = (place: Place, files: readonly PlannedFile[]): ReadonlySet<string> =>
  new Set([...foldersAbove(files)].filter(folder => existsSync(join(place.root, folder, ATTRIBUTES))))

/** Returns the folder of the last line of .gitattributes, if that is ours and no other source can override it. */
function ownFolder(place: Place): string | undefined {
  if (existsSync(join(place.commonDir, 'info/attributes'))) return undefined
  const text = readIfExists(join(place.root, ATTRIBUTES))?.toString('utf8') ?? ''
  return OWN_LINE.exec(text.trimEnd().split('\n').at(-1) ?? '')?.[1]
}
