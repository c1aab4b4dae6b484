/**
 * A second reader, written from vault-schema/FORMAT.md alone, without src and without libsodium. It opens a
 * vault's files at a trusted root, checks all the rules for accepting a document, and decrypts a value. It
 * remembers nothing, and refuses only the YAML that the library refuses.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  verify,
  type KeyObject
} from 'node:crypto'
import { hsalsa, xsalsa20poly1305 } from '@noble/ciphers/salsa.js'
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { blake2b } from '@noble/hashes/blake2.js'
import { parse } from 'yaml'

type Tree = string | Tree[] | { [key: string]: Tree }
type Fields = Record<string, string>
// oxlint-disable-next-line typescript/no-explicit-any -- a file may hold anything
type Document = any

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const join = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
function bytes(text: string): Uint8Array {
  const decoded = new Uint8Array(Buffer.from(text, 'base64url'))
  return base64url(decoded) === text ? decoded : fail('base64url')
}
function fail(why: string): never {
  throw new Error(why)
}
function require(condition: boolean, why: string): void {
  if (!condition) fail(why)
}

// Encodings and hash, Canonical form
const H = (input: Uint8Array): Uint8Array => blake2b(input, { dkLen: 32 })
const H128 = (input: Uint8Array): Uint8Array => H(input).slice(0, 16)

export function canonical(value: Tree): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const pairs = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${pairs.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`
}
const digest = (document: Document): string => base64url(H(utf8(canonical(document))))

// Strings, numbers and times
const PARTITIONS: Fields = {
  'cn-': 'aws-cn',
  'us-gov-': 'aws-us-gov',
  'eusc-': 'aws-eusc',
  'us-iso-': 'aws-iso',
  'us-isob-': 'aws-iso-b',
  'eu-isoe-': 'aws-iso-e',
  'us-isof-': 'aws-iso-f'
}
export function isArn(
  arn: string,
  { region, account, name }: { region: string; account: string; name: string }
): boolean {
  const beginning = Object.keys(PARTITIONS).find(text => region.startsWith(text)) ?? ''
  return ['aws', PARTITIONS[beginning] ?? 'aws'].some(partition => {
    const prefix = `arn:${partition}:secretsmanager:${region}:${account}:secret:${name}-`
    return arn.startsWith(prefix) && /^[A-Za-z0-9]{6}$/.test(arn.slice(prefix.length))
  })
}

// Paths
const PORTABLE =
  /^(?!\.|(con|prn|aux|nul|com\d|lpt\d)(\.|$)|(secret\.yaml|stages\.yaml|replica\.yaml|versions)$)[a-z0-9\-_+=.@!]{1,100}(?<!\.)$/
function hashed(text: string): string {
  const slug = [...text]
    .map(c => (/[A-Z]/.test(c) ? c.toLowerCase() : /[a-z0-9\-_+=@!]/.test(c) ? c : '-'))
    .join('')
  const bits = [...H128(utf8(text))].map(byte => byte.toString(2).padStart(8, '0')).join('') + '00'
  const base32 = bits.match(/.{5}/g)?.map(five => 'abcdefghijklmnopqrstuvwxyz234567'[parseInt(five, 2)]) ?? []
  return `${slug.replace(/^-+/, '').slice(0, 40).replace(/-+$/, '')}~${base32.join('')}`
}
export const segment = (text: string): string => (PORTABLE.test(text) ? text : hashed(text))
export function folder(name: string): string {
  const path = name.split('/').map(segment).join('/')
  return path.length > 400 ? hashed(name) : path
}

// Identities
const der = (prefix: string, raw: Uint8Array) => Buffer.concat([Buffer.from(prefix, 'hex'), raw])
const privateKey = (kind: '70' | '6e', raw: Uint8Array): KeyObject =>
  createPrivateKey({ key: der(`302e020100300506032b65${kind}04220420`, raw), format: 'der', type: 'pkcs8' })
const publicKey = (kind: '70' | '6e', raw: Uint8Array): KeyObject =>
  createPublicKey({ key: der(`302a300506032b65${kind}032100`, raw), format: 'der', type: 'spki' })
const publicOf = (key: KeyObject): Uint8Array =>
  new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32))

function checked(prefix: string, text: string): Uint8Array {
  require(text.startsWith(prefix), prefix)
  const all = bytes(text.slice(prefix.length))
  const [body, sum] = [all.slice(0, -4), all.slice(-4)]
  require(same(H(join(utf8(prefix), body)).slice(0, 4), sum), 'checksum')
  return body
}
export function identity(secret: string) {
  const seed = checked('gvsec1_', secret)
  const subkey = (number: number) => {
    const salt = new Uint8Array(16)
    salt[0] = number
    return blake2b(new Uint8Array(0), {
      dkLen: 32,
      key: seed,
      salt,
      personalization: join(utf8('gitvault'), new Uint8Array(8))
    })
  }
  const [sign, box] = [publicOf(privateKey('70', subkey(1))), publicOf(privateKey('6e', subkey(2)))]
  const keys = join(sign, box)
  const text = `gvpub1_${base64url(join(keys, H(join(utf8('gvpub1_'), keys)).slice(0, 4)))}`
  return { keyId: base64url(H128(keys)), text, boxSecret: subkey(2), box }
}

// Signatures
function verified(document: Document, kind: string, vaultId: string, key: Uint8Array): boolean {
  const { signature, ...unsigned } = document
  const message = utf8(`git-vault/1\n${kind}\n${vaultId}\n${canonical(unsigned)}`)
  return verify(null, message, publicKey('70', key), bytes(signature))
}

// Policies
export function allows(
  { value, changed, by, proof }: Fields,
  holders: readonly { keyId: string; signKey: string }[],
  secret: string,
  vaultId: string
): boolean {
  const holder = holders.find(({ keyId }) => keyId === by)
  if (!holder || value === undefined || proof === undefined) return false
  const key = new Uint8Array(Buffer.from(holder.signKey, 'hex'))
  return verified({ secret, value, changed, signature: proof }, 'git-vault/policy', vaultId, key)
}

// Key documents: crypto_box_seal
const words = (raw: Uint8Array): Uint32Array => new Uint32Array(raw.slice().buffer)
function openSealed(sealed: Uint8Array, secret: Uint8Array, recipient: Uint8Array): Uint8Array {
  const ephemeral = sealed.slice(0, 32)
  const shared = diffieHellman({
    privateKey: privateKey('6e', secret),
    publicKey: publicKey('6e', ephemeral)
  })
  const key = new Uint32Array(8)
  hsalsa(words(utf8('expand 32-byte k')), words(new Uint8Array(shared)), new Uint32Array(4), key)
  const nonce = blake2b(join(ephemeral, recipient), { dkLen: 24 })
  return xsalsa20poly1305(new Uint8Array(key.buffer), nonce).decrypt(sealed.slice(32))
}

// The access log
interface Member {
  sign: Uint8Array
  /** The number of the entry that made the member an admin; absent if they are none. */
  admin?: number
  removed?: true
  rights: Map<string, number>
  /** The numbers of the entries after which the member was an admin, or held a right, such as `prod encrypt`. */
  could: Map<number, Set<string>>
}
function fold(log: Document) {
  require(log.kind === 'git-vault/access' && log.format === '1', 'access')
  const [members, keys, hashes] = [
    new Map<string, Member>(),
    new Map<string, { names: string[]; publics: Uint8Array[]; since: number[] }>(),
    [] as string[]
  ]
  const names = new Map<string, string>()
  let vault: Fields = {}
  for (const entry of log.entries as Document[]) {
    const number = hashes.length + 1
    require(entry.entry === String(number) && entry.previous === (hashes.at(-1) ?? 'none'), 'order')
    const before = new Set(
      [...members].filter(([, { admin }]) => admin !== undefined).map(([keyId]) => keyId)
    )
    const owed = new Set<string>()
    const named = (name: string): Member => {
      const found = members.get(names.get(name) ?? '') ?? fail('member')
      require(!found.removed, 'removed')
      return found
    }
    const take = (who: Member, at: string) => {
      require(who.rights.delete(at), 'no right')
      if (at.endsWith(' decrypt')) owed.add(at.slice(0, -' decrypt'.length))
    }
    for (const change of entry.changes as Document[]) {
      if (change.change === 'vault') vault = change as Fields
      else if (change.change === 'member') {
        const pair = checked('gvpub1_', change.public as string)
        const keyId = base64url(H128(pair))
        require(!names.has(change.name as string) && !members.has(keyId), 'taken')
        names.set(change.name as string, keyId)
        const admin = change.role === 'admin' ? { admin: number } : {}
        members.set(keyId, { sign: pair.slice(0, 32), ...admin, rights: new Map(), could: new Map() })
      } else if (change.change === 'role') {
        const who = named(change.member as string)
        if (change.role === 'admin') who.admin = number
        else delete who.admin
      } else if (change.change === 'remove') {
        const who = named(change.member as string)
        for (const at of [...who.rights.keys()]) take(who, at)
        delete who.admin
        who.removed = true
      } else if (change.change === 'revoke')
        for (const right of change.rights as string[])
          take(named(change.member as string), `${change.key} ${right}`)
      else if (change.change === 'key')
        keys.set(change.key as string, { names: [...(change.names as string[])], publics: [], since: [] })
      else if (change.change === 'names') {
        const moving = change.names as string[]
        for (const key of keys.values()) key.names = key.names.filter(name => !moving.includes(name))
        keys.get(change.key as string)?.names.push(...moving)
      } else if (change.change === 'generation') {
        owed.delete(change.key as string)
        const key = keys.get(change.key as string) ?? fail('key')
        key.publics.push(bytes(change.public as string))
        key.since.push(number)
      } else if (change.change === 'grant') {
        const { rights } = named(change.member as string)
        for (const right of change.rights as string[]) {
          const at = `${change.key} ${right}`
          if (!rights.has(at)) rights.set(at, number)
        }
      } else require(['pruning', 'waiver', 'recovery', 'drill'].includes(change.change as string), 'change')
    }
    const signer = members.get(entry.by as string) ?? fail('signer')
    require(owed.size === 0, 'no new generation')
    require(signer.admin !== undefined, 'no longer an admin')
    require(number === 1 ? signer.admin === 1 : before.has(entry.by as string), 'not an admin')
    require(verified(entry, 'git-vault/access-entry', hashes[0] ?? '', signer.sign), 'signature')
    for (const { admin, rights, could } of members.values())
      could.set(number, new Set([...rights.keys(), ...(admin === undefined ? [] : ['admin'])]))
    hashes.push(digest(entry))
  }
  return { members, keys, hashes, vault }
}

