import { canonicalBytes } from '../../src/core/format/canonical.js'
import { commitTo } from '../../src/core/crypto/commitment.js'
import {
  CAPS,
  digestOf,
  signDocument,
  type Envelope,
  type KeyDocument,
  type SecretDocument,
  type SignedDocument,
  type StagesDocument,
  type VersionDocument
} from '../../src/core/format/documents.js'
import { encode } from '../../src/core/encoding.js'
import { proveMove } from '../../src/core/access/moveProofs.js'
import { formatArn } from '../../src/core/service/name.js'
import { pad, sealTo, sealValue, type SealHeader, type SecretValue } from '../../src/core/crypto/seal.js'
import type { SeenSecret } from '../../src/core/versions/seen.js'
import { hash, sodium } from '../../src/core/sodium.js'
import { seenState } from '../../src/vault/memory/seenState.js'
import { hashEntry } from '../../src/core/access/accessLog.js'
import { teamLog } from './accessVectors.js'
import { draw, hex, logOf, place, resign, textOf, time, type Person } from './kit.js'

const V1 = '11d0ab3c-0a51-4b8e-9d35-5c1f0a7be2d4'
const V2 = '7c9e6679-7425-40de-944b-e07fc1f90ae7'
/** In upper case, so that the name of its file has a hash. */
const V3 = 'A9E1C5D2-3B74-4F6A-8C0D-9E8F7A6B5C4D'

type Files = Record<string, string | null>

/** How a case changes a state: FORMAT.md, "Vectors". */
export interface Alteration {
  edit?: { file: string; from: string; to: string }
  put?: Files
  fill?: { file: string; bytes: number }
  /** What the clone remembers of the secret, if anything. */
  seen?: SeenSecret
}

export interface VaultRefusal extends Alteration {
  name: string
  state: 'one' | 'team'
  secret: string
  identity: string
  error: { code: string; file: string | null; reason: string }
  /** By file, the dotted fields that differ from the mended variant, besides signatures. */
  differs: Record<string, string[]>
  mend: Alteration
}

interface Described {
  secret: SecretDocument
  stages: StagesDocument
  versions: Record<string, VersionDocument>
}

