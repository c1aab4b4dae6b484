import type { Access } from '../../core/access/access.js'
import { VaultError } from '../../core/errors.js'
import {
  digestOf,
  formatDocument,
  type Envelope,
  type SecretDocument,
  type SignedDocument,
  type StagesDocument,
  type VersionDocument
} from '../../core/format/documents.js'
import { hasNoValue, type Stages } from '../../core/versions/stages.js'
import { allSecrets } from '../allSecrets.js'
import { encryptVersion, type Writer } from '../documents/encryptVersion.js'
import { ownerOf } from '../documents/owner.js'
import { proveMoves } from '../documents/proveMoves.js'
import { refusalOf } from '../documents/refusal.js'
import { Signer } from '../documents/signer.js'
import { stagesFields } from '../documents/stagesDocument.js'
import type { Secret, View } from '../view.js'
import type { FileConflict } from './mergeFolderDocuments.js'
import { MERGE } from '../documents/merged.js'

export interface OwnSide {
  /** Our own side, under its own log. */
  readonly own: View
  /** The part that both logs have. */
  readonly forkedAt: Access
  /** The log under which the documents are signed anew. */
  readonly access: Access
  readonly writer: Writer
}

/**
 * Signs the documents anew that name an entry of our own log which the new log lacks (FORMAT.md, "Access-log forks"). They
 * are verified under our own log first. Their versions are encrypted again, because the ciphertext is bound to the entry.
 * What they say stays as it is. Returns their files, or the first conflict: a document of somebody else cannot be signed.
 * @param changed the paths that our side has changed since the merge base
 */
export async function signAnew(
  side: OwnSide,
  changed: readonly string[]
): Promise<ReadonlyMap<string, Uint8Array> | FileConflict> {
  const { own } = side
  const root = own.place.folder
  const within = new Set(changed)
  const folders = new Set(changed.filter(path => path.endsWith('.yaml')).map(path => ownerOf(path, root)))
  const files = new Map<string, Uint8Array>()
  for await (const result of allSecrets(own, secretFiles(folders))) {
    if ('problem' in result) return { reason: 'refused', path: result.path, detail: result.problem.message }
    const conflict = await signSecret(side, result.secret, within, files)
    if (conflict) return conflict
  }
  return files
}

async function* secretFiles(folders: ReadonlySet<string>): AsyncIterable<string> {
  for (const folder of folders) yield `${folder}/secret.yaml`
}

async function signSecret(
  side: OwnSide,
  secret: Secret,
  within: ReadonlySet<string>,
  files: Map<string, Uint8Array>
): Promise<FileConflict | undefined> {
  const { own, access, writer } = side
  const { place, document, stagesDocument, name, arn, key } = secret
  const isAnew = (signed: SignedDocument): boolean => !isIn(access, signed)
  const foreign = (signed: SignedDocument, path: string): FileConflict | undefined =>
    signed.signed.by === writer.identity.public.keyId
      ? undefined
      : { reason: 'log forked', path, detail: mustSign(own.memberName(signed.signed.by), path) }
  const envelope = (signed: Envelope): Envelope => ({ ...signed, access: headOf(access) })
  const next = (signed: Envelope): Envelope => ({
    ...envelope(signed),
    serial: String(Number(signed.serial) + 1)
  })
  const signer = new Signer(writer, MERGE)

  let stages = secret.stages
  for (const [id, entry] of stages.versions) {
    const path = place.version(id)
    if (hasNoValue(entry) || !within.has(path)) continue
    const version = await readVersion(own, secret, id)
    if ('reason' in version) return version
    if (!isAnew(version.document)) continue
    const stop = foreign(version.document, path)
    if (stop) return stop
    const anew = await encryptAnew(side, secret, version.document, envelope(version.document.signed))
    if ('reason' in anew) return { ...anew, path }
    files.set(path, formatDocument('version', anew, path))
    stages = withVersion(stages, id, anew)
  }
  if (stages !== secret.stages || isAnew(stagesDocument)) {
    const stop = foreign(stagesDocument, place.stages)
    if (stop) return stop
    const context = { access, secret: arn, key: key.alias }
    const unsigned = {
      kind: 'git-vault/stages',
      format: '1',
      secret: arn,
      ...stagesFields(proveMoves(stages, name, context, writer)),
      signed: next(stagesDocument.signed)
    } as const
    const anew = signer.sign<StagesDocument>(unsigned, access)
    files.set(place.stages, formatDocument('stages', anew, place.stages))
  }
  if (isAnew(document)) {
    const stop = foreign(document, place.secret)
    if (stop) return stop
    const { signature, ...fields } = document
    const anew = signer.sign<SecretDocument>({ ...fields, signed: next(document.signed) }, access)
    files.set(place.secret, formatDocument('secret', anew, place.secret))
  }
  return undefined
}

