import { mayWrite, type Access } from './access.js'
import { asValue, signedBytes, signCached, verifyCached } from '../format/documents.js'
import type { Identity } from '../crypto/identity.js'
import { AWSCURRENT, AWSPREVIOUS, moveOf, type Label, type Move, type Stages } from '../versions/stages.js'

/**
 * A member with only `encrypt` may sign stages.yaml, and may move a label only onto a version that they
 * wrote. One signature over the document cannot express that, so each label move has its own, its proof
 * (FORMAT.md, "Moves"). A move is accepted if its signer holds `manage`, or holds `encrypt` and wrote the
 * version that the label moved to.
 */
const KIND = 'git-vault/label'

/** The secret that moves are checked for, and the access log. */
export interface MoveContext {
  readonly access: Access
  /** The secret's ARN. */
  readonly secret: string
  /** Alias of the secret's key. */
  readonly key: string
}

/** The move, signed by `identity`. */
export function proveMove(
  label: string,
  move: Move,
  { vaultId, secret }: { vaultId: string; secret: string },
  identity: Identity
): Move {
  const { version, moved } = move
  const proof = signCached(proofBytes(label, move, vaultId, secret), identity.signSecret)
  return { version, moved, by: identity.public.keyId, proof }
}

/** Whether the move's signer may make it, by the rights they hold now. Does not check the proof. */
export function mayMove({ version, by }: Move, { versions }: Stages, { access, key }: MoveContext): boolean {
  const member = access.members.get(by ?? '')
  if (!member) return false
  const now = access.entries.length
  if (mayWrite(member, key, ['manage'], now)) return true
  return versions.get(version)?.writer === by && mayWrite(member, key, ['encrypt'], now)
}

/** Whether a move is accepted: its signer may make it, and the proof verifies. */
export function isProvenMove(label: string, move: Move, stages: Stages, context: MoveContext): boolean {
  return mayMove(move, stages, context) && isProved(label, move, context)
}

/** The first label with a move that is not accepted; `undefined` if all are. */
export function unprovedLabel(stages: Stages, context: MoveContext): string | undefined {
  for (const [label, move] of movesOf(stages)) if (!isProvenMove(label, move, stages, context)) return label
  return undefined
}

/** The state with each of its moves replaced by what `prove` returns for it. */
export function withProofs(stages: Stages, prove: (label: string, move: Move) => Move): Stages {
  const labels = new Map<string, Label>()
  for (const [label, move] of stages.labels) {
    const { before } = move
    if (follows(label, move, stages)) labels.set(label, moveOf(move))
    else
      labels.set(label, {
        ...prove(label, moveOf(move)),
        ...(before === undefined ? {} : { before: prove(label, before) })
      })
  }
  return { ...stages, labels }
}

/** The state without proofs, for another ARN that takes it over: proofs are valid for one ARN only. */
export function withoutProofs(stages: Stages): Stages {
  return withProofs(stages, (_label, { version, moved }) => ({ version, moved }))
}

/** Every move in a state. AWSPREVIOUS has no move of its own while it follows AWSCURRENT. */
export function* movesOf(stages: Stages): Iterable<[label: string, move: Move]> {
  for (const [label, move] of stages.labels) {
    if (follows(label, move, stages)) continue
    yield [label, move]
    if (move.before !== undefined) yield [label, move.before]
  }
}

function follows(label: string, { moved }: Move, { labels }: Stages): boolean {
  return label === AWSPREVIOUS && moved === labels.get(AWSCURRENT)?.moved
}

function isProved(label: string, move: Move, { access, secret }: MoveContext): boolean {
  const member = access.members.get(move.by ?? '')
  return (
    member !== undefined &&
    // Cached, because each write keeps the proofs of earlier writes.
    verifyCached(move.proof ?? '', proofBytes(label, move, access.vaultId, secret), member.signKey)
  )
}

function proofBytes(label: string, { version, moved }: Move, vaultId: string, secret: string): Uint8Array {
  return signedBytes(KIND, vaultId, asValue({ secret, label, version, moved }))
}
