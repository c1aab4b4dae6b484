import { VaultError } from '../../core/errors.js'
import { nameAndRegion } from '../../vault/documents/place.js'
import type { HistoryEntry } from '../../vault/history.js'
import type { Vault } from '../../vault/vault.js'
import { UsageError } from '../arguments/usage.js'
import { visible } from '../terminal/escape.js'
import type { World } from './services.js'

/** The shortest version id that the service takes, in characters: a shorter text is the beginning of one. */
const SHORTEST_ID = 32
/** How many ids an error lists. */
const MOST_LISTED = 5

/**
 * Returns the full id of a version that was typed in full, or by its first characters. Throws ResourceNotFoundException if
 * no version of the secret starts so, and `UsageError` if several do.
 */
export async function fullVersionId(
  typed: string,
  name: string,
  region: string | undefined,
  vault: Vault,
  { services }: World
): Promise<string> {
  return isFull(typed) ? typed : versionIn(await services.history(vault, name), typed, name, region)
}

/** As `fullVersionId`, in the versions of the secret that were read already. */
export function versionIn(
  entries: readonly HistoryEntry[],
  typed: string,
  name: string,
  region: string | undefined
): string {
  if (isFull(typed)) return typed
  const found = entries.flatMap(({ versionId }) =>
    typed !== '' && versionId.startsWith(typed) ? [versionId] : []
  )
  const [only, ...others] = found
  const hint = `see the versions: git-vault history ${visible(nameAndRegion(name, { region }))}`
  if (only === undefined)
    throw new VaultError(
      'ResourceNotFoundException',
      `'${visible(name)}' has no version '${visible(typed)}'`,
      { hint }
    )
  if (others.length > 0)
    throw new UsageError(
      'input',
      `several versions start with '${visible(typed)}': ${found.slice(0, MOST_LISTED).map(visible).join(', ')}`,
      hint
    )
  return only
}

const isFull = (typed: string): boolean => typed.length >= SHORTEST_ID
