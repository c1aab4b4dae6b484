import type { VaultError } from '../core/errors.js'
import { parseArn } from '../core/service/name.js'
import type { History, WorkTree } from '../core/ports.js'
import { refusalOf } from './documents/refusal.js'
import { readDocument, type Place } from './documents/place.js'
import type { Secret, View } from './view.js'
import { secretPlaces } from './documents/walk.js'

/** The paths of a revision's files in the vault. */
export async function* committedFiles(
  history: History,
  revision: string,
  { folder }: Place
): AsyncIterable<string> {
  for await (const { path } of history.files(revision, folder)) yield path
}

/** The work tree's paths at which a secret's own document may lie. */
export async function* secretFiles(tree: WorkTree, home: Place): AsyncIterable<string> {
  const regions = await tree.list(`${home.folder}/regions`)
  const folders = [home.secrets, ...regions.map(({ name }) => `${home.folder}/regions/${name}/secrets`)]
  for (const secrets of folders) {
    const place = { secrets, secretIn: (folder: string) => home.secretIn(folder) }
    for await (const { secret } of secretPlaces(tree, place)) yield secret
  }
}

/** A secret that counts, or why what lies there does not. */
export type Found = { readonly secret: Secret } | { readonly path: string; readonly problem: VaultError }

/**
 * Every secret with documents of its own in any region, one after the other.
 * @param paths of files that may be theirs, as the view's tree has them
 */
export async function* allSecrets(view: View, paths: AsyncIterable<string>): AsyncIterable<Found> {
  for await (const path of paths) {
    if (!path.endsWith('/secret.yaml')) continue
    try {
      const document = await readDocument(view.tree, 'secret', path)
      // gone since the branch was looked at: then the write is decided again
      if (!document) continue
      const { region } = parseArn(document.arn)
      const there = view.inRegion(region)
      const secret = await there.secretAt(there.place.secretIn(path.slice(0, -'/secret.yaml'.length)))
      if (secret) yield { secret }
    } catch (error) {
      yield { path, problem: refusalOf(error) }
    }
  }
}
