import { decode, encode } from '../encoding.js'
import { armor, concat, unarmor } from '../crypto/identity.js'

/**
 * Sent by an admin to a new member, not through the repository. The new member checks that the vault has this
 * root and that its access log contains this entry, so that nobody can show them another vault or an older
 * log.
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

/** The invitation's text form (FORMAT.md, "Invitations"). */
export function formatInvitation({ root, entry, head }: Invitation): string {
  const number = new Uint8Array(4)
  new DataView(number.buffer).setUint32(0, entry)
  return armor(PREFIX, concat(bytesOf(root), number, bytesOf(head)))
}

/** `undefined` if the text is not an intact invitation. */
export function parseInvitation(text: string): Invitation | undefined {
  const bytes = unarmor(PREFIX, text.trim(), LENGTH)
  if (!bytes) return undefined
  const entry = new DataView(bytes.buffer, bytes.byteOffset + 32, 4).getUint32(0)
  return { root: encode(bytes.slice(0, 32)), entry, head: encode(bytes.slice(36)) }
}

function bytesOf(hash: string): Uint8Array {
  const bytes = decode(hash, 32)
  if (!bytes) throw new Error('not a hash of 32 bytes')
  return bytes
}
