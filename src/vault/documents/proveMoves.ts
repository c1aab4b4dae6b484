import { mayWrite, type Member } from '../../core/access/access.js'
import { VaultError } from '../../core/errors.js'
import type { Identity } from '../../core/crypto/identity.js'
import {
  isProvenMove,
  proveMove,
  unprovedLabel,
  withProofs,
  type MoveContext
} from '../../core/access/moveProofs.js'
import type { Stages } from '../../core/versions/stages.js'

/**
 * Returns the stages with a valid proof of each move, so that the member may sign them. Keeps valid proofs. Puts the
 * member's own in place of a proof that is missing or wrong, or whose mover can no longer move labels. Throws
 * AccessDeniedException if the member may not move such a label either.
 * @param name of the secret, for the error
 */
export function proveMoves(
  stages: Stages,
  name: string,
  context: MoveContext,
  { member, identity }: { readonly member: Member; readonly identity: Identity }
): Stages {
  const place = { vaultId: context.access.vaultId, secret: context.secret }
  const proved = withProofs(stages, (label, move) =>
    isProvenMove(label, move, stages, context) ? move : proveMove(label, move, place, identity)
  )
  const label = mayWrite(member, context.key, ['manage'], context.access.entries.length)
    ? undefined
    : unprovedLabel(proved, context)
  if (label === undefined) return proved
  throw new VaultError(
    'AccessDeniedException',
    `${member.name} is not authorized to move ${label} of ${name}, and its last move has no valid proof`,
    { hint: 'ask a member with manage on its key to write to this secret' }
  )
}
