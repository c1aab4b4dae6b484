import { keyFor, type Waiver } from '../../core/access/access.js'
import { exposures } from '../../core/access/exposure.js'
import { labelledVersions, labelsOf } from '../../core/versions/stages.js'
import { formatTime } from '../../core/time.js'
import { secretFiles, allSecrets } from '../allSecrets.js'
import { readOrSkip, type Skipped } from './skipped.js'
import type { Progress } from './resign.js'
import type { Vault } from '../vault.js'
import type { Secret, View } from '../view.js'

/** A labelled version whose value somebody without the right could know, until it has a new one. */
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
  /** An admin's word that it may stay for a while. */
  readonly waiver?: { readonly by: string; readonly until: Date; readonly reason: string }
}

export interface Ledger {
  readonly exposed: readonly Exposed[]
  /** What does not count, and so says nothing. */
  readonly left: readonly Skipped[]
}

/** The exposure ledger: which values have to be replaced, as the work tree has them. Decrypts nothing. */
export async function exposure(vault: Vault, progress: Progress): Promise<Ledger> {
  const view = await vault.read()
  const exposed: Exposed[] = []
  const left: Skipped[] = []
  for await (const found of allSecrets(
    view,
    secretFiles(vault.repository.workTree, view.place.inRegion(undefined))
  )) {
    progress()
    if ('problem' in found) left.push({ path: found.path, why: found.problem.message })
    else exposed.push(...(await exposedVersions(view, found.secret, vault.clock.now(), left)))
  }
  exposed.sort((a, b) => (a.arn < b.arn ? -1 : 1))
  return { exposed, left }
}

/** @param left where a version that does not count goes: whoever can push could hide all others behind it */
async function exposedVersions(view: View, secret: Secret, now: number, left: Skipped[]): Promise<Exposed[]> {
  const { access } = view
  const { stages, name, arn } = secret
  const alias = keyFor(access, name)?.alias ?? secret.key.alias
  const found: Exposed[] = []
  for (const versionId of labelledVersions(stages.labels)) {
    const document = await readOrSkip(view.version(secret, versionId), secret.place.version(versionId), left)
    const to = document ? exposures(access, alias, document) : []
    if (to.length === 0) continue
    const waiver = access.waivers.findLast(
      one =>
        one.secret === arn &&
        one.version === versionId &&
        one.until > formatTime(now) &&
        to.every(({ since }) => since <= one.since)
    )
    found.push({
      secret: name,
      arn,
      versionId,
      labels: labelsOf(stages, versionId),
      to: to.map(({ member, how, since }) => ({
        member: view.memberName(member),
        how,
        since: new Date(access.times[since - 1] ?? 0)
      })),
      ...(waiver ? { waiver: told(waiver, view) } : {})
    })
  }
  return found
}

const told = ({ by, until, reason }: Waiver, view: View) => ({
  by: view.memberName(by),
  until: new Date(until),
  reason
})
