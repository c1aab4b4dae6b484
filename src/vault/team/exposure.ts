import { keyFor, type Waiver } from '../../core/access/access.js'
import { exposures, waiversOf } from '../../core/access/exposure.js'
import type { VersionDocument } from '../../core/format/documents.js'
import { labelledVersions, labelsOf } from '../../core/versions/stages.js'
import { formatTime } from '../../core/time.js'
import { secretFiles, allSecrets } from '../allSecrets.js'
import { skippedOf } from '../documents/skipped.js'
import { readOrSkip, type Skipped } from './skipped.js'
import type { Vault } from '../vault.js'
import type { Secret, View } from '../view.js'

/** A labelled version whose value may be known to somebody without the right to it. A new value clears it. */
export interface Exposed {
  readonly secret: string
  readonly arn: string
  readonly versionId: string
  readonly labels: readonly string[]
  readonly to: readonly {
    /** The member's name. */
    readonly member: string
    readonly how: 'read' | 'wrote'
    readonly since: Date
  }[]
  /** An admin's decision that the value may stay until a date. */
  readonly waiver?: { readonly by: string; readonly until: Date; readonly reason: string }
}

export interface Ledger {
  readonly exposed: readonly Exposed[]
  /** Documents that failed verification. Their exposure is unknown. */
  readonly skipped: readonly Skipped[]
}

/**
 * Returns the exposure ledger of the work tree: the values that must be replaced. Decrypts nothing.
 * @param visit called with each secret that passed verification
 * @param only the folders of the secrets to look at; left out, all
 */
export async function exposure(
  vault: Vault,
  visit: (secret: Secret) => void,
  only?: Iterable<string>
): Promise<Ledger> {
  const view = await vault.read()
  const exposed: Exposed[] = []
  const skipped: Skipped[] = []
  const paths = only
    ? documentsIn(only)
    : secretFiles(vault.repository.workTree, view.place.inRegion(undefined))
  for await (const result of allSecrets(view, paths)) {
    if ('problem' in result) {
      skipped.push(skippedOf(result))
      continue
    }
    visit(result.secret)
    for (const one of await exposedVersions(view, result.secret, vault.clock.now(), skipped))
      exposed.push(one)
  }
  exposed.sort((a, b) => (a.arn < b.arn ? -1 : 1))
  return { exposed, skipped }
}

/** A folder without its secret.yaml is named as well, and one that was removed is no secret. */
async function* documentsIn(folders: Iterable<string>): AsyncIterable<string> {
  for (const folder of folders) yield `${folder}/secret.yaml`
}

/** @param skipped collects refused versions: if one were an error, anybody who can push could hide all others */
async function exposedVersions(
  view: View,
  secret: Secret,
  now: number,
  skipped: Skipped[]
): Promise<Exposed[]> {
  const found: Exposed[] = []
  for (const versionId of labelledVersions(secret.stages.labels)) {
    const document = await readOrSkip(
      view.version(secret, versionId),
      secret.place.version(versionId),
      skipped
    )
    const one = document && exposedVersion(view, secret, document, versionId, now)
    if (one) found.push(one)
  }
  return found
}

function exposedVersion(
  view: View,
  secret: Secret,
  document: VersionDocument,
  versionId: string,
  now: number
): Exposed | undefined {
  const { access } = view
  const { stages, name, arn } = secret
  const to = exposures(access, keyFor(access, name)?.alias ?? secret.key.alias, document)
  if (to.length === 0) return undefined
  const waiver = waiversOf(access, arn, versionId).findLast(
    one => one.until > formatTime(now) && to.every(({ since }) => since <= one.since)
  )
  return {
    secret: name,
    arn,
    versionId,
    labels: labelsOf(stages, versionId),
    to: to.map(({ member, how, since }) => ({
      member: view.memberName(member),
      how,
      since: new Date(access.times[since - 1] ?? 0)
    })),
    ...(waiver ? { waiver: shownWaiver(waiver, view) } : {})
  }
}

/**
 * Returns the names of the members who may know a version's value without the right to it; none if it has no value, or if a
 * waiver covers it.
 * @param now milliseconds since the Unix epoch
 */
export async function exposedTo(
  view: View,
  secret: Secret,
  versionId: string,
  now: number
): Promise<string[]> {
  const document = await view.version(secret, versionId)
  const one = document && exposedVersion(view, secret, document, versionId, now)
  return one && !one.waiver ? one.to.map(({ member }) => member) : []
}

const shownWaiver = ({ by, until, reason }: Waiver, view: View) => ({
  by: view.memberName(by),
  until: new Date(until),
  reason
})
