import type { Access, Member } from '../../core/access/access.js'
import type { Identity } from '../../core/crypto/identity.js'
import {
  signDocument,
  type Envelope,
  type SignedDocument,
  type Unsigned
} from '../../core/format/documents.js'
import type { Time } from '../../core/time.js'

/** Signs documents in a member's name, for one operation. */
export class Signer {
  readonly member: Member
  readonly identity: Identity
  readonly #operation: string

  constructor(
    { member, identity }: { readonly member: Member; readonly identity: Identity },
    operation: string
  ) {
    this.member = member
    this.identity = identity
    this.#operation = operation
  }

  /**
   * Returns the envelope of the next document.
   * @param access the newest access log
   * @param replacedSerial of the document that it replaces, or the greater of two that are merged
   */
  envelope(
    { entries }: Access,
    replacedSerial: string | undefined,
    token: string | undefined,
    time: Time
  ): Envelope {
    return {
      serial: String(Number(replacedSerial ?? 0) + 1),
      by: this.member.keyId,
      access: { entry: String(entries.length), hash: entries.at(-1) ?? '' },
      change: { operation: this.#operation, ...(token === undefined ? {} : { token }), time }
    }
  }

  sign<D extends SignedDocument>(document: Unsigned<D>, { vaultId }: Access): D {
    return signDocument(document, vaultId, this.identity.signSecret)
  }
}
