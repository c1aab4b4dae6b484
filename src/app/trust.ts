import { relate, type Relation } from '../core/access/access.js'
import { VaultError } from '../core/errors.js'
import { fingerprint } from '../core/crypto/fingerprint.js'
import { parseInvitation } from '../core/access/invitation.js'
import { parseSecretId } from '../core/service/name.js'
import { sodiumReady } from '../core/sodium.js'
import { openRepository } from '../system/repository.js'
import { inspectLog, pinLog, pinnedEntries, readAccess } from '../vault/memory/pin.js'
import { findPlace } from '../vault/documents/place.js'
import { Seen } from '../vault/memory/seen.js'
import { seenState } from '../vault/memory/seenState.js'
import { View } from '../vault/view.js'

export interface InspectedRoot {
  /** The vault id. */
  readonly root: string
  /** To be compared. */
  readonly words: string
  readonly trusted: boolean
  /** How the work tree's log stands to the one that this clone has verified, where its root is trusted. */
  readonly relation: Relation
}

/** The root of the vault in a work tree, before anything is believed. */
export async function inspectRoot(directory: string): Promise<InspectedRoot> {
  await sodiumReady
  const { workTree, memory } = await openRepository(directory)
  const { access } = await inspectLog(workTree, await findPlace(workTree))
  const root = access.vaultId
  const pinned = await pinnedEntries(memory)
  const relation = pinned ? relate(access.entries, pinned) : 'foreign'
  return { root, words: fingerprint(root), trusted: relation !== 'foreign', relation }
}

/**
 * Pins the work tree's access log, if its root is still the one that somebody was shown.
 * @param over also where this clone has verified another log of that root, or a longer one: its own user says so
 */
export async function trust(directory: string, root: string, over = false): Promise<void> {
  await sodiumReady
  const { workTree, memory } = await openRepository(directory)
  const { access, bytes } = await inspectLog(workTree, await findPlace(workTree))
  if (access.vaultId !== root)
    throw new VaultError('DocumentRefused', 'the vault in the work tree is another one by now')
  const isTrusted = (await pinnedEntries(memory))?.[0] === root
  if (over || !isTrusted) await pinLog(memory, bytes)
}

/**
 * Pins the work tree's access log, if it is the one that an invitation is to, and not from before it. Throws `Usage` for
 * an invitation that is damaged, and `DocumentRefused` for another vault or an older log.
 */
export async function acceptInvitation(
  directory: string,
  text: string
): Promise<{ root: string; words: string }> {
  await sodiumReady
  const invitation = parseInvitation(text)
  if (!invitation) throw new VaultError('Usage', 'that is no gvinv1_… string, or it is damaged')
  const { workTree, memory } = await openRepository(directory)
  const place = await findPlace(workTree)
  const { access, bytes } = await inspectLog(workTree, place)
  const { root, entry, head } = invitation
  if (access.vaultId !== root)
    throw new VaultError('DocumentRefused', `${place.access}: another vault than the one of the invitation`)
  if (access.entries[entry - 1] !== head)
    throw new VaultError(
      'DocumentRefused',
      access.entries.length < entry
        ? `${place.access}: it ends before the entry that the invitation names`
        : `${place.access}: its entry ${entry} is not the one that the invitation names`,
      { hint: 'fetch the branch on which you were admitted; if it is there, ask who invited you' }
    )
  const pinned = await pinnedEntries(memory)
  const relation = pinned ? relate(access.entries, pinned) : 'foreign'
  if (relation === 'fork')
    throw new VaultError(
      'DocumentRefused',
      `${place.access}: the access log forks from what this clone has verified`,
      {
        hint: 'git-vault trust tells more'
      }
    )
  if (relation === 'foreign' || relation === 'ahead') await pinLog(memory, bytes)
  return { root, words: fingerprint(root) }
}

/** Which of a secret's documents goes back behind what this clone has seen on this branch. */
export async function olderThanSeen(directory: string, name: string): Promise<string | undefined> {
  const { seen, secret } = await secretAtAnyAge(directory, name)
  const refused = await seen.refusal(seenState(secret))
  return refused && secret.place[refused.document]
}

/** Takes the work tree's state of a secret for the newest: the user has reset the branch, and says so. */
export async function acceptOlder(directory: string, name: string): Promise<void> {
  const { seen, secret } = await secretAtAnyAge(directory, name)
  await seen.accept(seenState(secret))
}

/** @param secretId a name at home, or an ARN, with or without its suffix */
async function secretAtAnyAge(directory: string, secretId: string) {
  await sodiumReady
  const repository = await openRepository(directory)
  const { workTree, memory } = repository
  const place = await findPlace(workTree)
  const { access } = await readAccess(workTree, place, memory, async () => undefined)
  const seen = new Seen(memory, await repository.branch())
  const id = parseSecretId(secretId)
  const view = new View(workTree, place, access, seen, 0).inRegion(
    id.kind === 'name' ? access.region : id.region
  )
  const secret = await view.secretAtAnyAge(view.place.secret(id.name))
  if (!secret)
    throw new VaultError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
  return { seen, secret }
}
