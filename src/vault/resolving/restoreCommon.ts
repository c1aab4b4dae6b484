import { relate, type Access } from '../../core/access/access.js'
import { entryHashes } from '../../core/access/accessLog.js'
import { CAPS, parseDocument, type KeyDocument } from '../../core/format/documents.js'
import { commitMessage } from '../../core/format/message.js'
import type { Tree } from '../../core/ports.js'
import { Acceptance } from '../documents/acceptance.js'
import { Overlay } from '../documents/overlay.js'
import { readDocument, type Place } from '../documents/place.js'
import { unlessRefused } from '../documents/refusal.js'
import { readAccess } from '../memory/pin.js'
import type { Vault } from '../vault.js'

/** The most commits that are searched for the access log, and for key documents. */
const MAX_COMMITS = 1000

/**
 * Brings back the access log and the key documents that the history of HEAD has and HEAD lacks, as after a `git revert` of a
 * change of members. In a commit of its own: nothing is signed, because all of it is signed already. Returns the paths.
 */
export async function restoreCommon(vault: Vault, head: string, place: Place): Promise<readonly string[]> {
  const { repository, clock } = vault
  const tree = new Overlay(repository.treeOf(head))
  const files = new Map<string, Uint8Array>()
  const log = await lostLog(vault, tree, place)
  if (log) {
    files.set(place.access, log)
    tree.apply(files)
  }
  const { access } = await readAccess(tree, place, repository.memory, () => vault.carriedRoot())
  for (const [path, bytes] of await lostKeys(vault, tree, place, access)) files.set(path, bytes)
  if (files.size === 0) return []
  const [first = ''] = files.keys()
  const message = commitMessage('Restore', files.size === 1 ? first : `${files.size} files`, [])
  await repository.commit(async () => ({
    change: { files, message, member: 'git-vault', time: clock.now() },
    value: undefined
  }))
  return [...files.keys()]
}

/** Returns the longest log of HEAD's history that continues HEAD's, if this clone accepts it. */
async function lostLog(vault: Vault, tree: Tree, place: Place): Promise<Uint8Array | undefined> {
  const path = place.access
  const present = (await tree.read(path, CAPS.access.bytes)) ?? new Uint8Array()
  const entriesOf = async (bytes: Uint8Array): Promise<readonly string[] | undefined> => {
    const log = await unlessRefused(() => parseDocument('access', bytes, path))
    return log && entryHashes(log)
  }
  let longest: Uint8Array | undefined
  let entries = (await entriesOf(present)) ?? []
  for await (const { bytes } of pastFiles(vault, path, CAPS.access.bytes)) {
    // entries are only added, so a longer log is a longer file
    if (bytes.length <= (longest ?? present).length) continue
    const found = await entriesOf(bytes)
    if (!found || !(entries.length === 0 || relate(found, entries) === 'ahead')) continue
    longest = bytes
    entries = found
  }
  if (!longest) return undefined
  const restored = new Overlay(tree)
  restored.apply(new Map([[path, longest]]))
  const accepted = await unlessRefused(() =>
    readAccess(restored, place, vault.repository.memory, () => vault.carriedRoot())
  )
  return accepted && longest
}

/** Returns the newest key document of each generation, if HEAD's is older, missing or refused. */
async function lostKeys(
  vault: Vault,
  tree: Tree,
  place: Place,
  access: Access
): Promise<ReadonlyMap<string, Uint8Array>> {
  const acceptance = new Acceptance(access, place)
  const wanted = new Map<string, (document: KeyDocument) => void>()
  const newest = new Map<string, number>()
  for (const { alias, generations } of access.keys.values())
    for (const generation of generations) {
      const path = place.key(alias, generation.number)
      const check = (document: KeyDocument) => acceptance.key(document, path, alias, generation)
      const document = await unlessRefused(() => readDocument(tree, 'key', path))
      wanted.set(path, check)
      if (document && (await isAccepted(document, check))) newest.set(path, serialOf(document))
    }
  const lost = new Map<string, Uint8Array>()
  for await (const { path, bytes } of pastFiles(vault, `${place.folder}/keys`, CAPS.key.bytes)) {
    const check = wanted.get(path)
    const document = check && (await unlessRefused(() => parseDocument('key', bytes, path)))
    if (!document || serialOf(document) <= (newest.get(path) ?? 0)) continue
    if (!(await isAccepted(document, check))) continue
    newest.set(path, serialOf(document))
    lost.set(path, bytes)
  }
  return lost
}

const serialOf = ({ signed }: KeyDocument): number => Number(signed.serial)

const isAccepted = async (document: KeyDocument, check: (document: KeyDocument) => void): Promise<boolean> =>
  (await unlessRefused(() => (check(document), true))) === true

/** The files at or below a path that HEAD's history has had, newest first. */
async function* pastFiles(
  { repository }: Vault,
  path: string,
  limit: number
): AsyncIterable<{ readonly path: string; readonly bytes: Uint8Array }> {
  for await (const { files } of repository.log({ paths: [path], limit: MAX_COMMITS }))
    for (const file of files) {
      const bytes = file.blob === undefined ? undefined : await repository.blob(file.blob, limit)
      if (bytes) yield { path: file.path, bytes }
    }
}
