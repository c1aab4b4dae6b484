import { mayWrite, type Right } from '../../core/access/access.js'
import { VaultError } from '../../core/errors.js'
import { formatDocument, type SecretDocument, type StagesDocument } from '../../core/format/documents.js'
import type { Stages } from '../../core/versions/stages.js'
import type { Time } from '../../core/time.js'
import { RESOLVE } from '../documents/merged.js'
import { nameAndRegion } from '../documents/place.js'
import { proveMoves } from '../documents/proveMoves.js'
import { stampAfter } from '../documents/secretTimes.js'
import { Signer } from '../documents/signer.js'
import { stagesFields } from '../documents/stagesDocument.js'
import type { Secret } from '../view.js'
import type { ResolveContext } from './types.js'

/** Throws AccessDeniedException unless the member has one of the rights on the secret's key. */
export function authorize(
  { name, place, key }: Secret,
  rights: readonly Right[],
  context: ResolveContext
): void {
  const { member } = context.writer
  if (mayWrite(member, key.alias, rights, context.access.entries.length)) return
  throw new VaultError('AccessDeniedException', `${member.name} may not write to ${name}`, {
    hint: `ask a member with ${rights.join(' or ')} on key ${key.alias} to run: git-vault resolve ${nameAndRegion(name, place)}`
  })
}

/** Returns the file of a newer stages.yaml. Throws AccessDeniedException without the right to it. */
export function signedStages(
  secret: Secret,
  stages: Stages,
  serial: number,
  context: ResolveContext
): { readonly document: StagesDocument; readonly bytes: Uint8Array } {
  const { access, writer } = context
  authorize(secret, ['encrypt', 'manage'], context)
  const { arn, name, key, place } = secret
  const signer = new Signer(writer, RESOLVE)
  const proved = proveMoves(stages, name, { access, secret: arn, key: key.alias }, writer)
  const unsigned = {
    kind: 'git-vault/stages',
    format: '1',
    secret: arn,
    ...stagesFields(proved),
    signed: signer.envelope(access, String(serial), undefined, stampOf({ ...secret, stages }, context))
  } as const
  const document = signer.sign<StagesDocument>(unsigned, access)
  return { document, bytes: formatDocument('stages', document, place.stages) }
}

/** Returns the file of a newer secret.yaml with the same content. Throws AccessDeniedException without the right to it. */
export function signedSecret(
  secret: Secret,
  serial: number,
  context: ResolveContext
): { readonly document: SecretDocument; readonly bytes: Uint8Array } {
  const { access, writer } = context
  authorize(secret, ['manage'], context)
  const signer = new Signer(writer, RESOLVE)
  const { signature: _, ...fields } = secret.document
  const signed = signer.envelope(access, String(serial), undefined, stampOf(secret, context))
  const document = signer.sign<SecretDocument>({ ...fields, signed }, access)
  return { document, bytes: formatDocument('secret', document, secret.place.secret) }
}

/** The time of a change to the secret. Throws `RepositoryState` if a date in it is far ahead of the clock. */
export function stampOf(secret: Secret, { now }: ResolveContext): Time {
  return stampAfter(secret, now)
}
