import type { History } from '../core/ports.js'
import { secretFolderOf } from './documents/place.js'
import { versionFiles } from './documents/versionFiles.js'
import type { FindVersion } from './documents/restoredVersions.js'
import type { Draft } from './draft.js'
import type { Secret } from './view.js'

/**
 * Makes the version files of the secrets that a write changes after a merge match their stages.yaml, in the same commit: git
 * alone may have merged the other files.
 */
export async function mendWritten(draft: Draft, history: History, find: FindVersion): Promise<void> {
  const written = new Set(draft.change?.files.keys())
  for (const secret of draft.afterMerge) {
    const files = await mendedFiles(draft.view, secret, history, find)
    draft.placeFiles(new Map([...files].filter(([path]) => !written.has(path))), [])
  }
}

/** Returns the changes after which a secret's version files match its stages.yaml. */
async function mendedFiles(
  { tree, acceptance }: Draft['view'],
  secret: Pick<Secret, 'place' | 'document' | 'stages'>,
  history: History,
  find: FindVersion
): Promise<Map<string, Uint8Array | null>> {
  const { place, stages } = secret
  const listed = new Set([...stages.versions.keys()].map(id => place.version(id)))
  const sources = { present: tree, others: [], restore: find }
  const always = (): boolean => true
  const files = await versionFiles(secret, [], sources, acceptance, always, always)
  for await (const { path } of history.files('HEAD', `${secretFolderOf(place)}/versions`))
    if (!listed.has(path) && (await tree.read(path, Infinity)) !== undefined) files.set(path, null)
  return files
}
