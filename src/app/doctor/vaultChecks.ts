import type { Tree } from '../../core/ports.js'
import { convertingAttributes, driversOf } from '../../system/git/attributes.js'
import { openRepository } from '../../system/repository.js'
import { findPlace } from '../../vault/documents/place.js'
import { Seen } from '../../vault/memory/seen.js'
import { mismatchedFolders, repairVersions, restoreFrom } from '../../vault/merging/repairVersions.js'
import type { Vault } from '../../vault/vault.js'
import { trustedAccess } from '../../vault/verify/verify.js'
import { View } from '../../vault/view.js'
import { ATTRIBUTES, endsWithVaultLine, withVaultLine } from '../attributesFile.js'
import { files, fixable, ok, problem, type Result } from './finding.js'
import { lookedAt, type Scope } from './scope.js'

export async function checkAttributes(directory: string): Promise<Result> {
  const repository = await openRepository(directory)
  const { folder, access } = await findPlace(repository.workTree)
  const converting = await convertingAttributes(repository.place, [access])
  const wrong = converting.map(({ attribute, value }) => `${attribute}: ${value}`)
  const { merge, diff } = await driversOf(repository.place, access)
  if (wrong.length === 0 && merge === 'git-vault' && diff === 'git-vault')
    return ok(`git stores the files in ${folder} unchanged`)
  const text =
    wrong.length > 0
      ? `git attributes change the files in ${folder}: ${wrong.join(', ')}`
      : `git attributes do not give the files in ${folder} to git-vault: merge: ${merge}, diff: ${diff}`
  if (!(await mayAppend(repository, folder)))
    return problem(
      text,
      `restore the line for ${folder} in .gitattributes at the root, and delete any .gitattributes in ${folder}`
    )
  return fixable(text, {
    text: `add the line for ${folder} to ${ATTRIBUTES}`,
    change: async head => new Map([[ATTRIBUTES, await withVaultLine(head, folder)]])
  })
}

/** Whether the line is missing in HEAD, and the user has not edited the file. */
async function mayAppend(
  repository: Awaited<ReturnType<typeof openRepository>>,
  folder: string
): Promise<boolean> {
  if ((await repository.headTime()) === undefined) return false
  const head = repository.treeOf(await repository.commitId('HEAD'))
  if (await endsWithVaultLine(head, folder)) return false
  const [committed, present] = await Promise.all(
    [head, repository.workTree].map(tree => tree.read(ATTRIBUTES, 1 << 20))
  )
  return Buffer.compare(committed ?? Buffer.of(), present ?? Buffer.of()) === 0
}

/** Files of versions that do not match stages.yaml, in HEAD. */
export async function checkVersions(vault: Vault, scope: Scope): Promise<Result> {
  const { repository } = vault
  const commit = await repository.commitId('HEAD')
  const viewOf = async (tree: Tree): Promise<View> => {
    const place = await findPlace(tree)
    const { access } = await trustedAccess(vault, tree, place, undefined)
    return new View(
      tree,
      place,
      access,
      new Seen(repository.memory, await repository.branch(), vault.baseline),
      0
    )
  }
  const view = await viewOf(repository.treeOf(commit))
  const found = await mismatchedFolders(repository, commit, view, scope.changed?.folders)
  if (found.length === 0)
    return ok(`every secret has the files that its stages.yaml lists, and no others${lookedAt(scope)}`)
  const restore = restoreFrom(repository)
  const repairs = await repairVersions(view, found, restore)
  const restored = [...repairs.files].flatMap(([path, bytes]) => (bytes ? [path] : []))
  const removed = [...repairs.files].flatMap(([path, bytes]) => (bytes ? [] : [path]))
  if (repairs.files.size > 0)
    return fixable(
      [
        ...(restored.length > 0 ? [`listed in stages.yaml, but missing: ${files(restored)}`] : []),
        ...(removed.length > 0 ? [`pruned, but still there: ${files(removed)}`] : [])
      ].join('; '),
      {
        text: [
          ...(restored.length > 0 ? [`bring back from history: ${files(restored)}`] : []),
          ...(removed.length > 0 ? [`remove, but keep in history: ${files(removed)}`] : [])
        ].join('; '),
        change: async head => (await repairVersions(await viewOf(head), found, restore)).files
      }
    )
  const { lost, unlisted } = repairs
  if (lost.length > 0)
    return problem(
      `listed in stages.yaml, but neither here nor in history: ${files(lost)}`,
      'fetch a branch that has it, or put a new value'
    )
  if (unlisted.length > 0)
    return problem(`a version that stages.yaml does not list: ${files(unlisted)}`, 'git-vault resolve')
  return problem(
    `files of versions do not match stages.yaml: ${files(found.map(({ folder }) => folder))}`,
    'git-vault verify'
  )
}
