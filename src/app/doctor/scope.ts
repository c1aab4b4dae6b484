import { VaultError } from '../../core/errors.js'
import { hasAssumedFiles } from '../../system/git/assumed.js'
import { discover } from '../../system/git/discover.js'
import { seenStamps } from '../../system/git/seenStamps.js'
import { ownerOf } from '../../vault/documents/owner.js'
import { secretFolderOf } from '../../vault/documents/place.js'
import { readExamined, rememberExamined, seenId, type Examined } from '../../vault/memory/examined.js'
import { arnsSeen } from '../../vault/memory/seen.js'
import type { Vault } from '../../vault/vault.js'
import { isSecret } from '../../vault/verify/verify.js'
import type { View } from '../../vault/view.js'

/** The secrets that `doctor` looks at. */
export interface Scope {
  /** Left out: all. */
  readonly changed?: {
    /** The commit at which all were in order. */
    readonly since: string
    readonly folders: ReadonlySet<string>
  }
  /** Remembers that all secrets are in order, except for an exposed value in each of these ARNs. */
  remember(exposed: readonly string[]): Promise<void>
}

export interface ScopeOptions {
  /** HEAD before anything was looked at. */
  readonly head: string | undefined
  /** Whether index and work tree were found to be as HEAD. */
  readonly isClean: boolean
  readonly isAll: boolean
  /** The program's version: another one may judge differently. */
  readonly program: string
}

const ALL: Scope = { remember: async () => undefined }

/**
 * Returns the secrets that have changed since this clone last found all in order: their files differ from that commit, this
 * clone has seen a state of them since, or they had an exposed value. That is all secrets if anything else may matter: the
 * access log, the branch, the program, or a work tree that is not as HEAD.
 */
export async function scopeOf(directory: string, vault: Vault, options: ScopeOptions): Promise<Scope> {
  const { head, isClean, isAll, program } = options
  if (head === undefined || !isClean) return ALL
  const { repository, baseline } = vault
  try {
    const git = discover(directory)
    const view = await vault.read()
    const { access, place } = view
    if (await hasAssumedFiles(git, place.folder)) return ALL
    // before anything is looked at, because another process may see a newer state meanwhile
    const seen = new Map([...seenStamps(git)].map(([name, stamp]) => [seenId(name, stamp), name]))
    const branch = (await repository.branch()) ?? ''
    const log = access.entries.at(-1) ?? ''
    const under = [program, place.folder, access.vaultId, log, branch, baseline?.commit ?? '']
    const last = isAll ? undefined : await readExamined(repository.memory, under)
    const folders = last && (await changedFolders(vault, view, { last, head, seen }))
    const remember = async (exposed: readonly string[]): Promise<void> => {
      if ((await repository.commitId('HEAD')) !== head) return
      const again = exposed.map(arn => secretFolderOf(view.placeOf(arn)))
      await rememberExamined(repository.memory, { under, commit: head, again, seen: new Set(seen.keys()) })
    }
    return { remember: unlessFailed(remember), ...(folders && { changed: { since: last.commit, folders } }) }
  } catch (error) {
    // without a trusted log, for example: the checks say more
    if (!(error instanceof VaultError)) throw error
    return ALL
  }
}

/** Returns `undefined` if that cannot be told. */
async function changedFolders(
  { repository }: Vault,
  view: View,
  { last, head, seen }: { last: Examined; head: string; seen: ReadonlyMap<string, string> }
): Promise<Set<string> | undefined> {
  const { place } = view
  const folders = new Set(last.again)
  try {
    for await (const { path } of repository.difference(last.commit, head, [place.folder])) {
      const folder = ownerOf(path, place.folder)
      if (isSecret(folder, place)) folders.add(folder)
    }
    for (const [id, name] of seen) {
      if (last.seen.has(id)) continue
      const arns = arnsSeen(await repository.memory.read(`seen/${name}`))
      if (!arns) return undefined
      for (const arn of arns) folders.add(secretFolderOf(view.placeOf(arn)))
    }
  } catch (error) {
    // git no longer has the commit, for example
    if (!(error instanceof VaultError)) throw error
    return undefined
  }
  return folders
}

/** A read-only git directory is no reason to fail: the next look is at all secrets again. */
const unlessFailed =
  <T>(run: (argument: T) => Promise<void>) =>
  async (argument: T): Promise<void> => {
    try {
      await run(argument)
    } catch (error) {
      if (!(error instanceof VaultError)) throw error
    }
  }

/** The end of a line about all secrets: which of them were looked at now. */
export function lookedAt({ changed }: Scope): string {
  if (!changed) return ''
  const { folders, since } = changed
  const count = `${folders.size} ${folders.size === 1 ? 'secret' : 'secrets'}`
  return ` (looked at ${folders.size === 0 ? 'no secret' : count} changed since ${since.slice(0, 12)})`
}
