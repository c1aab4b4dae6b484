import { VaultError } from '../../core/errors.js'
import { choose, patienceFor } from '../../core/rotation/claim.js'
import { AWSCURRENT } from '../../core/versions/stages.js'
import { functionName } from '../../core/service/functionName.js'
import { isLocked } from '../../system/files/lock.js'
import { rotationLockIn } from '../../system/git/rotationLock.js'
import { systemToken } from '../../system/files/random.js'
import { beginRotation } from '../../operations/beginRotation.js'
import { nextOf, type RotationPlan } from '../../operations/rotationPlan.js'
import type { RotationRun, Rotator } from '../../vault/rotator.js'
import type { Vault } from '../../vault/vault.js'
import { isOwnClaim, ownClaim } from './claims.js'
import { attemptNumber, rememberFailure } from './failures.js'
import { registeredFunction } from './functions.js'

/** How one attempt to rotate a secret by its schedule ended. */
export type Attempted =
  | {
      readonly outcome: 'rotated'
      readonly version: string
      readonly wasLeft: boolean
      readonly isReplaced?: true
    }
  | { readonly outcome: 'failed'; readonly error: VaultError; readonly version?: string }
  /** Nothing was run, and nothing is wrong. */
  | { readonly outcome: 'left'; readonly why: keyof typeof WHY }

/** For people. */
export const WHY = {
  claimed: 'another clone is rotating it',
  running: 'another process of this clone is rotating it',
  closed: 'no window is open in which it is to be rotated',
  off: 'its rotation was turned off'
} as const

export interface AttemptOptions {
  readonly rotator: Rotator
  /** Whether each write is pushed before it is acknowledged, so that other clones see a claim first. */
  readonly isShared: boolean
}

/**
 * Rotates a secret if it is to be rotated now, or continues a rotation that is not complete. Failures of all kinds are
 * remembered. Throws only what is not a `VaultError`.
 * @param plan of the secret, which may be out of date: the newest state decides
 */
export async function attempt(
  vault: Vault,
  plan: RotationPlan,
  { rotator, isShared }: AttemptOptions
): Promise<Attempted> {
  const { arn, functionArn } = plan
  const { memory } = vault.repository
  const { clock } = vault
  if (isLocked(rotationLockIn(vault.repository.root, arn))) return { outcome: 'left', why: 'running' }
  const next = nextOf(plan, clock.now())
  const since = next?.isOpen === true ? next.window.start : 0
  let isRunning = false
  let version: string | undefined
  try {
    const patience = patienceFor(await timeoutOf(vault, functionArn))
    // a claim of this attempt that lost a race is not one
    const own = await ownClaim(memory, arn)
    const begun = await beginRotation(vault, plan, systemToken(), newest => {
      const { claim, hasSchedule } = newest
      const isOwn = isOwnClaim(own, claim)
      const now = clock.now()
      return choose({ claim, isOwn, next: nextOf(newest, now), hasSchedule, isShared, patience, now })
    })
    if ('why' in begun) return { outcome: 'left', why: begun.why }
    version = begun.run.token
    isRunning = true
    const run = { ...begun.run, since, replacesExposed: true }
    if (!(await rotator.finish(run))) return { outcome: 'left', why: 'running' }
    const wasLeft = !begun.wasBegun
    const current = wasLeft ? await currentVersion(vault, run) : undefined
    if (current === undefined || current === version) return { outcome: 'rotated', version, wasLeft }
    return { outcome: 'rotated', version: current, wasLeft, isReplaced: true }
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    if (!isRunning) {
      const failure = {
        ...{ arn, token: plan.claim?.version ?? '', function: functionName(functionArn) ?? functionArn },
        ...{ time: new Date(clock.now()).toISOString(), reason: error.message },
        attempts: await attemptNumber(memory, arn, since)
      }
      await rememberFailure(memory, arn, failure).catch(() => undefined)
    }
    return { outcome: 'failed', error, ...(version === undefined ? {} : { version }) }
  }
}

async function currentVersion(vault: Vault, { arn, region }: RotationRun): Promise<string | undefined> {
  const { stages } = await (await vault.inRegion(region).read()).secret(arn)
  return stages.labels.get(AWSCURRENT)?.version
}

/** Milliseconds that a step of the function may take; 0 if it is not registered here. */
async function timeoutOf(vault: Vault, functionArn: string): Promise<number> {
  return registeredFunction((await vault.read()).access.vaultId, functionArn)?.timeout ?? 0
}
