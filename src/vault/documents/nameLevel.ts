import { mayBeSegmentOf, SECRET_FILES, secretFolder, segment } from '../../core/format/path.js'
import type { Entry, WorkTree } from '../../core/ports.js'
import { hash } from '../../core/sodium.js'
import { readDocument, type Place } from './place.js'
import { listed } from './walk.js'

/** How many folders are entered to find one secret below a folder whose name is not the name's own text. */
const MOST_ENTERED = 20

/**
 * Yields one level of the names that start with a text: secrets, and with a `/` at the end what other names have in common
 * up to their next `/`. Verifies nothing, so a name may belong to a document that is refused.
 */
export async function* nameLevel(
  tree: WorkTree,
  place: Pick<Place, 'secrets'>,
  typed: string
): AsyncIterable<string> {
  const parents = typed.split('/').slice(0, -1)
  const above = parents.map(part => `${part}/`).join('')
  const rest = typed.slice(above.length)
  const folder = [place.secrets, ...parents.map(part => segment(part, hash))].join('/')
  for (const entry of await entriesOf(tree, folder)) {
    if (!isNameFolder(entry) || !mayBeSegmentOf(rest, entry.name)) continue
    const path = `${folder}/${entry.name}`
    const inside = await entriesOf(tree, path)
    const text = entry.name.includes('~') ? await nameOf(tree, path, above) : `${above}${entry.name}`
    if (text?.startsWith(typed) !== true) continue
    if (inside.some(({ name }) => SECRET_FILES.includes(name))) yield text
    if (inside.some(isNameFolder)) yield `${text}/`
  }
}

/** `versions` belongs to the secret itself. */
const isNameFolder = ({ name, kind }: Entry): boolean => kind === 'folder' && name !== 'versions'

async function entriesOf(tree: WorkTree, folder: string): Promise<Entry[]> {
  const entries = await listed(tree, folder)
  return Array.isArray(entries) ? entries : []
}

/**
 * Returns the text that a hashed folder stands for, after `above`. It is taken from a secret below, and the hash in the
 * folder's name proves it.
 */
async function nameOf(tree: WorkTree, path: string, above: string): Promise<string | undefined> {
  const name = await someName(tree, path)
  if (name?.startsWith(above) !== true) return undefined
  const own = path.slice(path.lastIndexOf('/') + 1)
  if (above === '' && secretFolder(name, hash) === own) return name
  const [part = ''] = name.slice(above.length).split('/')
  return segment(part, hash) === own ? `${above}${part}` : undefined
}

async function someName(tree: WorkTree, path: string): Promise<string | undefined> {
  const pending = [path]
  for (let entered = 0; entered < MOST_ENTERED; entered++) {
    const folder = pending.pop()
    if (folder === undefined) return undefined
    const entries = await entriesOf(tree, folder)
    for (const kind of ['secret', 'replica'] as const) {
      if (!entries.some(({ name }) => name === `${kind}.yaml`)) continue
      const document = await readDocument(tree, kind, `${folder}/${kind}.yaml`).catch(() => undefined)
      if (document) return document.name
    }
    for (const entry of entries) if (isNameFolder(entry)) pending.push(`${folder}/${entry.name}`)
  }
  return undefined
}