export function vaultVectors() {
  const { people, pairs, log, vaultId } = teamLog()
  const { alice, bob, carol, dave, erin, frank, mallory } = people
  const hashes = log.map(hashEntry)
  const recipient = (publicKey: Uint8Array) => encode(hash(publicKey).subarray(0, 16))

  const envelope = (who: Person, entry: number, operation: string, token?: string, at = 0): Envelope => ({
    serial: '1',
    by: who.public.keyId,
    access: { entry: String(entry), hash: hashes[entry - 1] ?? '' },
    change: { operation, ...(token === undefined ? {} : { token }), time: time(at) }
  })

  /** Sets a document's signer and the newest entry they knew. */
  const by = <D extends SignedDocument>(document: D, who: Person, entry: number): D => ({
    ...document,
    signed: {
      ...document.signed,
      by: who.public.keyId,
      access: { entry: String(entry), hash: hashes[entry - 1] ?? '' }
    }
  })

  const keyDocument = (
    who: Person,
    entry: number,
    alias: string,
    generation: string,
    of: { public: Uint8Array; secret: Uint8Array },
    holders: Person[]
  ) =>
    signDocument<KeyDocument>(
      {
        kind: 'git-vault/key',
        format: '1',
        key: alias,
        generation,
        public: encode(of.public),
        sealed: Object.fromEntries(
          holders.map(holder => [
            holder.public.keyId,
            encode(sealTo(holder.public.boxKey, of.secret, draw(`ephemeral ${alias} ${holder.name}`)))
          ])
        ),
        signed: envelope(who, entry, 'CreateKey')
      },
      vaultId,
      who.signSecret
    )

  const version = (
    arn: string,
    versionId: string,
    value: SecretValue,
    key: 'default' | 'prod',
    who: Person,
    entry: number,
    at: number,
    tricks: {
      associated?: Partial<SealHeader>
      vaultId?: string
      padded?: Uint8Array
      to?: Uint8Array
      from?: Partial<SealHeader>
    } = {}
  ): VersionDocument => {
    const header: SealHeader = {
      kind: 'git-vault/version',
      format: '1',
      secret: arn,
      version: versionId,
      created: time(at),
      type: value.type,
      key,
      recipient: recipient(pairs[key].public),
      origin: { key, recipient: recipient(pairs[key].public), writer: who.public.keyId },
      signed: envelope(who, entry, 'PutSecretValue', versionId, at),
      ...tricks.from
    }
    const random = {
      dataKey: draw(`data key ${versionId}`),
      nonce: draw(`nonce ${versionId}`, 24),
      ephemeral: draw(`ephemeral ${versionId}`)
    }
    const bound = { ...header, ...tricks.associated }
    const sealed = sealValue(value, bound, tricks.vaultId ?? vaultId, tricks.to ?? pairs[key].public, random)
    if (tricks.padded) {
      const associated = canonicalBytes({
        kind: header.kind,
        format: header.format,
        vault: vaultId,
        secret: arn,
        version: versionId,
        created: header.created,
        type: header.type,
        key,
        recipient: header.recipient,
        origin: { ...header.origin },
        writer: header.signed.by,
        access: { ...header.signed.access }
      })
      sealed.ciphertext = encode(
        sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
          tricks.padded,
          associated,
          null,
          random.nonce,
          random.dataKey
        )
      )
    }
    const { signed, ...fields } = header
    return signDocument<VersionDocument>({ ...fields, ...sealed, signed }, vaultId, who.signSecret)
  }

  const listed = (document: VersionDocument) => ({
    created: document.created,
    writer: document.signed.by,
    key: document.key,
    digest: digestOf(document)
  })

  /** A label as the version's writer moved it onto the version when adding it, with a proof. */
  const moved = (label: string, { version: id, created, signed }: VersionDocument, secret: string) => {
    const who = Object.values(people).find(({ public: { keyId } }) => keyId === signed.by)
    if (!who) throw new Error('a version by an unknown writer')
    return proveMove(label, { version: id, moved: created }, { vaultId, secret }, who)
  }

  /** A secret with the given versions, oldest first. AWSCURRENT is on the last. */
  const secretOf = (
    name: string,
    suffix: string,
    key: 'default' | 'prod',
    versions: VersionDocument[],
    signers: [Person, number, Person, number]
  ): Described => {
    const arn = formatArn({ region: 'local', account: '000000000000', name, suffix })
    const [maker, knew, putter, putterKnew] = signers
    const [last, before] = [versions.at(-1), versions.at(-2)]
    if (!last) throw new Error('a secret without versions')
    return {
      versions: Object.fromEntries(versions.map(document => [document.version, document])),
      secret: signDocument<SecretDocument>(
        {
          kind: 'git-vault/secret',
          format: '1',
          name,
          arn,
          created: time(0),
          token: versions[0]?.version ?? '',
          key: { value: key, changed: time(0) },
          description: { value: 'Zugang "db"\n\tzweite Zeile: é 😀', changed: time(0) },
          tags: {
            team: { value: 'core', changed: time(0) },
            ['__proto__']: { value: '1', changed: time(0) }
          },
          signed: envelope(maker, knew, 'CreateSecret', versions[0]?.version)
        },
        vaultId,
        maker.signSecret
      ),
      stages: signDocument<StagesDocument>(
        {
          kind: 'git-vault/stages',
          format: '1',
          secret: arn,
          labels: {
            AWSCURRENT: {
              ...moved('AWSCURRENT', last, arn),
              ...(before ? { before: moved('AWSCURRENT', before, arn) } : {})
            },
            ...(before ? { AWSPREVIOUS: { version: before.version, moved: last.created } } : {})
          },
          removed: { blue: time(500) },
          versions: Object.fromEntries(versions.map(document => [document.version, listed(document)])),
          signed: {
            ...envelope(putter, putterKnew, 'PutSecretValue', last.version, 2000),
            serial: String(versions.length)
          }
        },
        vaultId,
        putter.signSecret
      )
    }
  }

  const filesOf = ({ secret, stages, versions }: Described): Record<string, string> => {
    const at = place.secret(secret.name)
    return {
      [at.secret]: textOf('secret', secret, at.secret),
      [at.stages]: textOf('stages', stages, at.stages),
      ...Object.fromEntries(
        Object.values(versions).map(document => {
          const path = at.version(document.version)
          return [path, textOf('version', document, path)]
        })
      )
    }
  }

  const text = (value: string): SecretValue => ({ type: 'string', text: value })
  const arn = (name: string, suffix: string) =>
    formatArn({ region: 'local', account: '000000000000', name, suffix })
  const [dbArn, apiArn, webArn] = [
    arn('prod/db', 'AbC123'),
    arn('prod/api', 'DeF456'),
    arn('Web/versions', 'GhI789')
  ]
  const first = version(dbArn, V1, text('correct'), 'prod', alice, 2, 1000)
  const current = version(dbArn, V2, text('correct horse'), 'prod', bob, 2, 2000)
  const db = secretOf('prod/db', 'AbC123', 'prod', [first, current], [dave, 2, bob, 2])
  const api = secretOf(
    'prod/api',
    'DeF456',
    'prod',
    [version(apiArn, V1, text('battery'), 'prod', alice, 2, 1000)],
    [alice, 2, alice, 2]
  )
  const web = secretOf(
    'Web/versions',
    'GhI789',
    'default',
    [
      version(
        webArn,
        V3,
        { type: 'binary', bytes: Uint8Array.of(0, 0x80, 0, 0xff) },
        'default',
        alice,
        1,
        1000
      )
    ],
    [alice, 1, alice, 1]
  )
  const [defaultPath, prodPath] = [place.key('default', '1'), place.key('prod', '1')]
  const defaultKey = keyDocument(alice, 1, 'default', '1', pairs.default, [alice])
  const prodKey = keyDocument(alice, 2, 'prod', '1', pairs.prod, [alice, carol])
  const rc = textOf('vaultrc', { vault: 'vault' }, '.vaultrc')
  const accessText = (...entries: (typeof log)[number][]) => textOf('access', logOf(entries), place.access)
  const states = {
    one: {
      '.vaultrc': rc,
      [place.access]: accessText(log[0]),
      [defaultPath]: textOf('key', defaultKey, defaultPath),
      ...filesOf(web)
    },
    team: {
      '.vaultrc': rc,
      [place.access]: accessText(...log),
      [defaultPath]: textOf('key', defaultKey, defaultPath),
      [prodPath]: textOf('key', prodKey, prodPath),
      ...filesOf(web),
      ...filesOf(db),
      ...filesOf(api)
    }
  } satisfies Record<string, Record<string, string>>

  const at = place.secret('prod/db')
  const versionPath = at.version(V2)
  const refused: VaultRefusal[] = []
  const refuse = (
    name: string,
    file: string | null,
    reason: string,
    alteration: Alteration,
    more: Partial<Pick<VaultRefusal, 'mend' | 'differs' | 'secret' | 'identity' | 'state'>> & {
      code?: string
    } = {}
  ) => {
    const { code = 'DocumentRefused', ...rest } = more
    refused.push({
      name,
      state: 'team',
      secret: 'prod/db',
      identity: 'carol',
      ...alteration,
      error: { code, file, reason },
      differs: {},
      mend: {},
      ...rest
    })
  }
  const put = (path: string, kind: 'secret' | 'stages' | 'version' | 'key', document: SignedDocument) => ({
    [path]: textOf(kind, document as never, path)
  })
  const opaque = (text: string, from: string) => {
    const start = text.indexOf(from) + from.length
    const letter = text[start]
    return {
      from: text.slice(start - from.length, start + 8),
      to: `${from}${letter === 'A' ? 'B' : 'A'}${text.slice(start + 1, start + 8)}`
    }
  }
  const flip = (path: string, field: string) => ({
    edit: { file: path, ...opaque(states.team[path as keyof typeof states.team] ?? '', `${field}: `) }
  })

  // The defects that every signed document can have.
  const general = <D extends SecretDocument | StagesDocument>(
    kind: 'secret' | 'stages',
    document: D,
    path: string,
    right: Person
  ) => {
    const signed = (changed: D, who: Person, options: { vaultId?: string; kind?: string } = {}) => ({
      put: put(path, kind, resign(changed, options.vaultId ?? vaultId, who, options.kind))
    })
    const changed = (over: object) => ({ ...document, ...over })
    const envelopeOf = (over: Partial<Envelope>) => changed({ signed: { ...document.signed, ...over } })
    const one = (
      name: string,
      reason: string,
      alteration: Alteration,
      differs: string[],
      mend: Alteration = {}
    ) => refuse(`${kind}: ${name}`, path, reason, alteration, { differs: { [path]: differs }, mend })
    const no = 'the signature does not verify'

    one('a byte of the signature', no, flip(path, '\nsignature'), [])
    one('a byte of a field', no, { edit: { file: path, from: 'operation: ', to: 'operation: X' } }, [
      'signed.change.operation'
    ])
    one(
      'a byte of the time',
      no,
      { edit: { file: path, from: `    time: ${document.signed.change.time}`, to: `    time: ${time(7)}` } },
      ['signed.change.time']
    )
    one(
      'signed for another vault',
      no,
      signed(document, right, { vaultId: encode(hash(draw('another vault'))) }),
      []
    )
    one('signed as another kind', no, signed(document, right, { kind: 'git-vault/key' }), [])
    one('by an outsider', 'its signer is not in the access log', signed(by(document, mallory, 2), mallory), [
      'signed.by'
    ])
    one("by an outsider, in a member's name", no, signed(document, mallory), [])
    one(
      'by a member who may only decrypt',
      'signed by carol, who may not sign it',
      signed(by(document, carol, 2), carol),
      ['signed.by']
    )
    one(
      'by a member without any right, as yet',
      'signed by erin, who may not sign it',
      signed(by(document, erin, 2), erin),
      ['signed.by']
    )
    one(
      'by an admin whom an entry newer than `access` admits',
      'signed by frank, who may not sign it',
      signed(by(document, frank, 2), frank),
      ['signed.access.entry', 'signed.access.hash'],
      signed(by(document, frank, 3), frank)
    )
    one(
      'an access entry that does not exist',
      'it names an entry that is not in the access log',
      signed(envelopeOf({ access: { ...document.signed.access, entry: '4' } }), right),
      ['signed.access.entry']
    )
    one(
      'an access entry with the hash of another',
      'it names an entry that is not in the access log',
      signed(envelopeOf({ access: { entry: '2', hash: hashes[2] ?? '' } }), right),
      ['signed.access.hash']
    )
    one(
      'another kind of document',
      `not a ${kind} document: kind: must be equal to constant`,
      signed(changed({ kind: kind === 'secret' ? 'git-vault/stages' : 'git-vault/secret' }), right),
      ['kind']
    )
    one(
      'another version of the format',
      `not a ${kind} document: format: must be equal to constant`,
      signed(changed({ format: '2' }), right),
      ['format']
    )
    one(
      'a field that the format does not know',
      `not a ${kind} document: unknown field "note"`,
      signed(changed({ note: 'x' }), right),
      ['note']
    )
    one('serial 0', 'signed/serial', signed(envelopeOf({ serial: '0' }), right), ['signed.serial'])
    one('a serial with a leading zero', 'signed/serial', signed(envelopeOf({ serial: '02' }), right), [
      'signed.serial'
    ])
    one(
      'a serial of sixteen digits',
      'signed/serial',
      signed(envelopeOf({ serial: '1000000000000000' }), right),
      ['signed.serial']
    )
    one(
      'a year that has no end',
      'signed/change/time',
      signed(envelopeOf({ change: { ...document.signed.change, time: '9000-01-01T00:00:00.000Z' } }), right),
      ['signed.change.time']
    )
    one(
      'a time without milliseconds',
      'signed/change/time',
      signed(envelopeOf({ change: { ...document.signed.change, time: '2025-11-23T18:50:00Z' } }), right),
      ['signed.change.time']
    )
    one(
      'a date that does not exist',
      'time',
      signed(envelopeOf({ change: { ...document.signed.change, time: '2025-02-30T00:00:00.000Z' } }), right),
      ['signed.change.time']
    )
    const text = states.team[path as keyof typeof states.team] ?? ''
    one(
      'truncated',
      "must have required property 'signed'",
      { put: { [path]: text.slice(0, text.indexOf('\nsigned:') + 1) } },
      ['signed', 'signature']
    )
    one('cut within a line', 'signature: must match pattern', { put: { [path]: text.slice(0, -40) } }, [])
    one('empty', 'empty', { put: { [path]: '' } }, ['*'])
    one('missing', 'missing', { put: { [path]: null } }, ['*'])
    one(
      'a field twice',
      'the key "format" occurs twice',
      { edit: { file: path, from: '\nformat: "1"\n', to: '\nformat: "1"\n"format": "1"\n' } },
      []
    )
    one(
      'an anchor',
      'anchors are not allowed',
      { edit: { file: path, from: '\nformat: "1"', to: '\nformat: &x "1"' } },
      []
    )
    one(
      'a tag',
      'tags are not allowed',
      { edit: { file: path, from: '\nformat: "1"', to: '\nformat: !!str "1"' } },
      []
    )
    one(
      'a document marker',
      'a document marker is not allowed',
      { edit: { file: path, from: '\nkind:', to: '\n---\nkind:' } },
      []
    )
    one(
      'a second document',
      'not allowed',
      { edit: { file: path, from: '\nsignature: ', to: '\n---\nsignature: ' } },
      ['*']
    )
    one(
      'a byte over the limit',
      `over the limit of ${CAPS[kind].bytes}`,
      { fill: { file: path, bytes: CAPS[kind].bytes + 1 } },
      [],
      { fill: { file: path, bytes: CAPS[kind].bytes } }
    )
    one(
      'too deep',
      `nested more than ${CAPS[kind].depth} deep`,
      { edit: { file: path, from: '\nformat: "1"', to: '\nformat: [[[["1"]]]]' } },
      ['*']
    )
    return { one, signed, changed, envelopeOf }
  }

  // stages.yaml
  const stages = general('stages', db.stages, at.stages, bob)
  const proved = (label: string, id: string, who: Person, secret = dbArn, ms = 1) =>
    proveMove(label, { version: id, moved: time(ms) }, { vaultId, secret }, who)
  const labelled = (labels: StagesDocument['labels']) =>
    stages.changed({ labels: { ...db.stages.labels, ...labels } })
  stages.one(
    'by a grant newer than `access`',
    'signed by erin, who may not sign it',
    stages.signed(by(db.stages, erin, 2), erin),
    ['signed.access.entry', 'signed.access.hash'],
    stages.signed(by(db.stages, erin, 3), erin)
  )
  stages.one(
    "another secret's ARN",
    `it belongs to ${apiArn}`,
    stages.signed(stages.changed({ secret: apiArn }), bob),
    ['secret']
  )
  stages.one(
    'an ARN that differs in its suffix',
    'it belongs to',
    stages.signed(stages.changed({ secret: `${dbArn.slice(0, -1)}4` }), bob),
    ['secret']
  )
  stages.one(
    "another secret's whole file",
    `it belongs to ${apiArn}`,
    { put: put(at.stages, 'stages', api.stages) },
    ['*']
  )
  stages.one(
    'a label on a version that is not listed',
    'green is on a version that is not listed',
    stages.signed(
      stages.changed({
        labels: { ...db.stages.labels, green: proved('green', V3, dave) }
      }),
      bob
    ),
    ['labels.green.proof', 'labels.green.version'],
    stages.signed(
      stages.changed({
        labels: { ...db.stages.labels, green: proved('green', V1, dave) }
      }),
      bob
    )
  )
  const green = (move: object) => stages.signed(labelled({ green: move as never }), bob)
  const mayNot = 'signed by bob, who may not move green there, and the move has no valid proof'
  stages.one(
    "a label moved onto another's version by who may only add versions",
    mayNot,
    green(proved('green', V1, bob)),
    ['labels.green.by', 'labels.green.proof'],
    green(proved('green', V1, dave))
  )
  stages.one(
    'a label without a proof',
    mayNot,
    green({ version: V2, moved: time(1) }),
    ['labels.green.by', 'labels.green.proof'],
    green(proved('green', V2, bob))
  )
  stages.one(
    'a move by a member without a right, proved',
    mayNot,
    green(proved('green', V2, carol)),
    ['labels.green.by', 'labels.green.proof'],
    green(proved('green', V2, bob))
  )
  for (const [what, proof] of [
    ['another label', proved('blue', V2, bob)],
    ['another version', proved('green', V1, bob)],
    ['another time', proved('green', V2, bob, dbArn, 2)],
    ['another secret', proved('green', V2, bob, apiArn)],
    ['somebody else', proved('green', V2, dave)]
  ] as const)
    stages.one(
      `a label with the proof of ${what}`,
      mayNot,
      green({ ...proved('green', V2, bob), proof: proof.proof }),
      ['labels.green.proof'],
      green(proved('green', V2, bob))
    )
  const { AWSCURRENT } = db.stages.labels
  if (!AWSCURRENT?.before) throw new Error('db has two versions')
  const current2 = (before: object) =>
    stages.signed(labelled({ AWSCURRENT: { ...AWSCURRENT, before: before as never } }), bob)
  stages.one(
    'AWSCURRENT with another past that nobody proved',
    'who may not move AWSCURRENT there, and the move has no valid proof',
    current2({ ...AWSCURRENT.before, moved: time(999) }),
    ['labels.AWSCURRENT.before.proof'],
    current2(proved('AWSCURRENT', V1, alice, dbArn, 999))
  )
  stages.one(
    'a removal on a date that does not exist',
    'does not exist',
    stages.signed(stages.changed({ removed: { blue: '2025-02-30T00:00:00.000Z' } }), bob),
    ['removed.blue']
  )
  stages.one(
    'a version of a date that does not exist',
    'does not exist',
    stages.signed(
      stages.changed({
        versions: {
          ...db.stages.versions,
          [V1]: { ...db.stages.versions[V1], created: '2025-04-31T00:00:00.000Z' }
        }
      }),
      bob
    ),
    [`versions.${V1}.created`]
  )
  stages.one(
    'half a surrogate pair in a label',
    'Unicode',
    { edit: { file: at.stages, from: '  blue:', to: '  "\\ud83d":' } },
    ['removed.blue', 'removed.\ud83d']
  )
  // an empty version, as RotateSecret makes it
  const withEmpty = (entry: object, labels: object) =>
    stages.signed(
      stages.changed({
        labels: { ...db.stages.labels, ...labels },
        versions: {
          ...db.stages.versions,
          [V3]: { created: time(1500), writer: bob.public.keyId, key: 'prod', ...entry }
        }
      }),
      bob
    )
  const pending = { AWSPENDING: proved('AWSPENDING', V3, bob) }
  const { before: _, ...movedToV2 } = AWSCURRENT
  stages.one(
    'AWSCURRENT on an empty version',
    'AWSCURRENT is on a version without a value',
    withEmpty(
      {},
      { ...pending, AWSCURRENT: { ...proved('AWSCURRENT', V3, bob, dbArn, 3000), before: movedToV2 } }
    ),
    ['version', 'moved', 'proof', 'before.version', 'before.moved', 'before.by', 'before.proof'].map(
      field => `labels.AWSCURRENT.${field}`
    ),
    withEmpty({}, pending)
  )
  stages.one(
    'an empty version that was re-encrypted',
    'must have property digest when property resealed is present',
    withEmpty({ resealed: time(1600) }, pending),
    [`versions.${V3}.resealed`],
    withEmpty({}, pending)
  )
  stages.one(
    'an empty version with an empty digest',
    'must match pattern',
    withEmpty({ digest: '' }, pending),
    [`versions.${V3}.digest`],
    withEmpty({}, pending)
  )
  const relisted = (entry: object) =>
    stages.changed({
      versions: { ...db.stages.versions, [V2]: { ...db.stages.versions[V2], ...entry } }
    })

  // secret.yaml
  const secret = general('secret', db.secret, at.secret, dave)
  const changedSecret = (over: object) => secret.signed(secret.changed(over), dave)
  secret.one(
    'by a member who may only encrypt',
    'signed by bob, who may not sign it',
    secret.signed(by(db.secret, bob, 2), bob),
    ['signed.by']
  )
  secret.one(
    "another's name",
    'its ARN does not match its name, region and account',
    changedSecret({ name: 'prod/dc' }),
    ['name']
  )
  secret.one(
    'a name that differs in case',
    'its ARN does not match its name, region and account',
    changedSecret({ name: 'prod/DB' }),
    ['name']
  )
  secret.one(
    "another name's ARN",
    'its ARN does not match its name, region and account',
    changedSecret({ arn: apiArn }),
    ['arn']
  )
  secret.one(
    "another region's ARN",
    'its ARN does not match its name, region and account',
    changedSecret({ arn: dbArn.replace(':local:', ':remote:') }),
    ['arn']
  )
  secret.one(
    "another account's ARN",
    'its ARN does not match its name, region and account',
    changedSecret({ arn: dbArn.replace(':000000000000:', ':000000000001:') }),
    ['arn']
  )
  secret.one(
    'a register of a date that does not exist',
    'does not exist',
    changedSecret({ description: { value: 'x', changed: '2025-02-30T00:00:00.000Z' } }),
    ['description.changed'],
    changedSecret({ description: { value: 'x', changed: time(0) } })
  )
  secret.one(
    'another key',
    'it is under key "default", but the key of "prod/db" is "prod"',
    changedSecret({ key: { ...db.secret.key, value: 'default' } }),
    ['key.value']
  )
  secret.one(
    'a key that the log does not have',
    'it is under key "test", but the key of "prod/db" is "prod"',
    changedSecret({ key: { ...db.secret.key, value: 'test' } }),
    ['key.value']
  )
  secret.one(
    "at another secret's path, with its stages.yaml",
    'it belongs to the secret prod/api',
    { put: { ...put(at.secret, 'secret', api.secret), ...put(at.stages, 'stages', api.stages) } },
    ['*']
  )
  const lastSecret = refused.at(-1)
  if (lastSecret) lastSecret.differs = { [at.secret]: ['*'], [at.stages]: ['*'] }

  // against what the clone remembers
  const otherArn = `${dbArn.slice(0, -6)}ZzYyXx`
  const seen = seenState({ document: db.secret, stagesDocument: db.stages })
  const digest = encode(hash(draw('another digest')))
  const remembered = (
    name: string,
    reason: string,
    over: Partial<SeenSecret>,
    mend: Partial<SeenSecret> = {},
    file = at.secret
  ) =>
    refuse(
      `seen: ${name}`,
      file,
      reason,
      { seen: { ...seen, ...over } },
      { mend: { seen: { ...seen, ...mend } } }
    )
  const older = 'an older state of prod/db than this clone has seen on this branch'
  const fork = 'a state of prod/db that contradicts one this clone has seen on this branch'
  remembered(
    'a lower serial of stages.yaml',
    older,
    { stages: { serial: '3', digest } },
    { stages: { serial: '1', digest } },
    at.stages
  )
  remembered('a lower serial of secret.yaml', older, { secret: { serial: '2', digest } })
  remembered(
    'a serial of more digits',
    older,
    { stages: { serial: '10', digest } },
    { stages: { serial: '1', digest } },
    at.stages
  )
  remembered(
    'an equal serial of stages.yaml, another digest',
    fork,
    { stages: { ...seen.stages, digest } },
    {},
    at.stages
  )
  const moves = (labels: Record<string, string>, forgotten?: string) => ({
    stages: { serial: '1', digest },
    moves: { labels, ...(forgotten === undefined ? {} : { forgotten }) }
  })
  const back = (label: string) =>
    `${label} of prod/db has an older move than this clone has seen on this branch`
  remembered(
    'a label that was moved later',
    back('AWSCURRENT'),
    moves({ AWSCURRENT: time(2001) }),
    moves({ AWSCURRENT: time(2000) }),
    at.stages
  )
  remembered(
    'a label that was taken away later',
    back('blue'),
    moves({ blue: time(501) }),
    moves({ blue: time(500) }),
    at.stages
  )
  remembered('a label that is not there', back('green'), moves({ green: time(1) }), moves({}), at.stages)
  remembered(
    'a policy that was set later',
    'the policy of prod/db is older than this clone has seen on this branch',
    { stages: { serial: '1', digest }, policy: time(1) },
    { stages: { serial: '1', digest } }
  )
  remembered('an equal serial of secret.yaml, another digest', fork, { secret: { ...seen.secret, digest } })
  remembered(
    'one newer, one forked',
    fork,
    { stages: { serial: '1', digest }, secret: { ...seen.secret, digest } },
    { stages: { serial: '1', digest } }
  )
  remembered(
    'one newer, one older',
    older,
    { stages: { serial: '1', digest }, secret: { serial: '2', digest } },
    { stages: { serial: '1', digest } }
  )
  remembered(
    'another ARN of a secret made later',
    older,
    { arn: otherArn, created: time(1) },
    { arn: otherArn, created: time(-1) }
  )
  remembered(
    'another ARN of a secret made at that very time',
    older,
    { arn: otherArn },
    { arn: otherArn, created: time(-1) }
  )

  // version documents that stages.yaml does not list as they are
  const versionCase = (
    name: string,
    reason: string,
    alteration: Alteration,
    differs: string[],
    more: Parameters<typeof refuse>[4] = {}
  ) =>
    refuse(`version: ${name}`, versionPath, reason, alteration, {
      differs: { [versionPath]: differs },
      ...more
    })
  const notListed = 'its digest is not the one that stages.yaml lists'
  for (const field of ['\nsignature', '\nciphertext', '\nnonce', '\ndataKey'])
    versionCase(
      `a byte of ${field.trim()}`,
      notListed,
      flip(versionPath, field),
      field === '\nsignature' ? [] : [field.trim()]
    )
  versionCase(
    'a date changed',
    notListed,
    { edit: { file: versionPath, from: `\ncreated: ${current.created}`, to: `\ncreated: ${time(2001)}` } },
    ['created']
  )
  versionCase(
    'signed anew by its writer',
    notListed,
    { put: put(versionPath, 'version', resign({ ...current, created: time(2001) }, vaultId, bob)) },
    ['created']
  )
  versionCase("the other version's file", notListed, { put: put(versionPath, 'version', first) }, ['*'])
  versionCase(
    "another secret's file",
    notListed,
    { put: put(versionPath, 'version', api.versions[V1] as VersionDocument) },
    ['*']
  )
  versionCase('missing', 'missing, though stages.yaml lists it', { put: { [versionPath]: null } }, ['*'])
  versionCase(
    'truncated',
    'must have required property',
    { put: { [versionPath]: states.team[versionPath]?.slice(0, 900) ?? '' } },
    ['*']
  )
  versionCase(
    'a byte over the limit',
    'over the limit of 262144',
    { fill: { file: versionPath, bytes: 262145 } },
    [],
    { mend: { fill: { file: versionPath, bytes: 262144 } } }
  )

  // version documents that stages.yaml lists as they are
  const withVersion = (document: VersionDocument, entry: object = {}) => ({
    put: {
      ...put(versionPath, 'version', document),
      // by a member who may move labels, so that the labels are not the defect
      ...put(
        at.stages,
        'stages',
        resign(by(relisted({ ...listed(document), ...entry }), dave, 2), vaultId, dave)
      )
    }
  })
  const digestDiffers = `versions.${V2}.digest`
  const relist = (
    name: string,
    reason: string,
    document: VersionDocument,
    differs: string[],
    entry: object = {},
    stagesDiffer: string[] = []
  ) =>
    refuse(`version, listed: ${name}`, versionPath, reason, withVersion(document, entry), {
      differs: { [versionPath]: differs, [at.stages]: ['signed.by', digestDiffers, ...stagesDiffer] }
    })
  const again = (over: object, who = bob) => resign({ ...current, ...over }, vaultId, who)
  const flipped = (base64: string) => (base64.startsWith('A') ? 'B' : 'A') + base64.slice(1)
  const flippedEnd = (base64: string) =>
    base64.slice(0, -8) + (base64.at(-8) === 'A' ? 'B' : 'A') + base64.slice(-7)
  const closed = 'the value does not decrypt'
  relist('another version of the format', 'format: must be equal to constant', again({ format: '2' }), [
    'format'
  ])
  relist(
    'a kind of another document',
    'kind: must be equal to constant',
    again({ kind: 'git-vault/stages' }),
    ['kind']
  )
  relist('a byte of the ciphertext', closed, again({ ciphertext: flipped(current.ciphertext) }), [
    'ciphertext'
  ])
  relist('a byte of the tag', closed, again({ ciphertext: flippedEnd(current.ciphertext) }), ['ciphertext'])
  relist('a byte of the nonce', closed, again({ nonce: flipped(current.nonce) }), ['nonce'])
  relist('a byte of the data key', closed, again({ dataKey: flippedEnd(current.dataKey) }), ['dataKey'])
  relist("a byte of the data key's ephemeral key", closed, again({ dataKey: flipped(current.dataKey) }), [
    'dataKey'
  ])
  relist("another version's data key", closed, again({ dataKey: first.dataKey }), ['dataKey'])
  relist(
    'a ciphertext that is not base64url',
    closed,
    again({
      ciphertext: `${current.ciphertext.slice(0, -1)}${'AQgw'.includes(current.ciphertext.at(-1) ?? '') ? 'B' : 'z'}`
    }),
    ['ciphertext']
  )
  relist(
    'the signature of another document',
    'the signature does not verify',
    { ...current, signature: first.signature },
    []
  )
  relist("in another member's name", 'the signature does not verify', again({}, erin), [])
  relist(
    'by an outsider',
    'its signer is not in the access log',
    resign(by(current, mallory, 2), vaultId, mallory),
    ['signed.by'],
    {},
    [`versions.${V2}.writer`]
  )
  relist(
    'an access entry that does not exist',
    'it names an entry that is not in the access log',
    again({ signed: { ...current.signed, access: { ...current.signed.access, entry: '4' } } }),
    ['signed.access.entry']
  )
  relist("another secret's ARN", 'it belongs to another secret or version', again({ secret: apiArn }), [
    'secret'
  ])
  relist('another VersionId', 'it belongs to another secret or version', again({ version: V1 }), ['version'])
  relist(
    'signed for another vault',
    'the signature does not verify',
    resign(current, encode(hash(draw('another vault'))), bob),
    []
  )
  relist(
    'a recipient that the log does not have',
    'it is sealed to a generation of key "prod" that is not in the access log',
    again({ recipient: recipient(pairs.next.public) }),
    ['recipient']
  )
  relist(
    "a recipient of another key's",
    'it is sealed to a generation of key "prod" that is not in the access log',
    again({ recipient: recipient(pairs.default.public) }),
    ['recipient']
  )
  relist(
    'a key that the log does not have',
    'it is sealed to a generation of key "test" that is not in the access log',
    again({ key: 'test' }),
    ['key'],
    {},
    [`versions.${V2}.key`]
  )
  relist(
    'stages.yaml says another writer',
    'stages.yaml lists another key or writer',
    current,
    [],
    { writer: alice.public.keyId },
    [`versions.${V2}.writer`]
  )
  relist(
    'stages.yaml says another key',
    'stages.yaml lists another key or writer',
    current,
    [],
    { key: 'default' },
    [`versions.${V2}.key`]
  )
  relist('stages.yaml says another date', 'stages.yaml lists another', current, [], { created: time(2001) }, [
    `versions.${V2}.created`
  ])
  for (const one of refused.slice(-3))
    one.differs = { [at.stages]: one.differs[at.stages]?.filter(field => field !== digestDiffers) ?? [] }
  for (const one of refused.slice(-3)) delete one.put?.[versionPath]

  // manage is no right to write values, nor is encrypt that was granted later
  const could = (who: Person) => `signed by ${who.name}, who could not write values under key "prod" then`
  const written = (who: Person, entry: number) =>
    version(dbArn, V2, text('correct horse'), 'prod', who, entry, 2000)
  const authored = ['signed.by', 'origin.writer', 'ciphertext']
  for (const [name, who] of [
    ['by a member with manage alone', dave],
    ['by a member with decrypt alone', carol]
  ] as const)
    relist(name, could(who), written(who, 2), authored, {}, [`versions.${V2}.writer`])
  const early = withVersion(written(erin, 2))
  refuse('version, listed: by a member whose encrypt was granted later', versionPath, could(erin), early, {
    differs: {
      [versionPath]: ['signed.access.entry', 'signed.access.hash', 'ciphertext'],
      [at.stages]: [digestDiffers]
    },
    mend: withVersion(written(erin, 3))
  })

  // the fields that the ciphertext is bound to: one field at a time had another value when it was sealed
  const sealedAs = (
    name: string,
    tricks: Parameters<typeof version>[7],
    value: SecretValue = text('correct horse')
  ) => {
    const document = version(dbArn, V2, value, 'prod', bob, 2, 2000, tricks)
    relist(name, closed, document, [
      'ciphertext',
      ...(tricks?.to ? ['dataKey'] : []),
      ...(value.type === 'string' ? [] : ['type'])
    ])
  }
  const bound: [field: string, over: Partial<SealHeader>][] = [
    ['secret', { secret: apiArn }],
    ['version', { version: V1 }],
    ['created', { created: time(2001) }],
    ['type', { type: 'binary' }],
    ['key', { key: 'default' }],
    ['recipient', { recipient: recipient(pairs.next.public) }],
    ['origin', { origin: { ...current.origin, key: 'default' } }],
    ["origin's recipient", { origin: { ...current.origin, recipient: recipient(pairs.default.public) } }],
    ["origin's writer", { origin: { ...current.origin, writer: alice.public.keyId } }],
    ['writer', { signed: { ...current.signed, by: alice.public.keyId } }],
    ['access', { signed: { ...current.signed, access: { entry: '3', hash: hashes[2] ?? '' } } }]
  ]
  for (const [field, over] of bound) sealedAs(`sealed with another ${field}`, { associated: over })
  sealedAs('sealed in another vault', { vaultId: encode(hash(draw('another vault'))) })
  sealedAs("sealed to another generation's key", { to: pairs.next.public })
  refused[refused.length - 1]!.differs[versionPath] = ['dataKey']
  const padded = pad(new TextEncoder().encode('correct horse'))
  const tampered = (edit: (bytes: Uint8Array) => void) => {
    const bytes = padded.slice()
    edit(bytes)
    return bytes
  }
  sealedAs('padding that ends in something else', { padded: tampered(bytes => (bytes[1023] = 1)) })
  sealedAs('padding without its mark', { padded: tampered(bytes => (bytes[13] = 0)) })
  sealedAs('more padding than needed', { padded: concatZeros(padded, 1024) })
  sealedAs('padding to no power of two', { padded: concatZeros(padded, 512) })
  sealedAs('text that is not UTF-8', { padded: tampered(bytes => (bytes[0] = 0xff)) })

  // key documents
  const keyCase = (
    name: string,
    reason: string,
    document: KeyDocument,
    differs: string[],
    more: Parameters<typeof refuse>[4] = {}
  ) =>
    refuse(
      `key: ${name}`,
      prodPath,
      reason,
      { put: put(prodPath, 'key', document) },
      { differs: { [prodPath]: differs }, ...more }
    )
  const rekey = (over: object, who = alice, options: { vaultId?: string; kind?: string } = {}) =>
    resign({ ...prodKey, ...over }, options.vaultId ?? vaultId, who, options.kind)
  const [aliceId, carolId] = [alice.public.keyId, carol.public.keyId]
  const sealed = (secretKey: Uint8Array, to: Person, what: string) =>
    encode(sealTo(to.public.boxKey, secretKey, draw(what)))
  const notPrivate = 'the private key sealed for this identity is not the one of this generation'
  keyCase(
    'a byte of the signature',
    'the signature does not verify',
    { ...prodKey, signature: flipped(prodKey.signature) },
    []
  )
  keyCase(
    'a byte of what is sealed',
    'the signature does not verify',
    { ...prodKey, sealed: { ...prodKey.sealed, [carolId]: flippedEnd(prodKey.sealed[carolId] ?? '') } },
    [`sealed.${carolId}`]
  )
  keyCase(
    'a byte of what is sealed, signed',
    notPrivate,
    rekey({ sealed: { ...prodKey.sealed, [carolId]: flippedEnd(prodKey.sealed[carolId] ?? '') } }),
    [`sealed.${carolId}`]
  )
  keyCase(
    'what is sealed for another member',
    notPrivate,
    rekey({ sealed: { ...prodKey.sealed, [carolId]: prodKey.sealed[aliceId] } }),
    [`sealed.${carolId}`]
  )
  keyCase(
    'another private key is sealed',
    notPrivate,
    rekey({ sealed: { ...prodKey.sealed, [carolId]: sealed(pairs.next.secret, carol, 'x') } }),
    [`sealed.${carolId}`],
    {
      mend: {
        put: put(
          prodPath,
          'key',
          rekey({ sealed: { ...prodKey.sealed, [carolId]: sealed(pairs.prod.secret, carol, 'x') } })
        )
      }
    }
  )
  keyCase(
    "another public key than the log's",
    'its public key is not the one in the access log',
    rekey({ public: encode(pairs.next.public) }),
    ['public']
  )
  keyCase(
    "another pair than the log's, public and private",
    'its public key is not the one in the access log',
    rekey({
      public: encode(pairs.next.public),
      sealed: {
        [aliceId]: sealed(pairs.next.secret, alice, 'y'),
        [carolId]: sealed(pairs.next.secret, carol, 'z')
      }
    }),
    ['public', `sealed.${aliceId}`, `sealed.${carolId}`]
  )
  keyCase("another key's document", 'it belongs to another key or generation', rekey({ key: 'default' }), [
    'key'
  ])
  keyCase(
    "another generation's document",
    'it belongs to another key or generation',
    rekey({ generation: '2' }),
    ['generation']
  )
  keyCase(
    'by a member who may manage, and is no admin',
    'signed by dave, who may not sign it',
    rekey(by(prodKey, dave, 2), dave),
    ['signed.by']
  )
  keyCase(
    'by a member who may encrypt',
    'signed by bob, who may not sign it',
    rekey(by(prodKey, bob, 2), bob),
    ['signed.by']
  )
  keyCase(
    'by an admin newer than `access`',
    'signed by frank, who may not sign it',
    rekey(by(prodKey, frank, 2), frank),
    ['signed.access.entry', 'signed.access.hash'],
    { mend: { put: put(prodPath, 'key', rekey(by(prodKey, frank, 3), frank)) } }
  )
  keyCase('by an outsider', 'its signer is not in the access log', rekey(by(prodKey, mallory, 2), mallory), [
    'signed.by'
  ])
  keyCase(
    'signed for another vault',
    'the signature does not verify',
    rekey({}, alice, { vaultId: encode(hash(draw('another vault'))) }),
    []
  )
  keyCase(
    'signed as another kind',
    'the signature does not verify',
    rekey({}, alice, { kind: 'git-vault/access-entry' }),
    []
  )
  keyCase(
    'an access entry that does not exist',
    'it names an entry that is not in the access log',
    rekey({ signed: { ...prodKey.signed, access: { ...prodKey.signed.access, entry: '9' } } }),
    ['signed.access.entry']
  )
  keyCase('another version of the format', 'format: must be equal to constant', rekey({ format: '2' }), [
    'format'
  ])
  keyCase(
    'a holder whose id is no key id',
    'sealed',
    rekey({ sealed: { ...prodKey.sealed, carol: prodKey.sealed[carolId] } }),
    ['sealed.carol']
  )
  refuse(
    'key: missing',
    prodPath,
    'missing',
    { put: { [prodPath]: null } },
    { differs: { [prodPath]: ['*'] } }
  )
  refuse(
    'key: a byte over the limit',
    prodPath,
    'over the limit of 1048576',
    { fill: { file: prodPath, bytes: 1048577 } },
    { mend: { fill: { file: prodPath, bytes: 1048576 } }, differs: { [prodPath]: [] } }
  )
  keyCase(
    'nothing is sealed for the reader',
    'provided KMS key',
    rekey({ sealed: { [aliceId]: prodKey.sealed[aliceId] } }),
    [`sealed.${carolId}`],
    { code: 'DecryptionFailure' }
  )
  const last = refused.at(-1)
  if (last) last.error.file = null

  return {
    vaultId,
    folder: 'vault',
    branch: 'refs/heads/main',
    identities: Object.fromEntries(
      Object.values(people).map(({ name, secret, public: { text, keyId } }) => [
        name,
        { secret, public: text, keyId }
      ])
    ),
    states,
    reads: [
      {
        state: 'one',
        secret: 'Web/versions',
        identity: 'alice',
        versions: { [V3]: { type: 'binary', hex: '008000ff' } }
      },
      {
        state: 'team',
        secret: 'Web/versions',
        identity: 'alice',
        versions: { [V3]: { type: 'binary', hex: '008000ff' } }
      },
      {
        state: 'team',
        secret: 'prod/db',
        identity: 'alice',
        versions: {
          [V1]: { type: 'string', text: 'correct' },
          [V2]: { type: 'string', text: 'correct horse' }
        }
      },
      {
        state: 'team',
        secret: 'prod/db',
        identity: 'carol',
        versions: {
          [V1]: { type: 'string', text: 'correct' },
          [V2]: { type: 'string', text: 'correct horse' }
        }
      },
      {
        state: 'team',
        secret: 'prod/api',
        identity: 'carol',
        versions: { [V1]: { type: 'string', text: 'battery' } }
      }
    ],
    refused
  }
}

