import { VaultError } from '../../core/errors.js'
import { conflictText } from '../../vault/merging/conflictText.js'
import { noticeTo } from '../terminal/report.js'
import { Interrupted, type Io } from '../terminal/io.js'
import { visible } from '../terminal/escape.js'
import type { World } from '../command/services.js'

/** The exit codes of a merge driver: git takes any up to 128 but 0 for a conflict. */
const MERGED = 0
const CONFLICT = 1

/**
 * git's merge driver for the vault's files: `git-vault merge-driver %O %A %B %P %L` (gitattributes(5)). A program that git
 * runs, so it is in no help text. Whatever goes wrong is a conflict.
 */
export async function mergeDriver(argv: readonly string[], world: World): Promise<number> {
  const { io, services } = world
  const [base, ours, theirs, path, marker] = argv
  const markerLength = Number(marker)
  if (path === undefined || !base || !ours || !theirs || !Number.isInteger(markerLength)) {
    await tell(io, 'merge-driver takes %O %A %B %P %L; git runs it', 'git-vault doctor')
    return CONFLICT
  }
  // git has chosen the repository, not GIT_VAULT_DIR
  io.enter('.')
  try {
    const conflict = await services.runMergeDriver(
      { base, ours, theirs, path },
      {
        directory: io.cwd,
        markerLength,
        notice: noticeTo(io),
        passphrase: () => askPassphrase(world, path)
      }
    )
    if (!conflict) return MERGED
    const { message, hint } = conflictText(conflict)
    await tell(io, message, hint)
  } catch (error) {
    const line = (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!
    const why = error instanceof Interrupted ? 'no passphrase was given' : line
    await tell(io, `${path}: not merged: ${why}`, 'git-vault resolve')
  }
  return CONFLICT
}

/** git starts a driver for each file, and each asks by itself. */
async function askPassphrase({ services }: World, path: string): Promise<string> {
  const answer = await services.ask.secretAtTerminal(
    'Passphrase of your identity (for each file; git-vault unlock asks once)',
    `git-vault: the merge of ${path} needs your signature`
  )
  if (answer !== undefined) return answer
  throw new VaultError(
    'IdentityLocked',
    'cannot ask for its passphrase: no terminal; set GIT_VAULT_PASSPHRASE, or run git-vault unlock'
  )
}

/** In one line, because git shows its own lines before and after. */
async function tell({ stderr }: Io, message: string, hint: string): Promise<void> {
  await stderr.write(`git-vault: ${visible(message)}; to end this conflict: ${visible(hint)}\n`)
}
