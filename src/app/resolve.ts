import { VaultError } from '../core/errors.js'
import { shortList } from '../core/exchange/placement.js'
import type { Random } from '../core/ports.js'
import { headDifferences } from '../system/commit/headDifferences.js'
import { takenBackByMerge } from '../system/commit/leftOut.js'
import { refuseInterrupted } from '../system/commit/obstacles.js'
import type { Place as GitPlace } from '../system/git/place.js'
import { findUnmerged } from '../system/conflict/unmerged.js'
import { stageFiles } from '../system/conflict/stageFiles.js'
import { systemRandom } from '../system/files/random.js'
import { gitFiles } from '../system/conflict/gitFiles.js'
import { shown } from '../system/files/paths.js'
import { openRepository } from '../system/repository.js'
import { findPlace, VAULTRC, type Place } from '../vault/documents/place.js'
import { withRestoreHint } from '../vault/documents/restoreHint.js'
import { resolveCommitted, type Resolution } from '../vault/resolving/resolveCommitted.js'
import { resolveUnmerged } from '../vault/resolving/resolveUnmerged.js'
import type { Answers } from '../vault/resolving/types.js'
import type { Vault } from '../vault/vault.js'

export interface Resolved extends Resolution {
  /** The command that ends the merge, rebase or the like; absent after a mend of earlier commits. */
  readonly next?: string
  /** Files of the vault that are still in conflict. */
  readonly remaining: readonly string[]
}

export interface ResolveOptions {
  /** Names of secrets, or their ARNs; empty, all. */
  readonly names: readonly string[]
  /** The region of the names; left out, the vault's home region. */
  readonly region?: string | undefined
  readonly answers: Answers
  /** Whether to resolve the other secrets although there are questions. */
  readonly isFinal: boolean
  readonly random?: Random
}

/**
 * Resolves what git could not merge in the vault's files, and stages the result; without a conflict, mends what has been
 * committed already. Changes nothing as long as there are questions without an answer, unless `isFinal` is set.
 */
export async function resolve(
  directory: string,
  vault: Vault,
  { names, region, answers, isFinal, random = systemRandom }: ResolveOptions
): Promise<Resolved> {
  const repository = await openRepository(directory)
  const { place } = repository
  const home = await findPlace(repository.workTree).catch(async error =>
    Promise.reject(await withRestoreHint(error, repository))
  )
  const find = async () =>
    findUnmerged(
      place,
      home.folder,
      commit => repository.treeOf(commit),
      async (oid, limit) => repository.blob(oid, limit)
    )
  try {
    const unmerged = await find()
    if (!unmerged) {
      await refuseTakenBack(place, [VAULTRC, home.folder])
      const options = { names, region, answers, isFinal, random }
      const resolution = await resolveCommitted(vault, options).catch(async (error: unknown) =>
        Promise.reject(
          await withRestoreHint(await withStaleHint(error, place, [VAULTRC, home.folder]), repository)
        )
      )
      if (isNothing(resolution)) await refuseStale(place, [VAULTRC, home.folder])
      return { ...withRegions(resolution, home), remaining: [] }
    }
    const filesIn = async (below: string) => gitFiles(place, below)
    const { files, ...resolution } = await resolveUnmerged(vault, unmerged, {
      names,
      region,
      answers,
      random,
      filesIn
    })
    if (isFinal || resolution.questions.length === 0) await stageFiles(place, files)
    const left = [...((await find())?.paths ?? [])]
    return { ...withRegions(resolution, home), next: await unmerged.next(), remaining: left }
  } finally {
    await repository.close()
  }
}

/** Throws `RepositoryState` if git was interrupted in a merge that would take files of the vault back. */
async function refuseTakenBack(place: GitPlace, paths: readonly string[]): Promise<void> {
  if ((await takenBackByMerge(place, paths)).length > 0) await refuseInterrupted(place)
}

/** Names the command that brings the work tree to HEAD, if the error is about files that nobody has edited. */
async function withStaleHint(error: unknown, place: GitPlace, paths: readonly string[]): Promise<unknown> {
  if (!(error instanceof VaultError && error.code === 'RepositoryState')) return error
  const { stale } = await headDifferences(place, paths)
  return stale.length === 0 ? error : error.reworded(error.message, 'git-vault doctor --fix')
}

const isNothing = ({ resolved, unresolved, questions, restored = [], caughtUp = [] }: Resolution): boolean =>
  [resolved, unresolved, questions, restored, caughtUp].every(list => list.length === 0)

/** Throws `RepositoryState` if there is nothing to resolve in HEAD, but files of the work tree are behind it. */
async function refuseStale(place: GitPlace, paths: readonly string[]): Promise<void> {
  const { stale } = await headDifferences(place, paths)
  if (stale.length === 0) return
  throw new VaultError(
    'RepositoryState',
    `there is nothing to resolve, but files in the work tree are not as in HEAD: ${shortList(stale.map(({ path }) => shown(path)))}`,
    { hint: 'git-vault doctor --fix' }
  )
}

/** Adds the region to each secret: two regions may have secrets of one name. */
function withRegions(
  { resolved, unresolved, questions, ...others }: Resolution,
  home: Pick<Place, 'regionIn'>
): Resolution {
  const inRegion = <T extends { readonly folder: string }>(one: T) => ({
    ...one,
    region: home.regionIn(one.folder)
  })
  return {
    ...others,
    resolved: resolved.map(inRegion),
    unresolved: unresolved.map(inRegion),
    questions: questions.map(inRegion)
  }
}
