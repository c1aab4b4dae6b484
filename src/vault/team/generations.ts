import { readersOf, readersWithoutBox, type Key, type Member, type Rights } from '../../core/access/access.js'
import type { LogChange } from '../../core/access/accessLog.js'
import { encode } from '../../core/encoding.js'
import { usage, VaultError } from '../../core/errors.js'
import { sealTo } from '../../core/crypto/seal.js'
import { sodium } from '../../core/sodium.js'
import type { Draft } from '../draft.js'

/** A key pair that a key is to have from now on, and the entry's change that says so. */
export interface Drawn {
  readonly alias: string
  readonly change: Extract<LogChange, { change: 'generation' }>
  readonly secret: Uint8Array
}

export function drawGeneration(draft: Draft, alias: string): Drawn {
  const secret = draft.random.bytes(32)
  const generation = String((draft.access.keys.get(alias)?.generations.length ?? 0) + 1)
  const publicKey = encode(sodium.crypto_scalarmult_base(secret))
  return { alias, secret, change: { change: 'generation', key: alias, generation, public: publicKey } }
}

/** Seals a new generation's private key for all who may decrypt under the key by then: somebody has to. */
export function putGeneration(draft: Draft, { alias, change, secret }: Drawn): void {
  const readers = readersOf(draft.access, alias)
  if (readers.length === 0)
    throw usage(`nobody else can decrypt under ${alias}: let somebody first, with git-vault member grant`)
  const sealed = boxesFor(readers, secret, draft)
  sodium.memzero(secret)
  draft.putKey({ key: alias, generation: change.generation, public: change.public, sealed }, undefined)
}

/** Seals the private keys that somebody may have from now on for them, all generations of each key. */
export async function sealFor(draft: Draft, rights: Rights): Promise<void> {
  for (const [alias, list] of rights) {
    if (!list.includes('decrypt')) continue
    // those that this very write brings are sealed for all as they are made
    for (const generation of draft.view.access.keys.get(alias)?.generations ?? []) {
      const document = await draft.keyDocument(alias, generation)
      const secret = await openedGeneration(draft, alias, generation)
      // for all who have none by now, too: an older document may have been put back
      const missing = readersWithoutBox(draft.access, alias, document)
      const sealed = { ...document.sealed, ...boxesFor(missing, secret, draft) }
      draft.putKey({ key: alias, generation: generation.number, public: document.public, sealed }, document)
    }
  }
}

/** A private key for each of them, by their key ids. */
function boxesFor(readers: readonly Member[], secret: Uint8Array, { random }: Draft): Record<string, string> {
  return Object.fromEntries(
    readers.map(({ keyId, boxKey }) => [keyId, encode(sealTo(boxKey, secret, random.bytes(32)))])
  )
}

async function openedGeneration(draft: Draft, alias: string, generation: Key['generations'][number]) {
  try {
    return await draft.view.generationSecret(alias, generation, draft.identity)
  } catch (error) {
    if (!(error instanceof VaultError && error.code === 'DecryptionFailure')) throw error
    throw new VaultError(
      'AccessDeniedException',
      `${draft.member.name} cannot decrypt under key ${alias}, and so cannot let anybody else`,
      { hint: `somebody who can has to grant it: git-vault member list shows who`, cause: error }
    )
  }
}
