import type { Access } from '../../core/access/access.js'
import { entryHashes, foldLogInTurns } from '../../core/access/accessLog.js'
import { CAPS, parseDocument, type AccessDocument } from '../../core/format/documents.js'
import { VaultError } from '../../core/errors.js'
import type { Tree } from '../../core/ports.js'
import type { Place } from '../documents/place.js'
import { refusalOf } from '../documents/refusal.js'
import { readAccess } from '../memory/pin.js'
import type { Vault } from '../vault.js'

/** Two access logs that have both been extended since a common entry, verified. The upstream's is the trunk. */
export interface ForkedLogs {
  /** Our own log, which this clone has pinned. */
  readonly own: { readonly access: Access; readonly log: AccessDocument }
  readonly trunk: { readonly access: Access; readonly log: AccessDocument; readonly bytes: Uint8Array }
  /** The part that both have. */
  readonly forkedAt: Access
}

/** The logs at remotes, as far as this clone knows them. */
export interface KnownLogs {
  /** The last entries of the logs that it has verified at the upstream. */
  readonly verified: readonly LastEntry[]
  /** The last entries of the logs that it has verified at other branches of remotes, by their refs. */
  readonly published: ReadonlyMap<string, LastEntry>
  /** The name of their branch, for people. */
  readonly upstream: string
}

interface LastEntry {
  /** Its number. */
  readonly entry: number
  readonly hash: string
}

/**
 * Opens two forked logs (FORMAT.md, "Access-log forks"). The upstream's is the trunk only if it extends what this clone last
 * verified there: otherwise somebody has replaced it, for example a former admin. Throws `DocumentRefused` then.
 */
export async function openForkedLogs(
  vault: Vault,
  place: Place,
  trees: { readonly ours: Tree; readonly theirs: Tree },
  { verified, published, upstream }: KnownLogs
): Promise<ForkedLogs> {
  const path = place.access
  const own = await readAccess(trees.ours, place, vault.repository.memory, () => vault.carriedRoot())
  if (own.relation === 'behind')
    throw new VaultError(
      'RepositoryState',
      'another branch of this clone has more entries of the access log',
      {
        hint: 'merge that branch first, then run git-vault sync again'
      }
    )
  const bytes = await trees.theirs.read(path, CAPS.access.bytes)
  if (!bytes) throw alarm(upstream, `${path}: missing`)
  const log = await parseDocument('access', bytes, path)
  const hashes = await entryHashes(log)
  for (const { entry, hash } of verified)
    if (hashes[entry - 1] !== hash)
      throw alarm(upstream, `${path}: the access log lacks entries that this clone has verified there`)
  const ownHashes = own.access.entries
  const shared = hashes.findIndex((hash, index) => hash !== ownHashes[index])
  if (shared <= 0) throw alarm(upstream, `${path}: this is not the vault that this clone trusts`)
  for (const [ref, { entry, hash }] of published)
    if (entry > shared && ownHashes[entry - 1] === hash) throw isPublished(ref, upstream)
  try {
    const access = await foldLogInTurns(log, path, shared)
    const [first, ...rest] = own.log.entries
    const common = { ...own.log, entries: [first, ...rest.slice(0, shared - 1)] } as AccessDocument
    // a part of a log that this clone has verified
    const forkedAt = await foldLogInTurns(common, path, Infinity)
    return { own: { access: own.access, log: own.log }, trunk: { access, log, bytes }, forkedAt }
  } catch (error) {
    throw alarm(upstream, refusalOf(error).message)
  }
}

const isPublished = (ref: string, upstream: string): VaultError =>
  new VaultError(
    'RepositoryState',
    `${ref.replace('refs/remotes/', '')} has your entries of the access log already, so they cannot be made again after ` +
      `those of ${upstream}`,
    {
      hint: 'merge the two remote branches first, by git-vault sync in the clone of the admin who made the other entries'
    }
  )

const alarm = (upstream: string, reason: string): VaultError =>
  new VaultError('DocumentRefused', `${upstream}: ${reason}`, {
    hint: `nothing was merged; somebody may have replaced the branch: ask the other admins, and see git log ${upstream}`
  })
