import { keyFor } from '../../core/access/access.js'
import { secretFolder } from '../../core/format/path.js'
import { hash } from '../../core/sodium.js'
import type { Draft } from '../draft.js'
import { committedFiles, allSecrets } from '../allSecrets.js'
import { skippedOf } from '../documents/skipped.js'
import { resealVersions } from './reseal.js'
import { stampOrSkip, type Skipped } from './skipped.js'
import type { Progress } from './reSign.js'
import type { Vault } from '../vault.js'

/**
 * Moves each secret whose name gets another key by this write to that key, and re-encrypts its labelled versions. Returns
 * what was skipped because it failed verification: secrets, and versions that stay under the key that they had.
 */
export async function moveSecrets(vault: Vault, draft: Draft, progress: Progress): Promise<Skipped[]> {
  return moveSecretsIn(draft, committedFiles(vault.repository, 'HEAD', draft.view.place), progress)
}

/** Does the same for the secrets of one name in other regions. The caller moves the one in this region. */
export async function moveNamesakes(vault: Vault, draft: Draft, name: string): Promise<void> {
  const here = draft.view.place.secret(name).secret
  const end = `/secrets/${secretFolder(name, hash)}/secret.yaml`
  const paths = committedFiles(vault.repository, 'HEAD', draft.view.place)
  await moveSecretsIn(
    draft,
    filter(paths, path => path.endsWith(end) && path !== here),
    () => undefined
  )
}

/** Does the same for some secrets. @param paths files of the draft's tree; any that is not a secret.yaml is skipped */
export async function moveSecretsIn(
  draft: Draft,
  paths: AsyncIterable<string>,
  progress: Progress
): Promise<Skipped[]> {
  const skipped: Skipped[] = []
  for await (const result of allSecrets(draft.view, paths)) {
    progress()
    if ('problem' in result) {
      skipped.push(skippedOf(result))
      continue
    }
    const { secret } = result
    const alias = keyFor(draft.access, secret.name)?.alias
    if (alias === undefined || alias === secret.key.alias) continue
    const stamp = stampOrSkip(draft, secret, skipped)
    if (stamp === undefined) continue
    const stages = await resealVersions(draft, secret, secret.stages, skipped)
    draft.updateSecret(secret, { key: { value: alias, changed: stamp } }, undefined, stamp)
    draft.updateStages(secret, stages, undefined, stamp)
  }
  return skipped
}

async function* filter<T>(all: AsyncIterable<T>, isWanted: (one: T) => boolean): AsyncIterable<T> {
  for await (const one of all) if (isWanted(one)) yield one
}
