import { VaultError } from '../../core/errors.js'
import { masked } from '../../core/run/mask.js'
import { pendingVersion } from '../../core/rotation/rotationState.js'
import { AWSCURRENT } from '../../core/versions/stages.js'
import type { Backend } from '../../http/backend.js'
import { nameAndRegion } from '../../vault/documents/place.js'
import type { RotationRun } from '../../vault/rotator.js'
import type { Vault } from '../../vault/vault.js'
import type { Secret } from '../../vault/view.js'
import { openEndpoint } from './endpoint.js'
import { attemptNumber, rememberFailure, type RotationFailure } from './failures.js'
import { findFunction } from './functions.js'
import { invoke, STEPS, type Step } from './invoke.js'
import { labelledValues, plain } from './secretValues.js'

export interface RunOptions extends Pick<Backend, 'ready' | 'reading'> {
  /** Stops the run. */
  readonly signal: AbortSignal
  /** Called before each step. */
  readonly onStep: (run: RotationRun, step: Step) => void
}

/** Characters of a function's output that are shown and remembered. */
export const SHOWN_OUTPUT = 4_000

/**
 * Runs the steps of a rotation, each in a process of its own, against an endpoint of this run. Throws `RotationFailed` if one
 * fails: labels and values are then as that step left them, and the next run starts over. Every write of the function is
 * a commit of the vault's member, which names the step and the function.
 */
export async function runSteps(vault: Vault, run: RotationRun, options: RunOptions): Promise<void> {
  const { memory } = vault.repository
  const note = async (failure: RotationFailure | undefined): Promise<void> => {
    // a test says nothing about the last rotation, and a rotation that was cancelled need not be mended
    if (run.testsOnly) return
    const secret = failure && (await read(vault, run).catch(() => undefined))
    const isCancelled = secret !== undefined && !isGoingOn(secret, run)
    await rememberFailure(memory, run.arn, isCancelled ? undefined : failure).catch(() => undefined)
  }
  const failed = async (step: Step | undefined, reason: string, output: string): Promise<never> => {
    // a run that was stopped may be continued at once
    const attempts = options.signal.aborted ? 0 : await attemptNumber(memory, run.arn, run.since ?? 0)
    const failure: RotationFailure = {
      ...{ arn: run.arn, token: run.token, function: run.function },
      ...(step === undefined ? {} : { step }),
      ...{ time: new Date(vault.clock.now()).toISOString(), reason },
      ...(output === '' ? {} : { output }),
      ...(attempts === 1 ? {} : { attempts })
    }
    await note(failure)
    const secret = await read(vault, run).catch(() => undefined)
    throw rotationFailed(run, failure, secret ? nameAndRegion(run.name, secret.place) : run.name)
  }
  let step: Step | undefined
  const trailers = () => [
    ['Rotation-Function', run.function] as const,
    ...(step === undefined ? [] : [['Rotation-Step', step] as const])
  ]
  const limited = vault.limited({ mayAmend: false, trailers })
  const registered = await findFunction(vault, run.function)
  const endpoint = await openEndpoint(whileGoingOn(limited, run), run, registered, options)
  try {
    for (step of run.testsOnly ? (['testSecret'] as const) : STEPS) {
      if (!run.testsOnly && !isGoingOn(await read(vault, run), run))
        await failed(step, 'the rotation was cancelled', '')
      options.onStep(run, step)
      const event = { Step: step, SecretId: run.arn, ClientRequestToken: run.token }
      const { failure, output } = await invoke(registered, run.functionArn, event, endpoint, options.signal)
      if (failure === undefined) continue
      const values = await labelledValues(vault.inRegion(run.region), run.arn).catch(() => undefined)
      // if they cannot be read, nothing is shown rather than one of them
      const shown = values
        ? masked(output, new Set([...endpoint.values, ...[...values.values()].map(plain)]), SHOWN_OUTPUT)
        : ''
      await failed(step, failure, shown)
    }
    if (!run.testsOnly) {
      if (!(await dateRotation(limited, run)))
        await failed(step, 'the function did not move AWSCURRENT to the new version', '')
    }
    await note(undefined)
  } finally {
    await endpoint.stop()
  }
}

const read = async (vault: Vault, { arn, region }: RotationRun): Promise<Secret> =>
  (await vault.inRegion(region).read()).secret(arn)

/** The vault for the function: it writes nothing once the rotation is cancelled, by whatever process. */
function whileGoingOn(vault: Vault, run: RotationRun): Vault {
  return vault.limited({
    async beforeWriting(view) {
      if (!isGoingOn(await view.secret(run.arn), run))
        throw new VaultError('AccessDeniedException', `the rotation of ${run.name} was cancelled`)
    }
  })
}

/** Whether nobody has cancelled the rotation, or taken its label away. */
function isGoingOn({ document, stages }: Secret, { token }: RotationRun): boolean {
  const isPending = pendingVersion(stages) === token || stages.labels.get(AWSCURRENT)?.version === token
  return document.rotation?.enabled === 'yes' && isPending
}

/**
 * Makes sure that a completed rotation is dated: the commit that moved AWSCURRENT has done it, unless it moved it in another
 * way than rotation functions do. Returns false if AWSCURRENT is not on the new version.
 */
async function dateRotation(vault: Vault, { arn, region, token }: RotationRun): Promise<boolean> {
  return vault.inRegion(region).write('RotateSecret', async draft => {
    const secret = await draft.secret(arn)
    const current = secret.stages.labels.get(AWSCURRENT)
    if (current?.version !== token) return false
    if ((secret.document.rotated ?? '') >= current.moved) return true
    const stamp = draft.stamp(secret)
    draft.updateSecret(secret, { rotated: stamp }, token, stamp)
    draft.describe(secret.name, [
      ['Secret-Arn', arn],
      ['Version-Id', token]
    ])
    return true
  })
}

/** @param shown the secret's name, as the arguments of a command */
function rotationFailed(
  run: RotationRun,
  { step, reason, output }: RotationFailure,
  shown: string
): VaultError {
  const at = step === undefined ? '' : ` at ${step}`
  const what = `the ${run.testsOnly ? 'test of the rotation' : 'rotation'} of ${run.name} failed${at}`
  const wrote = output === undefined ? '' : `\n${output.replace(/^/gm, '  ')}`
  return new VaultError('RotationFailed', `${what}: function "${run.function}": ${reason}${wrote}`, {
    hint: run.testsOnly ? undefined : `git-vault rotation status ${shown}`
  })
}
