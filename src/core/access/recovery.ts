import { asValue, signedBytes, verifyBytes } from '../format/documents.js'
import { decode, encode } from '../encoding.js'
import { armor, concat, unarmor } from '../crypto/identity.js'
import { signWithShare, type Share } from '../crypto/share.js'

/** How a member's identity was split. */
export interface Recovery {
  /** Key id of the member. */
  readonly member: string
  /** How many shares restore the identity. */
  readonly threshold: number
  /** In order of their numbers, which start at 1. */
  readonly shares: readonly { readonly holder: string; readonly publicKey: Uint8Array }[]
  /** Number of the entry that recorded the split. */
  readonly since: number
  readonly drills: readonly { readonly entry: number; readonly shares: readonly number[] }[]
}

const KIND = 'git-vault/drill'

/** The bytes that a holder signs to show that they have their share (FORMAT.md, "Recovery"). */
export function drillBytes(vaultId: string, member: string, head: string): Uint8Array {
  return signedBytes(KIND, vaultId, asValue({ member, head }))
}

/** A holder's answer to a drill. */
export interface DrillAnswer {
  readonly share: number
  /** Hash of the signed entry. */
  readonly head: string
  readonly signature: string
}

const PREFIX = 'gvdrill1_'

/** The answer's text form, for the holder to send (FORMAT.md, "Recovery"). */
export function answerDrill(share: Share, vaultId: string, member: string, head: string): string {
  const signature = signWithShare(share, drillBytes(vaultId, member, head))
  return armor(PREFIX, concat(Uint8Array.of(share.number), decode(head, 32) ?? new Uint8Array(32), signature))
}

/** `undefined` if the text is not an intact answer. */
export function parseDrillAnswer(text: string): DrillAnswer | undefined {
  const bytes = unarmor(PREFIX, text.trim(), 1 + 32 + 64)
  if (!bytes) return undefined
  return { share: bytes[0]!, head: encode(bytes.slice(1, 33)), signature: encode(bytes.slice(33)) }
}

/**
 * Whether a drill may sign the entry with the hash `head`: it is in the log, and no older than the last drill
 * or the split. Anyone can copy older answers from the log.
 */
export function canBeDrilled(head: string, { drills, since }: Recovery, entries: readonly string[]): boolean {
  return entries.includes(head, (drills.at(-1)?.entry ?? since) - 1)
}

/** Whether the answer's signature verifies with the public key of its share. */
export function isAnswered(
  { share, head, signature }: DrillAnswer,
  { member, shares }: Recovery,
  vaultId: string
): boolean {
  const known = shares[share - 1]
  return known !== undefined && verifyBytes(signature, drillBytes(vaultId, member, head), known.publicKey)
}