async function readVersion(
  own: View,
  secret: Secret,
  id: string
): Promise<{ readonly document: VersionDocument } | FileConflict> {
  const path = secret.place.version(id)
  try {
    const document = await own.version(secret, id)
    if (document) return { document }
    return { reason: 'refused', path, detail: `${path}: missing` }
  } catch (error) {
    return { reason: 'refused', path, detail: refusalOf(error).message }
  }
}

async function encryptAnew(
  { own, forkedAt, access, writer }: OwnSide,
  secret: Secret,
  document: VersionDocument,
  signed: Envelope
): Promise<VersionDocument | Omit<FileConflict, 'path'>> {
  const { arn, name } = secret
  const { version: versionId, created, commitment } = document
  try {
    const value = await own.value(secret, document, writer.identity)
    const origin = originIn(access, forkedAt, document)
    return encryptVersion(
      { arn, name, versionId, created, value, origin, commitment },
      signed,
      access,
      writer
    )
  } catch (error) {
    if (!(error instanceof VaultError && error.code === 'DecryptionFailure')) throw error
    const detail = `${writer.member.name} cannot decrypt ${name}, so cannot encrypt its version ${versionId} again`
    return { reason: 'log forked', detail }
  }
}

/**
 * The origin of a version under the new log. A generation that the log lacks is replaced by the newest one that both sides
 * had: all who could open the former are listed as readers of that one, or may still decrypt.
 */
function originIn(
  access: Access,
  forkedAt: Access,
  { origin, key, recipient }: VersionDocument
): VersionDocument['origin'] {
  const known = (place: { key: string; recipient: string }) =>
    access.keys.get(place.key)?.generations.some(other => other.recipient === place.recipient)
      ? place
      : {
          key: place.key,
          recipient: forkedAt.keys.get(place.key)?.generations.at(-1)?.recipient ?? place.recipient
        }
  const first = known(origin)
  const also = [...(origin.also ?? []), { key, recipient }]
    .map(known)
    .filter((place, index, all) => all.findIndex(other => other.key === place.key) === index)
    .filter(place => place.key !== first.key)
  const [one, ...others] = also
  return { ...first, writer: origin.writer, ...(one ? { also: [one, ...others] } : {}) }
}

function withVersion(stages: Stages, id: string, document: VersionDocument): Stages {
  const entry = stages.versions.get(id)
  if (!entry) return stages
  const changed = { ...entry, key: document.key, digest: digestOf(document) }
  return { ...stages, versions: new Map(stages.versions).set(id, changed) }
}

const headOf = ({ entries }: Access): Envelope['access'] => ({
  entry: String(entries.length),
  hash: entries.at(-1) ?? ''
})

/** Whether the entry that a document names is in the log. */
const isIn = ({ entries }: Access, { signed }: SignedDocument): boolean =>
  entries[Number(signed.access.entry) - 1] === signed.access.hash

const mustSign = (member: string, path: string): string =>
  `${member} signed ${path} after your own entries, and only ${member} can sign it again: take theirs, make your entries ` +
  `again, then let ${member} write it again`
