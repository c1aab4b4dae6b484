import { functionName } from '../../core/service/functionName.js'
import type { RotationRules } from '../../core/rotation/rules.js'
import { standingOf, type RotationStanding } from '../../core/rotation/standing.js'
import { isLocked } from '../../system/files/lock.js'
import { rotationLockIn } from '../../system/git/rotationLock.js'
import { nextOf, type RotationPlan } from '../../operations/rotationPlan.js'
import type { Vault } from '../../vault/vault.js'
import { readFailures, type RotationFailure } from './failures.js'
import { readFunctions } from './functions.js'
import { readPlans } from './plans.js'

/** A secret whose rotation needs attention. */
export interface DueSecret {
  readonly Name: string
  readonly ARN: string
  /** The region, if it is not the home region. */
  readonly Region?: string
  readonly State: RotationStanding
  readonly RotationLambdaARN: string
  /** Whether this user has registered the function on this computer, for this vault. */
  readonly IsRegistered: boolean
  readonly RotationRules?: RotationRules
  /** The first window that has not ended. */
  readonly WindowStart?: Date
  readonly WindowEnd?: Date
  readonly LastRotatedDate?: Date
  readonly NextRotationDate?: Date
  /** The version of a rotation that is not complete. */
  readonly PendingVersionId?: string
  /** Whether a process of this clone is rotating the secret now. */
  readonly IsRunning?: true
  readonly LastFailure?: RotationFailure
}

/**
 * The secrets of all regions whose rotation needs attention, sorted by name. Decrypts nothing and needs no identity.
 * @param within also those whose window opens within so many milliseconds
 */
export async function dueSecrets(vault: Vault, within: number): Promise<DueSecret[]> {
  return (await duePlans(vault, within)).map(({ due }) => due)
}

/**
 * The same, each with its plan.
 * @param plans those of all secrets, if they are known
 */
export async function duePlans(
  vault: Vault,
  within: number,
  plans?: readonly RotationPlan[]
): Promise<{ readonly plan: RotationPlan; readonly due: DueSecret }[]> {
  const { access } = await vault.read()
  const registered = new Set(readFunctions(access.vaultId).map(({ name }) => name))
  const now = vault.clock.now()
  const { memory, root } = vault.repository
  const failures = await readFailures(memory)
  // an exported tree has no locks, and rotates nothing
  const isRunning = (arn: string): boolean =>
    vault.rotator !== undefined && isLocked(rotationLockIn(root, arn))
  const found: { plan: RotationPlan; due: DueSecret }[] = []
  for (const plan of plans ?? (await readPlans(vault))) {
    const failure = failures.get(plan.arn)
    const failed = failure && Date.parse(failure.time)
    const next = nextOf(plan, now)
    const { state, claim } = plan
    const standing = standingOf({ state, next, claim, failed, until: now + within })
    if (standing === undefined) continue
    const due = {
      ...{ Name: plan.name, ARN: plan.arn },
      ...(plan.elsewhere === undefined ? {} : { Region: plan.elsewhere }),
      ...{ State: standing, RotationLambdaARN: plan.functionArn },
      IsRegistered: registered.has(functionName(plan.functionArn) ?? ''),
      ...(Object.keys(plan.rules).length === 0 ? {} : { RotationRules: plan.rules }),
      ...(next && { WindowStart: new Date(next.window.start), WindowEnd: new Date(next.window.end) }),
      ...(state.lastRotated === undefined ? {} : { LastRotatedDate: new Date(state.lastRotated) }),
      ...(next && { NextRotationDate: new Date(next.date) }),
      ...(claim && { PendingVersionId: claim.version }),
      ...(isRunning(plan.arn) ? ({ IsRunning: true } as const) : {}),
      ...(failure && standing === 'failed' ? { LastFailure: failure } : {})
    }
    found.push({ plan, due })
  }
  const order = ({ due }: { due: DueSecret }): string => `${due.Name}\0${due.Region ?? ''}`
  return found.sort((a, b) => (order(a) < order(b) ? -1 : 1))
}
