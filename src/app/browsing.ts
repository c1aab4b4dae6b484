import { valuesOf } from '../core/versions/register.js'
import { secretFolderOf, type SecretPlace } from '../vault/documents/place.js'
import { lastSigned } from '../vault/documents/lastSigned.js'
import { skippedOf, type Unusable } from '../vault/documents/skipped.js'
import { secretPlaces } from '../vault/documents/walk.js'
import { historyOf, type HistoryEntry } from '../vault/history.js'
import type { Vault } from '../vault/vault.js'
import type { Secret, View } from '../vault/view.js'

/*
 * The facts for a person who looks through a vault. Nothing here decrypts.
 */

/** How many folders are listed, or secrets read, before other work may run: a few milliseconds. */
const [FOLDERS_A_TURN, SECRETS_A_TURN] = [200, 4]
/** How many secrets are read before they are told. */
const BATCH = 100

/** A secret as far as it is known: first its name alone, and then the rest, or that it is refused or gone. */
export type Found =
  | { readonly kind: 'named'; readonly name: string }
  | {
      readonly kind: 'secret'
      readonly name: string
      readonly description: string | undefined
      readonly tags: readonly string[]
      /** When it will be deleted. */
      readonly deletion: Date | undefined
    }
  | {
      readonly kind: 'refused'
      readonly name: string
      readonly why: string
      readonly mend: string | undefined
    }
  | { readonly kind: 'gone'; readonly name: string }

/**
 * Yields the names of all secrets that start with a prefix, in batches, and then what each secret says. A name is first
 * taken from its folder, unless the folder's name is not the name's own text. Other work runs in between.
 */
export async function* browse(vault: Vault, prefix: string): AsyncGenerator<readonly Found[]> {
  const view = await vault.read()
  const places: (SecretPlace | Unusable)[] = []
  let batch: Found[] = []
  for await (const place of secretPlaces(vault.repository.workTree, view.place, prefix)) {
    places.push(place)
    const name = 'problem' in place ? undefined : plainName(view, secretFolderOf(place))
    if (name?.startsWith(prefix)) batch.push({ kind: 'named', name })
    if (places.length % FOLDERS_A_TURN > 0) continue
    yield batch
    batch = []
    await turn()
  }
  yield batch
  batch = []
  for (const [at, place] of places.entries()) {
    const found = await read(view, place)
    if (found.name.startsWith(prefix) || found.kind === 'refused') batch.push(found)
    if (at % SECRETS_A_TURN === 0) await turn()
    if (batch.length < BATCH) continue
    yield batch
    batch = []
  }
  yield batch
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** The name of the secret in a folder, if the folder says it: `undefined` if a part of it is hashed. */
function plainName({ place }: View, folder: string): string | undefined {
  const name = folder.slice(place.secrets.length + 1)
  return name.includes('~') ? undefined : name
}

async function read(view: View, place: SecretPlace | Unusable): Promise<Found> {
  const folder = 'problem' in place ? place.path : secretFolderOf(place)
  const name = plainName(view, folder) ?? folder
  for await (const result of view.all(one(place))) {
    if ('secret' in result) return foundOf(result.secret)
    const { why, mend } = skippedOf(result)
    return { kind: 'refused', name, why, mend }
  }
  return { kind: 'gone', name }
}

async function* one<T>(item: T): AsyncGenerator<T> {
  yield item
}

function foundOf({ name, document }: Secret): Found {
  return {
    kind: 'secret',
    name,
    description: document.description?.value,
    tags: tagsOf(document),
    deletion: deletionOf(document)
  }
}

function deletionOf({ deletion }: Secret['document']): Date | undefined {
  return deletion?.date === undefined ? undefined : new Date(deletion.date)
}

const tagsOf = ({ tags }: Secret['document']): string[] =>
  tags === undefined ? [] : valuesOf(tags).map(([key, value]) => `${key}=${value}`)

/** Everything about a secret but its value. */
export interface SecretDetails {
  readonly name: string
  readonly description: string | undefined
  readonly tags: readonly string[]
  readonly key: string
  readonly created: Date
  readonly deletion: Date | undefined
  /** The last write: when, by which member, and the operation. */
  readonly changed: { readonly time: Date; readonly member: string; readonly operation: string }
  /** Newest first. */
  readonly versions: readonly HistoryEntry[]
}

/** Throws ResourceNotFoundException, or `DocumentRefused` if the secret fails verification. */
export async function secretDetails(vault: Vault, name: string): Promise<SecretDetails> {
  const view = await vault.read()
  const secret = await view.secret(name)
  await vault.noteRead(view, secret)
  const { document } = secret
  const { signed } = lastSigned(secret)
  return {
    name: secret.name,
    description: document.description?.value,
    tags: tagsOf(document),
    key: document.key.value,
    created: new Date(document.created),
    deletion: deletionOf(document),
    changed: {
      time: new Date(signed.change.time),
      member: view.memberName(signed.by),
      operation: signed.change.operation
    },
    versions: historyOf(view, secret)
  }
}
