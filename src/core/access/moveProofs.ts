import { mayWrite, type Access } from './access.js'
import { asValue, signedBytes, signOnce, verifyOnce } from '../format/documents.js'
import type { Identity } from '../crypto/identity.js'
import { AWSCURRENT, AWSPREVIOUS, moveOf, type Label, type Move, type Stages } from '../versions/stages.js'

/**
 * Who signs stages.yaml may hold `encrypt` alone, and then may add versions and not move a label back. A signature over
 * the whole cannot tell that from the rest, so each move of a label bears one of its own (FORMAT.md, "Moves"): it
 * counts if who moved it holds `manage`, or holds `encrypt` and wrote the version that it came to.
 */
const KIND = 'git-vault/label'

/** What a proof is about. */
export interface MoveContext {
  readonly access: Access
  /** The secret's ARN. */
  readonly secret: string
  /** The alias of its key. */
  readonly key: string
}

/** A move with the proof of whoever the identity is. */
export function proveMove(
  label: string,
  move: Move,
  { vaultId, secret }: { vaultId: string; secret: string },
  identity: Identity
): Move {
  const { version, moved } = move
  const proof = signOnce(proofBytes(label, move, vaultId, secret), identity.signSecret)
  return { version, moved, by: identity.public.keyId, proof }
}

/** Whether who made the move may, by what they hold now. The proof itself is not looked at. */
export function mayMove({ version, by }: Move, { versions }: Stages, { access, key }: MoveContext): boolean {
  const member = access.members.get(by ?? '')
  if (!member) return false
  const now = access.entries.length
  if (mayWrite(member, key, ['manage'], now)) return true
  return versions.get(version)?.writer === by && mayWrite(member, key, ['encrypt'], now)
}

/** Whether a move counts: its proof is right, and who made it may. */
export function isProvenMove(label: string, move: Move, stages: Stages, context: MoveContext): boolean {
  return mayMove(move, stages, context) && isProved(label, move, context)
}

/** The first label of which some move does not count; `undefined` where all do. */
export function unprovedLabel(stages: Stages, context: MoveContext): string | undefined {
  for (const [label, move] of movesOf(stages)) if (!isProvenMove(label, move, stages, context)) return label
  return undefined
}

/** The state with each move as `prove` gives it. */
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

/** The state without any proof, for a secret that takes it over under another ARN. */
export function withoutProofs(stages: Stages): Stages {
  return withProofs(stages, (_label, { version, moved }) => ({ version, moved }))
}

/** Every move that a state knows of; AWSPREVIOUS has none where it follows AWSCURRENT. */
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
    // each write of a secret carries on the proofs of the writes before it
    verifyOnce(move.proof ?? '', proofBytes(label, move, access.vaultId, secret), member.signKey)
  )
}

function proofBytes(label: string, { version, moved }: Move, vaultId: string, secret: string): Uint8Array {
  return signedBytes(KIND, vaultId, asValue({ secret, label, version, moved }))
}
