import { VaultError } from '../../core/errors.js'
import { digestOf, formatDocument } from '../../core/format/documents.js'
import { addVersion, moveLabel } from '../../core/versions/labels.js'
import { AWSCURRENT, type Stages } from '../../core/versions/stages.js'
import { creationTime } from '../../core/versions/versions.js'
import { carriedOrigin } from '../../core/access/origin.js'
import { CAPS } from '../../core/format/documents.js'
import { encryptVersion } from '../documents/encryptVersion.js'
import { RESOLVE } from '../documents/merged.js'
import { Signer } from '../documents/signer.js'
import type { Secret } from '../view.js'
import type { OpenedSecret } from './openCandidate.js'
import { Overlay } from '../documents/overlay.js'
import { signedStages, stampOf } from './signing.js'
import type { Answer, ResolveContext, ShownSide } from './types.js'

/** Describes a version of a side, for a question. */
export function shownSide(
  { label, view, secret }: OpenedSecret,
  versionId: string,
  context: ResolveContext
): ShownSide {
  const { writer = '', created = '' } = secret.stages.versions.get(versionId) ?? {}
  return {
    ...{ from: label, versionId, created },
    writer: view.memberName(writer),
    value: async () => {
      const document = await view.version(secret, versionId)
      if (!document) throw new VaultError('ResourceNotFoundException', 'this version has no value')
      return view.value(secret, document, context.writer.identity)
    }
  }
}

/** The version that AWSCURRENT is on. */
export const currentOf = ({ stages }: Pick<Secret, 'stages'>): string =>
  stages.labels.get(AWSCURRENT)?.version ?? ''

/**
 * Returns both sides with one value of a version that has two: the answer's. The side that gives way is signed anew, only
 * to be merged.
 */
export async function withOneValue(
  [ours, theirs]: readonly [OpenedSecret, OpenedSecret],
  versionId: string,
  answer: Answer,
  context: ResolveContext
): Promise<[Overlay, Overlay]> {
  const trees: [Overlay, Overlay] = [new Overlay(ours.tree), new Overlay(theirs.tree)]
  const [kept, other, changed] = answer === 'ours' ? [ours, theirs, trees[1]] : [theirs, ours, trees[0]]
  const { place, stages, stagesDocument } = other.secret
  const entry = kept.secret.stages.versions.get(versionId)
  const path = place.version(versionId)
  const bytes = await kept.tree.read(path, CAPS.version.bytes)
  if (!entry || !bytes) throw new VaultError('DocumentRefused', `${path}: missing from ${kept.label}`)
  const versions = new Map(stages.versions).set(versionId, entry)
  const signed = signedStages(
    other.secret,
    { ...stages, versions },
    Number(stagesDocument.signed.serial),
    context
  )
  changed.apply(
    new Map([
      [place.stages, signed.bytes],
      [path, bytes]
    ])
  )
  return trees
}

/**
 * Adds the current value of another secret of the same name, as a version with the same id. AWSCURRENT is on the answer's
 * value then, and AWSPREVIOUS on the other. Throws `DecryptionFailure` if the identity cannot decrypt it.
 */
export async function withOtherValue(
  kept: OpenedSecret,
  other: OpenedSecret,
  isOtherCurrent: boolean,
  context: ResolveContext
): Promise<{ readonly stages: Stages; readonly files: ReadonlyMap<string, Uint8Array> }> {
  const { secret } = kept
  const versionId = currentOf(other.secret)
  const document = await other.view.version(other.secret, versionId)
  if (!document || secret.stages.versions.has(versionId)) return { stages: secret.stages, files: new Map() }
  const value = await other.view.value(other.secret, document, context.writer.identity)
  const { name, arn, place } = secret
  const created = creationTime(secret.stages, context.now)
  const signer = new Signer(context.writer, RESOLVE)
  const signed = signer.envelope(context.access, undefined, versionId, created)
  const origin = carriedOrigin(document)
  const added = encryptVersion(
    { arn, name, versionId, created, value, origin },
    signed,
    context.access,
    context.writer
  )
  const entry = { created, writer: context.writer.member.keyId, key: added.key, digest: digestOf(added) }
  const stamp = stampOf(secret, context)
  const stages = addVersion(secret.stages, { versionId, entry, stamp })
  const path = place.version(versionId)
  const files = new Map([[path, formatDocument('version', added, path)]])
  if (isOtherCurrent) return { stages, files }
  return { stages: movedBack({ ...secret, stages }, currentOf(secret), context), files }
}

/** Moves AWSCURRENT back to a version. Throws `ResourceNotFoundException` if it is not listed any more. */
export function movedBack(secret: Secret, versionId: string, context: ResolveContext): Stages {
  const present = currentOf(secret)
  if (present === versionId) return secret.stages
  return moveLabel(secret.stages, {
    label: AWSCURRENT,
    removeFrom: present,
    moveTo: versionId,
    stamp: stampOf(secret, context)
  })
}
