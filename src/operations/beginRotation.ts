import { renewClaim, type Choice } from '../core/rotation/claim.js'
import { versionTrailers } from './newVersion.js'
import { listed } from '../vault/listedSecret.js'
import type { RotationRun } from '../vault/rotator.js'
import type { Vault } from '../vault/vault.js'
import { cannotInvoke } from './rotation.js'
import { rotationPlan, type RotationPlan } from './rotationPlan.js'
import { addPending, refuseUnreadable } from './rotateSecret.js'

/** The run that was begun or is to be continued, or why there is none. */
export type Begun =
  { readonly run: RotationRun; readonly wasBegun: boolean } | { readonly why: 'claimed' | 'closed' | 'off' }

/**
 * Claims a scheduled rotation, by AWSPENDING on an empty version, or by putting it there once more. Decides on the newest
 * state: if there is a remote that each write is pushed to first, then on what that has. Runs nothing.
 * @param plan of the secret, as it was read before
 * @param token names the new version, if there is to be one
 * @param choose called with the newest plan, and again if others have written meanwhile
 */
export async function beginRotation(
  vault: Vault,
  { arn, region }: Pick<RotationPlan, 'arn' | 'region'>,
  token: string,
  choose: (plan: RotationPlan) => Choice
): Promise<Begun> {
  return vault.inRegion(region).write<Begun>('RotateSecret', async draft => {
    const secret = await draft.secret(arn)
    const plan = rotationPlan(listed(secret), secret.place.region)
    if (!plan) return { why: 'off' }
    const choice = choose(plan)
    if (choice.action === 'leave') return { why: choice.why }
    const { functionArn, name } = plan
    draft.authorize(name, ['manage'])
    const registered = await vault.rotator?.find(functionArn)
    if (registered === undefined) throw cannotInvoke(functionArn)
    refuseUnreadable(draft, name)
    const version = choice.action === 'begin' ? token : choice.version
    const run = { arn, name, region, token: version, function: registered, functionArn, testsOnly: false }
    if (choice.action === 'begin' || choice.renews) {
      const stamp = draft.stamp(secret)
      const stages = renewClaim(secret.stages, stamp)
      const trailers =
        choice.action === 'begin'
          ? addPending(draft, secret, version, stamp)
          : versionTrailers(stages, version, draft.updateStages(secret, stages, version, stamp))
      await vault.rotator?.claim(arn, version, stamp)
      draft.describe(name, [
        ['Client-Request-Token', version],
        ['Secret-Arn', arn],
        ...trailers,
        ['Rotation-Function', registered]
      ])
    }
    return { run, wasBegun: choice.action === 'begin' }
  })
}
