import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { foldLog } from '../../../src/core/access/accessLog.js'
import { utf8 } from '../../../src/core/format/canonical.js'
import {
  type AccessDocument,
  digestOf,
  type Documents,
  formatUnchecked,
  parseDocument,
  type SecretDocument,
  signDocument,
  type StagesDocument,
  type VersionDocument
} from '../../../src/core/format/documents.js'
import { proveMove } from '../../../src/core/access/moveProofs.js'
import { sealValue } from '../../../src/core/crypto/seal.js'
import { formatTime } from '../../../src/core/time.js'
import { systemRandom } from '../../../src/system/files/random.js'
import { extend, type Person } from '../../format/kit.js'
import { type TestVault, token } from '../fixture.js'

export const NAME = 'prod/db'
export const FOLDER = 'vault/secrets/prod/db'
export const SECRET = `${FOLDER}/secret.yaml`
export const STAGES = `${FOLDER}/stages.yaml`
export const LOG = 'vault/access.yaml'
export const KEY = 'vault/keys/prod/2.yaml'
export const version = (name: string, folder = FOLDER): string => `${folder}/versions/${token(name)}.yaml`

type Signed = 'key' | 'secret' | 'stages' | 'version'

export async function read<K extends keyof Documents>(
  vault: TestVault,
  kind: K,
  path: string
): Promise<Documents[K]> {
  const document = await parseDocument(kind, utf8(vault.read(path)), path)
  return structuredClone(document)
}

export function write<K extends keyof Documents>(
  vault: TestVault,
  kind: K,
  path: string,
  document: Documents[K]
): void {
  fs.mkdirSync(dirname(vault.path(path)), { recursive: true })
  vault.write(path, formatUnchecked(kind, document, path))
}

/** The newest entry of the log, or the one with that number, in the form of an envelope. */
export async function entry(vault: TestVault, number?: number): Promise<{ entry: string; hash: string }> {
  const { entries } = foldLog(await parseDocument('access', utf8(vault.read(LOG)), LOG), LOG)
  const at = number ?? entries.length
  return { entry: String(at), hash: entries[at - 1]! }
}

export interface Envelope {
  serial?: string
  by?: string
  access?: { entry: string; hash: string }
  time?: string
}

/** Changes a document and signs it as `who`, without any of the checks that git-vault makes. */
export async function forge<K extends Signed>(
  vault: TestVault,
  kind: K,
  path: string,
  who: Person,
  change: (document: Documents[K]) => unknown = () => undefined,
  { serial, by, access, time }: Envelope = {}
): Promise<Documents[K]> {
  const document = await read(vault, kind, path)
  await change(document)
  const { signed } = document
  signed.serial = serial ?? String(Number(signed.serial) + 1)
  signed.by = by ?? who.public.keyId
  signed.access = access ?? (await entry(vault))
  signed.change = { ...signed.change, time: time ?? formatTime(vault.clock.time) }
  const { signature: _, ...unsigned } = document
  const forged = signDocument(unsigned as never, vault.made.root, who.signSecret) as Documents[K]
  write(vault, kind, path, forged)
  return forged
}

export type Stages = StagesDocument

export const forgeStages = (
  vault: TestVault,
  who: Person,
  change: (stages: StagesDocument) => unknown,
  envelope?: Envelope
) => forge(vault, 'stages', STAGES, who, change, envelope)

export const forgeSecret = (
  vault: TestVault,
  who: Person,
  change?: (secret: SecretDocument) => unknown,
  envelope?: Envelope
) => forge(vault, 'secret', SECRET, who, change, envelope)

/** A move of a label onto a version, with a proof by `who`. */
export function prove(
  vault: TestVault,
  who: Person,
  stages: StagesDocument,
  label: string,
  name: string,
  moved = formatTime(vault.clock.time)
) {
  const context = { vaultId: vault.made.root, secret: stages.secret }
  return proveMove(label, { version: token(name), moved }, context, who) as StagesDocument['labels'][string]
}

/** The fields in which a forged version may differ from an honest one. */
export interface VersionFields {
  name?: string
  value?: string
  /** The alias and the number of the generation that it is sealed to. */
  key?: string
  generation?: number
  knew?: number
  origin?: VersionDocument['origin']
  commitment?: string
}

/** Writes a version file as `who`. Returns its entry for stages.yaml. */
export async function forgeVersion(
  vault: TestVault,
  who: Person,
  { name = 'planted', value = 'planted', key = 'prod', generation, knew, origin, commitment }: VersionFields
): Promise<StagesDocument['versions'][string]> {
  const access = foldLog(await parseDocument('access', utf8(vault.read(LOG)), LOG), LOG)
  const { recipient, publicKey } = access.keys.get(key)!.generations.at(generation ? generation - 1 : -1)!
  const created = formatTime(vault.clock.time)
  const header = {
    kind: 'git-vault/version',
    format: '1',
    secret: (await read(vault, 'secret', SECRET)).arn,
    version: token(name),
    created,
    type: 'string',
    key,
    recipient,
    origin: origin ?? { key, recipient, writer: who.public.keyId },
    ...(commitment === undefined ? {} : { commitment }),
    signed: {
      serial: '1',
      by: who.public.keyId,
      access: await entry(vault, knew),
      change: { operation: 'PutSecretValue', token: token(name), time: created }
    }
  } as const
  const sealed = sealValue({ type: 'string', text: value }, header, access.vaultId, publicKey, {
    dataKey: systemRandom.bytes(32),
    nonce: systemRandom.bytes(24),
    ephemeral: systemRandom.bytes(32)
  })
  const document = signDocument<VersionDocument>({ ...header, ...sealed }, access.vaultId, who.signSecret)
  write(vault, 'version', version(name), document)
  return { created, writer: who.public.keyId, key, digest: digestOf(document) }
}

/** Forges a put by `who`: a version with AWSCURRENT on it. */
export async function forgePut(
  vault: TestVault,
  who: Person,
  fields: VersionFields = {},
  envelope: Envelope = {}
): Promise<void> {
  const { name = 'planted' } = fields
  const listed = await forgeVersion(vault, who, fields)
  await forgeStages(
    vault,
    who,
    stages => {
      const { before: _, ...last } = stages.labels['AWSCURRENT']!
      stages.versions[token(name)] = listed
      const move = prove(vault, who, stages, 'AWSCURRENT', name)
      stages.labels['AWSCURRENT'] = { ...move, before: last }
      stages.labels['AWSPREVIOUS'] = { version: last.version, moved: move.moved }
    },
    envelope
  )
}

/** Adds an entry signed by `who` to the log. `over` can give it the name of another member. */
export async function forgeEntry(
  vault: TestVault,
  who: Person,
  changes: AccessDocument['entries'][number]['changes'],
  over: Partial<AccessDocument['entries'][number]> = {}
): Promise<void> {
  const log = await read(vault, 'access', LOG)
  const signed = extend(log.entries, who, changes, over)
  write(vault, 'access', LOG, { ...log, entries: [...log.entries, signed] })
}

export async function editLog(
  vault: TestVault,
  change: (entries: AccessDocument['entries']) => unknown
): Promise<void> {
  const log = await read(vault, 'access', LOG)
  change(log.entries)
  write(vault, 'access', LOG, log)
}
