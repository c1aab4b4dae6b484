import { VaultError } from '../core/errors.js'
import type { Tag } from '../core/generated/requests.js'
import { valuesOf, withValues, type Registers } from '../core/versions/register.js'
import type { Time } from '../core/time.js'

/** Tags of one secret (Secrets Manager's quota). */
const TAG_QUOTA = 50

/** The prefix that AWS reserves, in any case. */
const RESERVED = /^aws:/i

/**
 * A secret's tags with those of a request added. Throws InvalidParameterException for an invalid tag, and
 * LimitExceededException if there would be too many.
 */
export function withTags(
  present: Registers | undefined,
  tags: readonly Tag[],
  stamp: Time
): ReturnType<typeof withValues> {
  const requested = new Map<string, string>()
  for (const { Key, Value } of tags) {
    if (Key === undefined || Value === undefined)
      throw invalidParameter('A tag must have both a key and a value.')
    if (RESERVED.test(Key)) throw invalidParameter("The key of a tag can't begin with aws:.")
    if (requested.has(Key)) throw invalidParameter('You can have only one tag with each key.')
    requested.set(Key, Value)
  }
  const before = new Map(valuesOf(present))
  const changes = [...requested].filter(([key, value]) => before.get(key) !== value)
  const after = withValues(present, changes, stamp)
  const count = valuesOf(after).length
  // a merge may have left more tags than the quota: then only adding more is refused
  if (count > TAG_QUOTA && count > before.size)
    throw new VaultError('LimitExceededException', `You can attach at most ${TAG_QUOTA} tags to a secret.`)
  return after
}

function invalidParameter(message: string): VaultError {
  return new VaultError('InvalidParameterException', message)
}
