import { keyFor } from '../../core/access/access.js'
import { secretFolder } from '../../core/format/path.js'
import { hash } from '../../core/sodium.js'
import type { Draft } from '../draft.js'
import { committedFiles, allSecrets } from '../allSecrets.js'
import { resealed } from './reseal.js'
import type { Skipped } from './skipped.js'
import type { Progress } from './resign.js'
import type { Vault } from '../vault.js'

/** Puts every secret whose name has another key by this write under that one, its labelled versions encrypted anew. */
export async function moveSecrets(vault: Vault, draft: Draft, progress: Progress): Promise<Skipped[]> {
  return move(draft, committedFiles(vault.repository, 'HEAD', draft.view.place), progress)
}

/** The same for the secrets of one name, which other regions may have, too. The one that the write is about is left to it. */
export async function moveNamesakes(vault: Vault, draft: Draft, name: string): Promise<void> {
  const here = draft.view.place.secret(name).secret
  const end = `/secrets/${secretFolder(name, hash)}/secret.yaml`
  const paths = committedFiles(vault.repository, 'HEAD', draft.view.place)
  await move(
    draft,
    only(paths, path => path.endsWith(end) && path !== here),
    () => undefined
  )
}

async function move(draft: Draft, paths: AsyncIterable<string>, progress: Progress): Promise<Skipped[]> {
  const left: Skipped[] = []
  for await (const found of allSecrets(draft.view, paths)) {
    progress()
    if ('problem' in found) {
      left.push({ path: found.path, why: found.problem.message })
      continue
    }
    const { secret } = found
    const alias = keyFor(draft.access, secret.name)?.alias
    if (alias === undefined || alias === secret.key.alias) continue
    const stamp = draft.stamp(secret)
    const stages = await resealed(draft, secret, secret.stages)
    draft.updateSecret(secret, { key: { value: alias, changed: stamp } }, undefined, stamp)
    draft.updateStages(secret, stages, undefined, stamp)
  }
  return left
}

async function* only<T>(all: AsyncIterable<T>, isMeant: (one: T) => boolean): AsyncIterable<T> {
  for await (const one of all) if (isMeant(one)) yield one
}
