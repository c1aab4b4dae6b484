import { VaultError } from '../../core/errors.js'
import { headDifferences, unmergedFiles } from '../../system/commit/headDifferences.js'
import { refuseInProgress } from '../../system/commit/obstacles.js'
import { takenBackByMerge } from '../../system/commit/leftOut.js'
import { restoreFiles } from '../../system/commit/repair.js'
import { isLocked } from '../../system/files/lock.js'
import { discover } from '../../system/git/discover.js'
import { lockFolder } from '../../system/git/place.js'
import { indexFromHead, isIndexMissing } from '../../system/index/indexFromHead.js'
import { openRepository } from '../../system/repository.js'
import { findPlace, VAULTRC } from '../../vault/documents/place.js'
import { ATTRIBUTES } from '../attributesFile.js'
import { files, fixable, ok, problem, warning, type Result } from './finding.js'

/** Vault files in the index or the work tree that are behind HEAD, in conflict, or edited by somebody. */
export async function* checkFiles(
  directory: string,
  warn: (line: string) => void
): AsyncIterable<{ readonly what: 'files' | 'edits'; readonly run: () => Promise<Result> }> {
  const place = discover(directory)
  let found: Awaited<ReturnType<typeof headDifferences>> | undefined
  let obstacle: Result | undefined
  let unmerged: readonly string[] = []
  yield {
    what: 'files',
    async run() {
      const { workTree } = await openRepository(directory)
      const { folder } = await findPlace(workTree)
      unmerged = await unmergedFiles(place, [VAULTRC, folder])
      try {
        await refuseInProgress(place)
      } catch (error) {
        if (!(error instanceof VaultError) || error.hint === undefined) throw error
        const takenBack = await takenBackByMerge(place, [VAULTRC, ATTRIBUTES, folder])
        if (takenBack.length > 0)
          return fixable(`${error.message}: ${files(takenBack.map(({ path }) => path))}`, {
            text: `stage ${files(
              takenBack.map(({ path }) => path),
              true
            )} as in HEAD, so that the merge can be committed`,
            run: () => restoreFiles(place, takenBack, warn)
          })
        obstacle = warning(`not compared with HEAD: ${error.message}`, error.hint)
        return obstacle
      }
      if (isIndexMissing(place))
        return fixable('git has lost its index, and takes every file for deleted', {
          text: "make git's index again from HEAD, and leave every file as it is",
          run: () => indexFromHead(place)
        })
      found = await headDifferences(place, [VAULTRC, ATTRIBUTES, folder])
      const { stale } = found
      // a write updates index and work tree after the branch
      if (stale.length > 0 && isLocked(lockFolder(place)))
        return warning('not compared with HEAD: another git-vault is writing', 'git-vault doctor')
      if (stale.length === 0) return ok(`no file in ${folder} is behind HEAD`)
      const paths = stale.map(({ path }) => path)
      return fixable(`behind HEAD, though nobody has edited it: ${files(paths)}`, {
        text: `bring ${files(paths, true)} to the state in HEAD`,
        run: () => restoreFiles(place, stale, warn)
      })
    }
  }
  yield {
    what: 'edits',
    async run() {
      if (unmerged.length > 0) return problem(`in conflict: ${files(unmerged)}`, 'git-vault resolve')
      if (obstacle) return obstacle
      // .gitattributes is the user's as well
      const edited = (found?.edited ?? []).filter(path => path !== ATTRIBUTES)
      if (edited.length > 0)
        return problem(
          `edited by hand, so doctor leaves it as it is: ${files(edited)}`,
          `commit it, or undo the edit: git restore --staged --worktree -- '${edited[0]}'`
        )
      return ok('nobody has edited a file of the vault by hand')
    }
  }
}
