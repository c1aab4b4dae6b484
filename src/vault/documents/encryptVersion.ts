import { keyFor, type Access, type Member } from '../../core/access/access.js'
import { commitTo } from '../../core/crypto/commitment.js'
import type { Identity } from '../../core/crypto/identity.js'
import { sealValue, type SecretValue } from '../../core/crypto/seal.js'
import { VaultError } from '../../core/errors.js'
import { signDocument, type Envelope, type VersionDocument } from '../../core/format/documents.js'
import type { Random } from '../../core/ports.js'
import type { Time } from '../../core/time.js'

/** The member who signs a write. */
export interface Writer {
  readonly member: Member
  readonly identity: Identity
  readonly random: Random
}

/** A value to encrypt, and the fields of its document. */
export interface NewValue {
  readonly arn: string
  readonly name: string
  readonly versionId: string
  readonly created: Time
  readonly value: SecretValue
  /** Where the same value was first written, if this is a copy. */
  readonly origin?: VersionDocument['origin'] | undefined
  /** The version's own, if it is re-encrypted. */
  readonly commitment?: VersionDocument['commitment'] | undefined
}

/**
 * Encrypts a value to the newest generation of the name's key (FORMAT.md, "Values"). A writer who cannot decrypt adds a
 * commitment, to recognize the value if the same request comes again. Throws `EncryptionFailure` if the name has no key.
 */
export function encryptVersion(
  { arn, name, versionId, created, value, origin, commitment }: NewValue,
  signed: Envelope,
  access: Access,
  { member, identity, random }: Writer
): VersionDocument {
  const key = keyFor(access, name)
  const generation = key?.generations.at(-1)
  if (!key || !generation)
    throw new VaultError('EncryptionFailure', `no key of this vault covers the name "${name}"`)
  const { vaultId } = access
  const { recipient, publicKey } = generation
  const canDecrypt = member.rights.get(key.alias)?.has('decrypt') ?? false
  const context = { vault: vaultId, secret: arn, version: versionId }
  const proof = commitment ?? (canDecrypt ? undefined : commitTo(value, context, identity.commitSecret))
  const header = {
    kind: 'git-vault/version',
    format: '1',
    secret: arn,
    version: versionId,
    created,
    type: value.type,
    key: key.alias,
    recipient,
    origin: origin ?? { key: key.alias, recipient, writer: member.keyId },
    ...(proof === undefined ? {} : { commitment: proof }),
    signed
  } as const
  const sealed = sealValue(value, header, vaultId, publicKey, {
    dataKey: random.bytes(32),
    nonce: random.bytes(24),
    ephemeral: random.bytes(32)
  })
  const { signed: envelope, ...fields } = header
  return signDocument<VersionDocument>(
    { ...fields, ...sealed, signed: envelope },
    vaultId,
    identity.signSecret
  )
}