/** Returns a value of a vault. Throws if any document that it depends on is refused. */
export function open(
  files: Record<string, string>,
  root: string,
  secret: string,
  name: string,
  versionId?: string
): Uint8Array {
  const read = (path: string): Document => parse(files[path] ?? fail(path), { schema: 'failsafe' })
  const at = (read('.vaultrc') as Fields)['vault']
  const { members, keys, hashes, vault } = fold(read(`${at}/access.yaml`))
  const [vaultId = ''] = hashes
  require(vaultId === root, 'root')

  const signedBy = (document: Document, kind: string): Member => {
    const { by, access } = document.signed
    require(document.kind === kind && document.format === '1', kind)
    require(hashes[Number(access.entry) - 1] === access.hash, 'access')
    const member = members.get(by as string) ?? fail('unknown signer')
    require(verified(document, kind, vaultId, member.sign), 'signature')
    return member
  }
  const may = (document: Document, kind: string, ...rights: string[]) => {
    const [member, knew] = [signedBy(document, kind), Number(document.signed.access.entry)]
    const allowed =
      (member.admin ?? Infinity) <= knew ||
      rights.some(right => (member.rights.get(right) ?? Infinity) <= knew)
    require(allowed, 'right')
  }
  const weight = (pattern: string) =>
    pattern === name
      ? 1000
      : pattern.endsWith('**') && name.startsWith(pattern.slice(0, -2))
        ? pattern.length
        : -1
  const [alias] = [...keys]
    .map(([key, { names }]) => [key, Math.max(...names.map(weight))] as const)
    .reduce((best, next) => (next[1] > best[1] ? next : best), ['', -1] as const)

  // Moves: a member who may only add versions may move labels only onto their own
  const moved = (document: Document, manage: string, encrypt: string) => {
    const holds = (keyId: string, right: string, knew = hashes.length): boolean => {
      const member = members.get(keyId)
      return (member?.admin ?? Infinity) <= knew || (member?.rights.get(right) ?? Infinity) <= knew
    }
    if (holds(document.signed.by as string, manage, Number(document.signed.access.entry))) return
    for (const [label, move] of Object.entries<Document>(document.labels as Record<string, Document>)) {
      if (label === 'AWSPREVIOUS' && move.moved === document.labels.AWSCURRENT?.moved) continue
      for (const { version: to, moved: at, by, proof } of [move, ...(move.before ? [move.before] : [])]) {
        const own = document.versions[to as string]?.writer === by && holds(by as string, encrypt)
        require(own || holds((by ?? '') as string, manage), 'may not move')
        const proven = { secret: document.secret, label, version: to, moved: at, signature: proof }
        const { sign } = members.get(by as string) ?? fail('unknown mover')
        require(verified(proven, 'git-vault/label', vaultId, sign), 'proof')
      }
    }
  }

  const folderOf = `${at}/secrets/${folder(name)}`
  const [about, stages] = [read(`${folderOf}/secret.yaml`), read(`${folderOf}/stages.yaml`)]
  may(about, 'git-vault/secret', `${alias} manage`)
  may(stages, 'git-vault/stages', `${alias} encrypt`, `${alias} manage`)
  moved(stages, `${alias} manage`, `${alias} encrypt`)
  require(about.name === name && about.key.value === alias && stages.secret === about.arn, 'binding')
  require(isArn(about.arn as string, {
    region: `${vault['region']}`,
    account: `${vault['account']}`,
    name
  }), 'ARN')
  require(Object.values(stages.labels as Record<string, Fields>).every(
    ({ version = '' }) => version in stages.versions
  ), 'label')

  const current = stages.labels.AWSCURRENT as Fields | undefined
  require(!current || 'digest' in stages.versions[current['version'] as string], 'AWSCURRENT without a value')
  for (const entry of Object.values(stages.versions as Record<string, Fields>))
    require('digest' in entry
      ? entry['digest'] !== ''
      : !('resealed' in entry || 'first' in entry), 'an empty version')

  const id: string = versionId ?? stages.labels.AWSCURRENT.version
  const listed = stages.versions[id] as Fields
  const version = read(`${folderOf}/versions/${segment(id)}.yaml`)
  require(digest(version) === listed['digest'], 'digest')
  require(version.secret === about.arn && version.version === id, 'another version')
  require(version.key === listed['key'] && version.signed.by === listed['writer'], 'listed')
  require(version.created === listed['created'] || 'resealed' in listed, 'date')
  const could = signedBy(version, 'git-vault/version').could.get(Number(version.signed.access.entry))
  require(could?.has('admin') || could?.has(`${version.key} encrypt`) || false, 'could not write values')

  const publics = keys.get(version.key as string)?.publics ?? []
  const generation = publics.findIndex(each => base64url(H128(each)) === version.recipient)
  const public_ = publics[generation] ?? fail('recipient')
  const since = keys.get(version.key as string)?.since ?? []
  const knew = Number(version.signed.access.entry)
  require(since.filter(each => each <= knew).length === generation + 1, 'retired')
  const keyDocument = read(`${at}/keys/${segment(version.key as string)}/${generation + 1}.yaml`)
  may(keyDocument, 'git-vault/key')
  require(keyDocument.key === version.key && keyDocument.generation === String(generation + 1), 'generation')
  require(same(bytes(keyDocument.public as string), public_), 'public key')
  const me = identity(secret)
  const box = keyDocument.sealed[me.keyId] ?? fail('may not decrypt')
  const generationSecret = openSealed(bytes(box as string), me.boxSecret, me.box)
  require(same(publicOf(privateKey('6e', generationSecret)), public_), 'private key')
  return openVersion(version, vaultId, generationSecret, public_)
}

