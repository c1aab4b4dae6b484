import { decode, encode } from '../encoding.js'
import { armor, concat, unarmor } from '../crypto/identity.js'

/**
 * What a newcomer is told of a vault by whoever admits them, over another way than the repository: its root, and an entry
 * of its access log that they must find there, so that nobody shows them an older one.
 */
export interface Invitation {
  /** The vault id. */
  readonly root: string
  /** Number of the entry. */
  readonly entry: number
  /** Hash of the entry. */
  readonly head: string
}

const PREFIX = 'gvinv1_'
const LENGTH = 32 + 4 + 32

/** FORMAT.md, "Invitations". */
export function formatInvitation({ root, entry, head }: Invitation): string {
  const number = new Uint8Array(4)
  new DataView(number.buffer).setUint32(0, entry)
  return armor(PREFIX, concat(bytesOf(root), number, bytesOf(head)))
}

/** `undefined` where it is mistyped. */
export function parseInvitation(text: string): Invitation | undefined {
  const bytes = unarmor(PREFIX, text.trim(), LENGTH)
  if (!bytes) return undefined
  const entry = new DataView(bytes.buffer, bytes.byteOffset + 32, 4).getUint32(0)
  return { root: encode(bytes.slice(0, 32)), entry, head: encode(bytes.slice(36)) }
}

function bytesOf(hash: string): Uint8Array {
  const bytes = decode(hash, 32)
  if (!bytes) throw new Error('An entry is named by its hash.')
  return bytes
}
