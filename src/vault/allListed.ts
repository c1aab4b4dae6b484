import { CAPS } from '../core/format/documents.js'
import { utf8 } from '../core/format/canonical.js'
import { turns } from '../core/turns.js'
import { formatListed, listed, parseListed, type ListedSecret } from './listedSecret.js'
import { Overlay } from './documents/overlay.js'
import type { SecretPlace } from './documents/place.js'
import type { Unusable } from './documents/skipped.js'
import type { VerifiedSecrets } from './memory/verifiedSecrets.js'
import type { View } from './view.js'

/** In units of `turns`: what verifying a secret's signatures costs, so that others are answered after every few secrets. */
const VERIFIED = 2_000
/** The same, for reading documents that were verified before. */
const COMPARED = 200

/**
 * Every secret in some folders, in no particular order. One that fails verification does not stop the others. Documents that
 * this clone has verified before are read, and compared in every byte, but not verified again.
 * @param verified left out if nothing is known
 */
export async function* allListed(
  view: View,
  places: AsyncIterable<SecretPlace | Unusable>,
  verified: VerifiedSecrets | undefined
): AsyncIterable<ListedSecret | Unusable> {
  const pauseAfter = turns()
  for await (const place of places) {
    const before = verified?.unsaved
    const known = verified && !('problem' in place) ? await listedAt(view, place, verified) : undefined
    const result = known ?? ('problem' in place ? place : await view.resultAt(place))
    if (result) yield 'secret' in result ? listed(result.secret) : result
    // a server answers others meanwhile
    await pauseAfter(known && verified?.unsaved === before ? COMPARED : VERIFIED)
  }
}

/** Returns `undefined` for anything out of the ordinary, which the view then finds out about. */
export async function listedAt(
  view: View,
  place: SecretPlace,
  verified: VerifiedSecrets
): Promise<ListedSecret | undefined> {
  const files = await filesAt(view, place)
  if (!files) return undefined
  const { digest } = verified
  const id = digest([utf8(place.secret), ...files.values()])
  const known = verified.find(id)
  if (known) {
    const secret = parseListed(known.facts)
    const isSame = known.seen === digest(await view.seen.basis(secret.arn))
    if (isSame && !view.isExpired(secret)) return secret
  }
  // of these bytes, whatever is written meanwhile
  const overlay = new Overlay(view.tree)
  overlay.apply(files)
  const result = await view.over(overlay).resultAt(place)
  if (!result || !('secret' in result) || result.secret.primary !== undefined) return undefined
  const secret = listed(result.secret)
  verified.add(id, { seen: digest(await view.seen.basis(secret.arn)), facts: formatListed(secret) })
  return secret
}

/** Returns the bytes of both documents by their paths; `undefined` if one cannot be read. */
async function filesAt({ tree }: View, place: SecretPlace): Promise<Map<string, Uint8Array> | undefined> {
  try {
    const secret = await tree.read(place.secret, CAPS.secret.bytes)
    const stages = secret && (await tree.read(place.stages, CAPS.stages.bytes))
    return (
      stages &&
      new Map([
        [place.secret, secret],
        [place.stages, stages]
      ])
    )
  } catch {
    // the view meets the same error, and reports it
    return undefined
  }
}