function concatZeros(bytes: Uint8Array, more: number): Uint8Array {
  const longer = new Uint8Array(bytes.length + more)
  longer.set(bytes)
  return longer
}

/** Sealed values of every size, with all inputs and outputs. */
export function valueVectors() {
  const { people, pairs, vaultId } = teamLog()
  const { alice } = people
  const { bob } = people
  const key = pairs.prod
  const recipient = encode(hash(key.public).subarray(0, 16))
  const letters = (size: number): SecretValue => ({ type: 'string', text: 'a'.repeat(size) })
  const bytes = (size: number): SecretValue => ({ type: 'binary', bytes: new Uint8Array(size).fill(0x80) })
  const values: [name: string, value: SecretValue][] = [
    ['string of 1 byte', letters(1)],
    ['string of 1023 bytes, the most that 1 KiB holds', letters(1023)],
    ['string of 1024 bytes', letters(1024)],
    ['string of 65536 bytes', letters(65536)],
    ['string of 21845 three-byte characters and one', { type: 'string', text: `${'€'.repeat(21845)}a` }],
    ['string with a byte order mark', { type: 'string', text: '\ufeffé😀\0' }],
    ['binary of 1 byte', bytes(1)],
    ['binary of 1023 bytes', bytes(1023)],
    ['binary of 1024 bytes', bytes(1024)],
    ['binary of 65536 bytes', bytes(65536)]
  ]
  return {
    vaultId,
    generation: { key: 'prod', secret: hex(key.secret), public: encode(key.public), recipient },
    writer: { seed: hex(draw('seed of bob')), keyId: bob.public.keyId },
    versions: values.map(([name, value], index) => {
      const random = {
        dataKey: draw(`data key of value ${index}`),
        nonce: draw(`nonce of value ${index}`, 24),
        ephemeral: draw(`ephemeral of value ${index}`)
      }
      const header: SealHeader = {
        kind: 'git-vault/version',
        format: '1',
        secret: 'arn:aws:secretsmanager:local:000000000000:secret:prod/db-AbC123',
        version: `${index}`.padStart(32, '0'),
        created: time(index),
        type: value.type,
        key: 'prod',
        recipient,
        origin:
          index % 2
            ? { key: 'prod', recipient, writer: bob.public.keyId }
            : {
                key: 'default',
                recipient: encode(hash(pairs.default.public).subarray(0, 16)),
                writer: alice.public.keyId
              },
        ...(index % 3
          ? {}
          : {
              commitment: commitTo(
                value,
                {
                  vault: vaultId,
                  secret: 'arn:aws:secretsmanager:local:000000000000:secret:prod/db-AbC123',
                  version: `${index}`.padStart(32, '0')
                },
                bob.commitSecret
              )
            }),
        signed: {
          serial: '1',
          by: bob.public.keyId,
          access: { entry: '1', hash: vaultId },
          change: { operation: 'PutSecretValue', token: `${index}`.padStart(32, '0'), time: time(index) }
        }
      }
      const sealed = sealValue(value, header, vaultId, key.public, random)
      const { signed, ...fields } = header
      const document = signDocument<VersionDocument>(
        { ...fields, ...sealed, signed },
        vaultId,
        bob.signSecret
      )
      const { ciphertext, ...rest } = document
      const small = ciphertext.length < 4000
      return {
        name,
        value: shortened(value),
        random: { dataKey: hex(random.dataKey), nonce: hex(random.nonce), ephemeral: hex(random.ephemeral) },
        document: small ? document : rest,
        ciphertext: { length: ciphertext.length, h: encode(hash(new TextEncoder().encode(ciphertext))) },
        digest: digestOf(document)
      }
    })
  }
}

/** Returns the value as `times` times `unit`, then `rest`. */
function shortened(value: SecretValue) {
  const form = value.type === 'string' ? value.text : hex(value.bytes)
  const unit = value.type === 'string' ? form.slice(0, 1) : form.slice(0, 2)
  const times = countOf(form, unit)
  return { type: value.type, unit, times, rest: form.slice(unit.length * times) }
}

function countOf(form: string, unit: string): number {
  let times = 0
  while (form.startsWith(unit, times * unit.length)) times++
  return times
}
