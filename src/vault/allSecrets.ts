import { parseArn } from '../core/service/name.js'
import type { History, WorkTree } from '../core/ports.js'
import { readDocument, type Place } from './documents/place.js'
import type { Unusable } from './documents/skipped.js'
import { listed, secretPlaces } from './documents/walk.js'
import type { SecretResult, View } from './view.js'

export type { SecretResult } from './view.js'

/** The paths of a revision's files in the vault. */
export async function* committedFiles(
  history: History,
  revision: string,
  { folder }: Place
): AsyncIterable<string> {
  for await (const { path } of history.files(revision, folder)) yield path
}

/**
 * The work tree's paths for secret.yaml, in every region, and what cannot be listed. A replica's folder has no file at its
 * path, nor has one that lost it.
 */
export async function* secretFiles(tree: WorkTree, home: Place): AsyncIterable<string | Unusable> {
  const regions = await listed(tree, `${home.folder}/regions`)
  if (!Array.isArray(regions)) yield regions
  const names = Array.isArray(regions) ? regions.map(({ name }) => name) : []
  const folders = [home.secrets, ...names.map(name => `${home.folder}/regions/${name}/secrets`)]
  for (const secrets of folders) {
    const place = { secrets, secretIn: (folder: string) => home.secretIn(folder) }
    for await (const found of secretPlaces(tree, place)) yield 'problem' in found ? found : found.secret
  }
}

/**
 * Every secret with documents of its own, in all regions. Replicas have none. One that fails verification does not stop
 * the others.
 * @param paths files of the view's tree, sorted in each folder; any that is not of a secret is skipped
 */
export async function* allSecrets(
  view: View,
  paths: AsyncIterable<string | Unusable>
): AsyncIterable<SecretResult> {
  /** Folders with a secret.yaml whose stages.yaml is still to come. */
  const pending = new Set<string>()
  for await (const path of paths) {
    if (typeof path !== 'string') {
      yield path
      continue
    }
    const folder = path.slice(0, path.lastIndexOf('/'))
    if (path.endsWith('/secret.yaml')) pending.add(folder)
    // a merge may have left a stages.yaml without a secret.yaml
    else if (!path.endsWith('/stages.yaml') || pending.delete(folder)) continue
    const result = await resultIn(view, folder)
    if (result) yield result
  }
}

async function resultIn(view: View, folder: string): Promise<SecretResult | undefined> {
  const { secret: path, stages } = view.place.secretIn(folder)
  let regional = view.inRegion(regionOf(view, folder))
  try {
    const document = await readDocument(view.tree, 'secret', path)
    // removed since the branch was listed: the write is then decided again
    if (!document) return (await readDocument(view.tree, 'stages', stages)) && (await view.missing(path))
    regional = view.inRegion(parseArn(document.arn).region)
    const secret = await regional.secretAt(regional.place.secretIn(folder))
    return secret && { secret }
  } catch (error) {
    return regional.unusable(error, path)
  }
}

/** Returns the region that a folder's path shows. A region whose folder has another name than its own is not found. */
function regionOf({ access, place }: View, folder: string): string {
  const [, region = access.region] =
    /^\/regions\/([^/]+)\/secrets\//.exec(folder.slice(place.folder.length)) ?? []
  return region
}
