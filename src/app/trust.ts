import type { Relation } from '../core/access/access.js'
import { noSecret, VaultError } from '../core/errors.js'
import { fingerprint } from '../core/crypto/fingerprint.js'
import { parseInvitation } from '../core/access/invitation.js'
import { parseSecretId } from '../core/service/name.js'
import { sodiumReady } from '../core/sodium.js'
import { baselineOf } from './baseline.js'
import { openRepository } from '../system/repository.js'
import { inspectLog, pinLog, readAccess } from '../vault/memory/pin.js'
import { findPlace } from '../vault/documents/place.js'
import { withRestoreHint } from '../vault/documents/restoreHint.js'
import { Seen } from '../vault/memory/seen.js'
import { seenState } from '../vault/memory/seenState.js'
import { View } from '../vault/view.js'

export interface InspectedRoot {
  /** The vault id. */
  readonly root: string
  /** The fingerprint of the root, to be compared by people. */
  readonly words: string
  readonly trusted: boolean
  /**
   * The relation of the work tree's log to the one that this clone has verified; `foreign` if the root is not
   * trusted.
   */
  readonly relation: Relation
  /** Why the pinned log cannot be read, if it is damaged. The root is then not trusted. */
  readonly damage?: string
}

/** The root of the vault in a work tree, which this clone need not trust. */
export async function inspectRoot(directory: string): Promise<InspectedRoot> {
  await sodiumReady
  const { log, root } = await openLog(directory)
  const { relation, damage } = log
  if (relation === 'foreign' || relation === 'fork') await log.checkNext()
  else await log.verify()
  return {
    root,
    words: fingerprint(root),
    trusted: relation !== 'foreign',
    relation,
    ...(damage !== undefined && { damage })
  }
}

/**
 * Pins the work tree's access log, also over a damaged pin. Throws `DocumentRefused` if its root is no longer `root`, which the user
 * was shown.
 * @param replace also replaces a verified log of that root that forks from this one or is longer: the user
 * has accepted it
 */
export async function trust(directory: string, root: string, replace = false): Promise<void> {
  await sodiumReady
  const { memory, log, root: found } = await openLog(directory)
  if (found !== root)
    throw new VaultError('DocumentRefused', 'the root of the vault has changed since it was shown')
  await log.verify()
  if (replace || log.relation === 'foreign') await pinLog(memory, log.bytes)
}

/**
 * Pins the work tree's access log, also over a damaged pin, if it contains the entry that an invitation names. Throws `Usage` for a
 * damaged invitation, and `DocumentRefused` for another vault, an older log or a fork.
 */
export async function acceptInvitation(
  directory: string,
  text: string
): Promise<Pick<InspectedRoot, 'root' | 'words' | 'damage'>> {
  await sodiumReady
  const invitation = parseInvitation(text)
  if (!invitation) throw new VaultError('Usage', 'the invitation is not a gvinv1_… string, or is damaged')
  const { memory, place, log, root: found } = await openLog(directory)
  const { root, entry, head } = invitation
  const { entries, relation, damage } = log
  if (found !== root)
    throw new VaultError('DocumentRefused', `${place.access}: the invitation is for another vault`)
  if (entries[entry - 1] !== head)
    throw new VaultError(
      'DocumentRefused',
      entries.length < entry
        ? `${place.access}: the access log ends before the entry that the invitation names`
        : `${place.access}: entry ${entry} is not the one that the invitation names`,
      {
        hint: 'fetch the branch on which you were added; if you have it already, ask the admin who invited you'
      }
    )
  if (relation === 'fork')
    throw new VaultError(
      'DocumentRefused',
      `${place.access}: the access log forks from the one that this clone has verified`,
      { hint: 'for details, run git-vault trust' }
    )
  await log.verify()
  if (relation === 'foreign' || relation === 'ahead') await pinLog(memory, log.bytes)
  return { root, words: fingerprint(root), ...(damage !== undefined && { damage }) }
}

/**
 * The path of a secret's document that is older than what this clone has seen on this branch; `undefined` if
 * none is.
 */
export async function olderThanSeen(
  directory: string,
  name: string,
  region?: string
): Promise<string | undefined> {
  const { seen, secret } = await secretAtAnyAge(directory, name, region)
  const refused = await seen.refusal(seenState(secret))
  return refused && secret.place[refused.document]
}

/** Remembers the work tree's state of a secret as the newest. For a user who knows why the branch went back. */
export async function acceptOlder(directory: string, name: string, region?: string): Promise<void> {
  const { seen, secret } = await secretAtAnyAge(directory, name, region)
  await seen.accept(seenState(secret))
}

/**
 * @param secretId a name, or an ARN with or without its suffix
 * @param region of a name; left out, the home region
 */
async function secretAtAnyAge(directory: string, secretId: string, region: string | undefined) {
  await sodiumReady
  const repository = await openRepository(directory)
  const { workTree, memory } = repository
  const place = await findPlace(workTree)
  const { access } = await readAccess(workTree, place, memory, async () => undefined)
  const baseline = await baselineOf(repository)
  await baseline?.requireHead(place, access)
  const seen = new Seen(memory, await repository.branch(), baseline)
  const id = parseSecretId(secretId)
  const view = new View(workTree, place, access, seen, 0).inRegion(
    id.kind === 'name' ? (region ?? access.region) : id.region
  )
  const secret = await view.secretAtAnyAge(view.place.secret(id.name))
  if (!secret) throw noSecret()
  return { seen, secret }
}

/**
 * Reads the access log of a work tree, which this clone need not trust, but which must contain the baseline. Compares hashes
 * and verifies nothing.
 */
async function openLog(directory: string) {
  const repository = await openRepository(directory)
  const { workTree, memory } = repository
  const restorable = async (error: unknown) => Promise.reject(await withRestoreHint(error, repository))
  const place = await findPlace(workTree).catch(restorable)
  const baseline = await baselineOf(repository)
  const log = await inspectLog(workTree, place, memory).catch(restorable)
  await baseline?.requireHead(place, log)
  return { memory, place, log, root: log.entries[0] ?? '' }
}
