import { VaultError } from '../../core/errors.js'
import { functionName } from '../../core/service/functionName.js'
import { nextOf, type RotationPlan } from '../../operations/rotationPlan.js'
import { stopRequest } from '../../system/agent/stopping.js'
import { shownName } from '../../vault/documents/place.js'
import type { Vault } from '../../vault/vault.js'
import { attempt, type Attempted } from './attempt.js'
import { duePlans, type DueSecret } from './dueSecrets.js'

export { WHY } from './attempt.js'

export interface DueOutcome {
  readonly secret: DueSecret
  readonly attempted: Attempted
}

/**
 * Rotates what is due, one after the other, each in its window only, and continues what is incomplete. A failure does not
 * stop the others. Throws `RotationInterrupted` if Ctrl-C or another signal came before the last one.
 * @param isShared whether each write is pushed before it is acknowledged
 */
export async function* rotateDue(vault: Vault, isShared: boolean): AsyncGenerator<DueOutcome> {
  const { rotator } = vault
  if (!rotator) throw new VaultError('RepositoryState', 'this is no repository, so no function can run here')
  const stopping = stopRequest()
  let isStopped = false
  void stopping.received.then(() => (isStopped = true))
  try {
    for (const { plan, due } of await duePlans(vault, 0)) {
      const isIncomplete = plan.claim !== undefined
      if (!isIncomplete && nextOf(plan, vault.clock.now())?.isOpen !== true) continue
      if (isStopped) throw stopped()
      const attempted = due.IsRegistered
        ? await attempt(vault, plan, { rotator, isShared })
        : ({ outcome: 'failed', error: notRegistered(plan) } as const)
      yield { secret: due, attempted }
      // each of the others would wait for the remote in vain
      if (attempted.outcome === 'failed' && attempted.error.code === 'RemoteFailed') return
    }
  } finally {
    stopping.dispose()
  }
}

const stopped = (): VaultError =>
  new VaultError('RotationInterrupted', 'this was stopped before every secret that is due was rotated', {
    hint: 'git-vault due lists the others'
  })

function notRegistered({ name, elsewhere, functionArn }: RotationPlan): VaultError {
  const what = functionName(functionArn) ?? functionArn
  return new VaultError(
    'RotationFailed',
    `${shownName(name, elsewhere)} is not rotated here: its function "${what}" is not registered on this computer`,
    { hint: `git-vault function add ${what}` }
  )
}
