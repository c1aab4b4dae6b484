import { VaultError } from './core/errors.js'
import { fingerprint } from './core/fingerprint.js'
import { parseSecretId } from './core/name.js'
import { sodiumReady } from './core/sodium.js'
import { openRepository } from './system/repository.js'
import { inspectLog, isPinned, pinLog, readAccess } from './vault/pin.js'
import { findPlace } from './vault/place.js'
import { Seen } from './vault/seen.js'
import { seenState, View } from './vault/view.js'

/** The root of the vault in a work tree, before anything is believed: a vault id, and its words to compare. */
export async function inspectRoot(
  directory: string
): Promise<{ root: string; words: string; trusted: boolean }> {
  await sodiumReady
  const { workTree, memory } = await openRepository(directory)
  const { access } = await inspectLog(workTree, await findPlace(workTree))
  const root = access.vaultId
  return { root, words: fingerprint(root), trusted: await isPinned(memory, root) }
}

/** Pins the work tree's access log, if its root is still the one that somebody was shown. */
export async function trust(directory: string, root: string): Promise<void> {
  await sodiumReady
  const { workTree, memory } = await openRepository(directory)
  const { access, bytes } = await inspectLog(workTree, await findPlace(workTree))
  if (access.vaultId !== root)
    throw new VaultError('DocumentRefused', 'the vault in the work tree is another one by now')
  if (!(await isPinned(memory, root))) await pinLog(memory, bytes)
}

/** Which of a secret's documents goes back behind what this clone has seen on this branch. */
export async function olderThanSeen(directory: string, name: string): Promise<string | undefined> {
  const { seen, secret } = await unremembered(directory, name)
  const refused = await seen.refusal(seenState(secret))
  return refused && secret.place[refused.document]
}

/** Takes the work tree's state of a secret for the newest: the user has reset the branch, and says so. */
export async function acceptOlder(directory: string, name: string): Promise<void> {
  const { seen, secret } = await unremembered(directory, name)
  await seen.accept(seenState(secret))
}

/** @param secretId a name at home, or an ARN, with or without its suffix */
async function unremembered(directory: string, secretId: string) {
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
  const secret = await view.unremembered(view.place.secret(id.name))
  if (!secret)
    throw new VaultError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
  return { seen, secret }
}
