import { asValue, signedBytes, verifyBytes } from '../format/documents.js'
import { decode, encode } from '../encoding.js'
import { armor, concat, unarmor } from '../crypto/identity.js'
import { signWithShare, type Share } from '../crypto/share.js'

/** How a member's identity was split. */
export interface Recovery {
  /** Key id of the member. */
  readonly member: string
  /** How many shares give the identity. */
  readonly threshold: number
  /** In the order of their numbers, from 1. */
  readonly shares: readonly { readonly holder: string; readonly publicKey: Uint8Array }[]
  /** Number of the log's entry. */
  readonly since: number
  readonly drills: readonly { readonly entry: number; readonly shares: readonly number[] }[]
}

const KIND = 'git-vault/drill'

/** What a holder signs to show that they have their share: FORMAT.md, "Recovery". */
export function drillBytes(vaultId: string, member: string, head: string): Uint8Array {
  return signedBytes(KIND, vaultId, asValue({ member, head }))
}

/** A holder's signature as a string to be sent: the share's number, the entry that was signed, and the signature. */
export interface DrillAnswer {
  readonly share: number
  /** Hash of the entry. */
  readonly head: string
  readonly signature: string
}

const PREFIX = 'gvdrill1_'

export function answerDrill(share: Share, vaultId: string, member: string, head: string): string {
  const signature = signWithShare(share, drillBytes(vaultId, member, head))
  return armor(PREFIX, concat(Uint8Array.of(share.number), decode(head, 32) ?? new Uint8Array(32), signature))
}

/** `undefined` where it is mistyped. */
export function parseDrillAnswer(text: string): DrillAnswer | undefined {
  const bytes = unarmor(PREFIX, text.trim(), 1 + 32 + 64)
  if (!bytes) return undefined
  return { share: bytes[0]!, head: encode(bytes.slice(1, 33)), signature: encode(bytes.slice(33)) }
}

/**
 * Whether an answer to an entry of the log can count: one that was there before the drill, and not before the last. Answers
 * that are in the log already everybody could give.
 */
export function canBeDrilled(head: string, { drills, since }: Recovery, entries: readonly string[]): boolean {
  return entries.indexOf(head) >= (drills.at(-1)?.entry ?? since) - 1
}

/** Whether a share's holder has signed an entry of the log. */
export function isAnswered(
  { share, head, signature }: DrillAnswer,
  { member, shares }: Recovery,
  vaultId: string
): boolean {
  const known = shares[share - 1]
  return known !== undefined && verifyBytes(signature, drillBytes(vaultId, member, head), known.publicKey)
}
