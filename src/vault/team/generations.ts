import { readersOf, readersWithoutBox, type Key, type Member, type Rights } from '../../core/access/access.js'
import type { LogChange } from '../../core/access/accessLog.js'
import { encode } from '../../core/encoding.js'
import { usage, VaultError } from '../../core/errors.js'
import { sealTo } from '../../core/crypto/seal.js'
import { sodium } from '../../core/sodium.js'
import type { Draft } from '../draft.js'

/** A key's next key pair, and the change to the access log that adds it. */
export interface NewGeneration {
  readonly alias: string
  readonly change: Extract<LogChange, { change: 'generation' }>
  readonly secret: Uint8Array
}

/** Generates a key pair. Adds nothing to the draft yet. */
export function newGeneration(draft: Draft, alias: string): NewGeneration {
  const secret = draft.random.bytes(32)
  const generation = String((draft.access.keys.get(alias)?.generations.length ?? 0) + 1)
  const publicKey = encode(sodium.crypto_scalarmult_base(secret))
  return { alias, secret, change: { change: 'generation', key: alias, generation, public: publicKey } }
}

/**
 * Seals a new generation's private key for all who may decrypt under the key after this write, and wipes it. Throws `Usage`
 * if that is nobody.
 */
export function putGeneration(draft: Draft, { alias, change, secret }: NewGeneration): void {
  const readers = readersOf(draft.access, alias)
  if (readers.length === 0)
    throw usage(
      `nobody would be left who can decrypt under key ${alias}`,
      `let somebody else decrypt first: git-vault member grant NAME --key ${alias} --allow decrypt`
    )
  const sealed = boxesFor(readers, secret, draft)
  sodium.memzero(secret)
  draft.putKey({ key: alias, generation: change.generation, public: change.public, sealed }, undefined)
}

/** Seals the private keys for a member with new rights: all generations of each key that `rights` lets them decrypt. */
export async function sealFor(draft: Draft, rights: Rights): Promise<void> {
  for (const [alias, list] of rights) {
    if (!list.includes('decrypt')) continue
    // the generations that this write adds are sealed by putGeneration
    for (const generation of draft.view.access.keys.get(alias)?.generations ?? []) {
      const document = await draft.keyDocument(alias, generation)
      const secret = await openGeneration(draft, alias, generation)
      // for every reader who has no box: an older document may have been put back
      const missing = readersWithoutBox(draft.access, alias, document)
      const sealed = { ...document.sealed, ...boxesFor(missing, secret, draft) }
      draft.putKey({ key: alias, generation: generation.number, public: document.public, sealed }, document)
    }
  }
}

/** Seals a private key for each reader. Returns the boxes by key id. */
function boxesFor(readers: readonly Member[], secret: Uint8Array, { random }: Draft): Record<string, string> {
  return Object.fromEntries(
    readers.map(({ keyId, boxKey }) => [keyId, encode(sealTo(boxKey, secret, random.bytes(32)))])
  )
}

async function openGeneration(draft: Draft, alias: string, generation: Key['generations'][number]) {
  try {
    return await draft.view.generationSecret(alias, generation, draft.identity)
  } catch (error) {
    if (!(error instanceof VaultError && error.code === 'DecryptionFailure')) throw error
    throw new VaultError(
      'AccessDeniedException',
      `${draft.member.name} cannot decrypt under key ${alias}, so cannot grant that right`,
      { hint: 'ask a member who can decrypt under it; git-vault member list shows who', cause: error }
    )
  }
}