// Values
export function openVersion(
  version: Document,
  vaultId: string,
  secret: Uint8Array,
  recipient: Uint8Array
): Uint8Array {
  const {
    kind,
    format,
    secret: arn,
    version: id,
    created,
    type,
    key,
    recipient: short,
    origin,
    signed
  } = version
  const associated = canonical({
    ...{
      kind,
      format,
      vault: vaultId,
      secret: arn,
      version: id,
      created,
      type,
      key,
      recipient: short,
      origin
    },
    ...{ writer: signed.by, access: signed.access }
  })
  const dataKey = openSealed(bytes(version.dataKey as string), secret, recipient)
  const cipher = xchacha20poly1305(dataKey, bytes(version.nonce as string), utf8(associated))
  const padded = cipher.decrypt(bytes(version.ciphertext as string))
  const end = padded.lastIndexOf(0x80)
  require(end >= 0 && padded.slice(end + 1).every(byte => byte === 0), 'padding')
  require(padded.length === Math.max(1024, 2 ** Math.ceil(Math.log2(end + 1))), 'padding')
  const value = padded.slice(0, end)
  if (type === 'string') new TextDecoder('utf-8', { fatal: true }).decode(value)
  return value
}

/** Returns the digest of a version document. Throws if its signature does not verify. */
export function checkVersion(version: Document, vaultId: string, signKey: Uint8Array): string {
  require(verified(version, 'git-vault/version', vaultId, signKey), 'signature')
  return digest(version)
}

/**
 * Two BLAKE2b implementations, to check the one used here against one that is neither libsodium's nor
 * noble's.
 */
export const blake2b512 = (input: Uint8Array): [Uint8Array, Uint8Array] => [
  blake2b(input),
  new Uint8Array(createHash('blake2b512').update(input).digest())
]
