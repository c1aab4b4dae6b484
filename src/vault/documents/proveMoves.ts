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
 * The stages as a member may sign them, with a proof of each move that counts: those that are there, and the member's own
 * in place of those that are missing or wrong, or whose mover may not move labels any more. Throws AccessDeniedException where the
 * member may not, either.
 * @param name of the secret, for people
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
    `${member.name} is not authorized to move ${label} of ${name}, and nobody who is has signed where it is`,
    { hint: 'any write by a member with the right manage on its key mends that' }
  )
}
