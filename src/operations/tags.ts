import { VaultError } from '../core/errors.js'
import type { Tag } from '../core/generated/requests.js'
import { valuesOf, withValues, type Registers } from '../core/versions/register.js'
import type { Time } from '../core/time.js'

/** On one secret (Secrets Manager's quota). */
const TAG_QUOTA = 50

/** AWS keeps these to itself, in whatever case. */
const RESERVED = /^aws:/i

/**
 * A secret's tags with those of a request set. Throws InvalidParameterException for tags that cannot be, and
 * LimitExceededException where they would become too many.
 */
export function withTags(
  present: Registers | undefined,
  tags: readonly Tag[],
  stamp: Time
): ReturnType<typeof withValues> {
  const asked = new Map<string, string>()
  for (const { Key, Value } of tags) {
    if (Key === undefined || Value === undefined)
      throw invalidParameter('A tag must have both a key and a value.')
    if (RESERVED.test(Key)) throw invalidParameter("The key of a tag can't begin with aws:.")
    if (asked.has(Key)) throw invalidParameter('You can have only one tag with each key.')
    asked.set(Key, Value)
  }
  const before = new Map(valuesOf(present))
  const changes = [...asked].filter(([key, value]) => before.get(key) !== value)
  const after = withValues(present, changes, stamp)
  const count = valuesOf(after).length
  // A merge may have left more than the quota: then only what adds to them is refused.
  if (count > TAG_QUOTA && count > before.size)
    throw new VaultError('LimitExceededException', `You can attach at most ${TAG_QUOTA} tags to a secret.`)
  return after
}

function invalidParameter(message: string): VaultError {
  return new VaultError('InvalidParameterException', message)
}
