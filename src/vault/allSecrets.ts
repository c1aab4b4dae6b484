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

/** The work tree's paths for secret.yaml, in every region. A replica's folder has no file there. */
export async function* secretFiles(tree: WorkTree, home: Place): AsyncIterable<string> {
  const regions = await tree.list(`${home.folder}/regions`)
  const folders = [home.secrets, ...regions.map(({ name }) => `${home.folder}/regions/${name}/secrets`)]
  for (const secrets of folders) {
    const place = { secrets, secretIn: (folder: string) => home.secretIn(folder) }
    for await (const { secret } of secretPlaces(tree, place)) yield secret
  }
}

/** An accepted secret, or the path of a secret.yaml and why the secret was refused. */
export type SecretResult =
  { readonly secret: Secret } | { readonly path: string; readonly problem: VaultError }

/**
 * Every secret with documents of its own, in all regions. Replicas have none.
 * @param paths files of the view's tree; any that is not a secret.yaml is skipped
 */
export async function* allSecrets(view: View, paths: AsyncIterable<string>): AsyncIterable<SecretResult> {
  for await (const path of paths) {
    if (!path.endsWith('/secret.yaml')) continue
    try {
      const document = await readDocument(view.tree, 'secret', path)
      // removed since the branch was listed: the write is then decided again
      if (!document) continue
      const { region } = parseArn(document.arn)
      const regional = view.inRegion(region)
      const secret = await regional.secretAt(regional.place.secretIn(path.slice(0, -'/secret.yaml'.length)))
      if (secret) yield { secret }
    } catch (error) {
      yield { path, problem: refusalOf(error) }
    }
  }
}
