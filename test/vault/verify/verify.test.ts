import * as fs from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/format/canonical.js'
import {
  digestOf,
  formatDocument,
  formatUnchecked,
  parseDocument,
  signDocument,
  type Documents,
  type Kind,
  type SignedDocument,
  type StagesDocument,
  type Unsigned,
  type VersionDocument
} from '../../../src/core/format/documents.js'
import { encode } from '../../../src/core/encoding.js'
import { fingerprint } from '../../../src/core/crypto/fingerprint.js'
import type { Identity } from '../../../src/core/crypto/identity.js'
import { identityFromSeed, parseSecret } from '../../../src/core/crypto/identity.js'
import { openVault } from '../../../src/index.js'
import { trust } from '../../../src/app/trust.js'
import { removeMember } from '../../../src/vault/team/team.js'
import {
  cloneOf,
  DAY,
  failure,
  makeVault,
  restoreVault,
  secretString,
  token,
  top,
  type TestVault
} from '../fixture.js'
import { extendLog } from '../accessLog.js'
import { startDriver } from '../process.js'
import { admit, as, check, commitAll, newcomer } from './verifyKit.js'

const EU = 'eu-west-1'
const CURRENT = `vault/secrets/prod/db/versions/${token('two')}.yaml`
const PREVIOUS = `vault/secrets/prod/db/versions/${token('one')}.yaml`
const SECRET = 'vault/secrets/prod/db/secret.yaml'
const STAGES = 'vault/secrets/prod/db/stages.yaml'
const KEY = 'vault/keys/default/1.yaml'
const LOG = 'vault/access.yaml'
const CLEAN = { found: [], warned: [], problems: 0, warnings: 0 }

let box: TestVault
let me: Identity
let pristine: string

/** Regions, replicas, deprecated versions, deleted secrets, names of all kinds. */
beforeAll(async () => {
  box = await makeVault()
  me = identityFromSeed(parseSecret(secretString())!)
  const { api } = box
  await api.createSecret({ Name: 'prod/db', SecretString: 'one', ClientRequestToken: token('one') })
  await api.putSecretValue({ SecretId: 'prod/db', SecretString: 'two', ClientRequestToken: token('two') })
  await api.createSecret({ Name: 'prod/db/nested', SecretBinary: new Uint8Array([1, 2]) })
  await api.createSecret({ Name: 'prod', SecretString: 'above' })
  await api.createSecret({ Name: 'Con/UPPER case'.replace(' ', '_'), SecretString: 'x'.repeat(65_536) })
  await api.createSecret({ Name: 'without/value' })
  for (const value of ['a', 'b', 'c']) {
    if (value === 'a') await api.createSecret({ Name: 'deprecated', SecretString: value })
    else await api.putSecretValue({ SecretId: 'deprecated', SecretString: value })
  }
  await api.createSecret({ Name: 'replicated', SecretString: 'r' })
  await api.replicateSecretToRegions({ SecretId: 'replicated', AddReplicaRegions: [{ Region: EU }] })
  const long = `${'a-'.repeat(55)}1`
  await api.replicateSecretToRegions({ SecretId: 'replicated', AddReplicaRegions: [{ Region: long }] })
  const eu = await openVault({ ...box.options, region: EU })
  await eu.createSecret({ Name: 'prod/db', SecretString: 'abroad' })
  await eu.createSecret({ Name: 'back', SecretString: 'b' })
  await eu.replicateSecretToRegions({ SecretId: 'back', AddReplicaRegions: [{ Region: 'us-west-2' }] })
  await api.createSecret({ Name: 'scheduled', SecretString: 's' })
  await api.deleteSecret({ SecretId: 'scheduled' })
  await api.createSecret({ Name: 'gone', SecretString: 'g' })
  await api.deleteSecret({ SecretId: 'gone', ForceDeleteWithoutRecovery: true })
  pristine = fs.mkdtempSync(join(top, 'pristine-'))
  fs.cpSync(box.path('vault'), pristine, { recursive: true })
})

afterEach(() => {
  restoreVault(box, pristine)
  box.git('reset', '-q')
})

describe('a vault without defects', () => {
  const whole = { ...CLEAN, secrets: 10, versions: 12, keys: 1, notices: [] }

  it('has no problems, in the work tree and in a commit', async () => {
    expect(await check(box)).toMatchObject({ ...whole, root: box.made.root, opened: 0, closed: 0 })
    expect(await check(box, { revision: 'HEAD' })).toMatchObject({ ...whole, commit: box.head() })
  })

  it('needs no identity', async () => {
    process.env['GIT_VAULT_IDENTITY_FILE'] = '/nowhere'
    try {
      expect(await check(box)).toMatchObject(whole)
      expect((await failure(check(box, { decrypt: true }))).code).toBe('IdentityNotFound')
    } finally {
      delete process.env['GIT_VAULT_IDENTITY_FILE']
    }
  })

  it('has every value decrypted on request', async () => {
    expect(await check(box, { decrypt: true })).toMatchObject({ ...whole, opened: 12, closed: 0 })
    expect(await check(box, { decrypt: true, revision: 'HEAD' })).toMatchObject({ opened: 12 })
  })

  it('has its values counted that the identity cannot decrypt', async () => {
    const stranger = await newcomer()
    const opened = await as(stranger, () => check(box, { decrypt: true }))
    expect(opened).toMatchObject({ ...whole, opened: 0, closed: 12 })
  })

  it('is not changed, and neither is the clone’s memory', async () => {
    const remembered = () => box.files('.git/git-vault').map(path => `${path} ${box.read(path)}`)
    const [before, state] = [remembered(), box.state()]
    await check(box)
    expect(remembered()).toEqual(before)
    expect(box.state()).toBe(state)
  })

  it('includes secrets after their recovery window, as long as their files exist', async () => {
    box.clock.advance(60 * DAY)
    expect(await check(box)).toMatchObject(whole)
    box.clock.advance(-60 * DAY)
  })

  it('has its progress reported', async () => {
    const reported: number[] = []
    await check(box, { progress: secrets => reported.push(secrets) })
    expect(reported.at(-1)).toBe(10)
    expect(reported).toEqual([...reported].sort((a, b) => a - b))
  })
})

/** Changes a document and re-signs it as the admin. */
async function resign<K extends Exclude<Kind, 'access' | 'replica' | 'identity' | 'vaultrc'>>(
  kind: K,
  path: string,
  change: (document: Documents[K]) => object,
  identity = me
): Promise<Documents[K]> {
  const document = await parseDocument(kind, utf8(box.read(path)), path)
  const { signature: _, ...unsigned } = document
  const changed = { ...unsigned, ...change(document) } as unknown as Unsigned<SignedDocument>
  const signed = signDocument(changed, box.made.root, identity.signSecret)
  box.write(path, formatUnchecked(kind, signed, path))
  return signed as Documents[K]
}

const forge = (path: string) => {
  const text = box.read(path)
  const at = text.indexOf('signature: ') + 20
  box.write(path, text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1))
}
const swap = (a: string, b: string) => {
  const [one, two] = [box.read(a), box.read(b)]
  box.write(a, two)
  box.write(b, one)
}
const remove = (path: string) => fs.rmSync(box.path(path), { recursive: true })
const stranger = newcomer()

/** Changes a version, and lists it in stages.yaml with its new digest. */
async function reversion(change: (document: VersionDocument) => object): Promise<void> {
  const version = await resign('version', CURRENT, change)
  await resign('stages', STAGES, ({ versions, signed }: StagesDocument) => {
    const entry = versions[token('two')]!
    const { created, key } = version
    return {
      versions: { ...versions, [token('two')]: { ...entry, created, key, digest: digestOf(version) } },
      signed: { ...signed, serial: String(Number(signed.serial) + 1) }
    }
  })
}

const sized = (bytes: number) => encode(new Uint8Array(bytes).fill(7))

/** A defect, how to cause it, and all problems that must be reported. */
const defects: [name: string, spoil: () => unknown, found: (string | RegExp)[]][] = [
  ['a stray file', () => box.write('vault/notes.txt', 'x'), ['vault/notes.txt: not a file of a vault']],
  [
    'a file beside the documents',
    () => box.write('vault/secrets/prod/db/notes.yaml', 'x'),
    ['vault/secrets/prod/db/notes.yaml: not a file of a vault']
  ],
  [
    'a file in a folder below versions',
    () => box.write('vault/secrets/prod/db/versions/x/y.yaml', 'x'),
    ['vault/secrets/prod/db/versions/x/y.yaml: not a file of a vault']
  ],
  [
    'a version file without its extension',
    () => box.write('vault/secrets/prod/db/versions/x', 'x'),
    ['vault/secrets/prod/db/versions/x: not a file of a vault']
  ],
  [
    'a file among the secrets',
    () => box.write('vault/secrets/README.md', 'x'),
    ['vault/secrets/README.md: not a file of a vault']
  ],
  [
    'a file among the regions',
    () => box.write(`vault/regions/${EU}/x.yaml`, 'x'),
    [`vault/regions/${EU}/x.yaml: not a file of a vault`]
  ],
  [
    '.gitattributes inside',
    () => box.write('vault/secrets/.gitattributes', '* text'),
    ["vault/secrets/.gitattributes: changes how git stores and merges the vault's files"]
  ],
  [
    'a version that is not listed',
    () => fs.copyFileSync(box.path(CURRENT), box.path(CURRENT.replace('two', 'six'))),
    [`${CURRENT.replace('two', 'six')}: stages.yaml lists no such version`]
  ],
  [
    'a version without a secret',
    () => box.write('vault/secrets/x/versions/y.yaml', box.read(CURRENT)),
    ['vault/secrets/x/versions/y.yaml: a version without a secret']
  ],
  ['a missing version', () => remove(PREVIOUS), [`${PREVIOUS}: missing, though stages.yaml lists it`]],
  [
    'two swapped versions',
    () => swap(CURRENT, PREVIOUS),
    [
      `${PREVIOUS}: its digest is not the one that stages.yaml lists`,
      `${CURRENT}: its digest is not the one that stages.yaml lists`
    ]
  ],
  [
    'a version with another signature',
    () => forge(CURRENT),
    [`${CURRENT}: its digest is not the one that stages.yaml lists`]
  ],
  ['a forged secret.yaml', () => forge(SECRET), [`${SECRET}: the signature does not verify`]],
  ['a forged stages.yaml', () => forge(STAGES), [`${STAGES}: the signature does not verify`]],
  [
    'both documents forged',
    () => [forge(SECRET), forge(STAGES)],
    [`${SECRET}: the signature does not verify`, `${STAGES}: the signature does not verify`]
  ],
  ['a forged key document', () => forge(KEY), [`${KEY}: the signature does not verify`]],
  ['a missing key document', () => remove(KEY), [`${KEY}: missing`]],
  [
    'a key document of no generation',
    () => fs.copyFileSync(box.path(KEY), box.path('vault/keys/default/2.yaml')),
    ['vault/keys/default/2.yaml: not a file of a vault']
  ],
  [
    'another public key in a key document',
    () => resign('key', KEY, () => ({ public: sized(32) })),
    [`${KEY}: its public key is not the one in the access log`]
  ],
  ['a missing secret.yaml', () => remove(SECRET), [`${SECRET}: missing`]],
  ['a missing stages.yaml', () => remove(STAGES), [`${STAGES}: missing`]],
  ['invalid YAML', () => box.write(STAGES, '{'), [new RegExp(`^${STAGES}: `)]],
  [
    'a field that is not in the schema',
    () => resign('secret', SECRET, () => ({ extra: 'x' })),
    [`${SECRET}: not a secret document: unknown field "extra"`]
  ],
  [
    'documents signed by a stranger',
    async () =>
      resign(
        'secret',
        SECRET,
        ({ signed }) => ({ signed: { ...signed, by: '_'.repeat(22) } }),
        await stranger
      ),
    [new RegExp(`^${SECRET}: `)]
  ],
  [
    'a name in another’s folder',
    () => fs.cpSync(box.path('vault/secrets/prod/db'), box.path('vault/secrets/copy'), { recursive: true }),
    [
      'vault/secrets/copy/nested/secret.yaml: it belongs to the secret prod/db/nested',
      'vault/secrets/copy/secret.yaml: it belongs to the secret prod/db'
    ]
  ],
  [
    'a home secret below regions',
    () =>
      fs.cpSync(box.path('vault/secrets/deprecated'), box.path('vault/regions/local/secrets/deprecated'), {
        recursive: true
      }),
    ['vault/regions/local/secrets/deprecated/secret.yaml: it belongs to the secret deprecated']
  ],
  [
    'a secret of another region',
    () =>
      fs.cpSync(
        box.path('vault/secrets/deprecated'),
        box.path('vault/regions/us-east-1/secrets/deprecated'),
        { recursive: true }
      ),
    [
      'vault/regions/us-east-1/secrets/deprecated/secret.yaml: its ARN does not match its name, region and account'
    ]
  ],
  [
    'a hashed region that no document names',
    () =>
      fs.cpSync(
        box.path('vault/secrets/deprecated'),
        box.path(`vault/regions/x~${'a'.repeat(26)}/secrets/deprecated`),
        { recursive: true }
      ),
    [
      /this folder belongs to no region$/,
      /this folder belongs to no region$/,
      /this folder belongs to no region$/,
      /this folder belongs to no region$/,
      /this folder belongs to no region$/
    ]
  ],
  [
    'a key other than the name’s in the log',
    () => resign('secret', SECRET, ({ key }) => ({ key: { ...key, value: 'other' } })),
    [`${SECRET}: it is under key "other", but the key of "prod/db" is "default"`]
  ],
  [
    'a label on no version',
    () =>
      resign('stages', STAGES, ({ labels }) => ({
        labels: { ...labels, X: { ...labels['AWSPREVIOUS'], version: token('nowhere') } }
      })),
    [`${STAGES}: X is on a version that is not listed`]
  ],
  [
    'a ciphertext of an impossible size',
    () => reversion(() => ({ ciphertext: sized(1024 + 17) })),
    [`${CURRENT}: its ciphertext is not of the size of a padded value`]
  ],
  [
    'a ciphertext that is too large',
    () => reversion(() => ({ ciphertext: sized(131_072 + 16 + 1) })),
    [new RegExp(`^${CURRENT}: not a version document: ciphertext`)]
  ],
  [
    'a generation that is not in the log',
    () => reversion(() => ({ recipient: sized(16) })),
    [`${CURRENT}: it is sealed to a generation of key "default" that is not in the access log`]
  ],
  [
    'a version of another secret',
    () => reversion(({ secret }) => ({ secret: secret.replace('prod/db', 'prod/xx') })),
    [`${CURRENT}: it belongs to another secret or version`]
  ],
  [
    'an entry that is not in the log',
    () =>
      resign('secret', SECRET, ({ signed }) => ({
        signed: { ...signed, access: { ...signed.access, entry: '9' } }
      })),
    [`${SECRET}: it names an entry that is not in the access log`]
  ]
]

describe('a defect', () => {
  it.each(defects)('%s', async (_, spoil, found) => {
    await spoil()
    // tracked, because an untracked file is a problem of its own
    box.git('add', '--intent-to-add', 'vault')
    const outcome = await check(box)
    const patterns = found.map(line => (typeof line === 'string' ? line : expect.stringMatching(line)))
    expect(outcome.found).toEqual(patterns)
    expect(outcome.problems).toBe(outcome.found.length)
    // the same problems in a commit
    commitAll(box)
    const { found: inCommit } = await check(box, { revision: 'HEAD' })
    box.git('reset', '-q', '--hard', 'HEAD^')
    expect(inCommit).toEqual(outcome.found)
  })

  it.runIf(process.platform !== 'win32')('of a file mode: executable, link, submodule', async () => {
    fs.chmodSync(box.path(STAGES), 0o755)
    fs.renameSync(box.path(CURRENT), box.path('.git/aside'))
    fs.symlinkSync(box.path('.git/aside'), box.path(CURRENT))
    fs.symlinkSync('prod', box.path('vault/secrets/link'))
    box.git('init', '-q', 'vault/module')
    box.git('-C', 'vault/module', 'commit', '-q', '--allow-empty', '-m', 'x')
    const expected = [
      'vault/module: is a submodule',
      'vault/secrets/link: is a symbolic link',
      `${STAGES}: is executable`,
      `${CURRENT}: is a symbolic link`
    ].sort()
    expect((await check(box)).found).toEqual(expected)
    commitAll(box)
    const { found } = await check(box, { revision: 'HEAD' })
    box.git('reset', '-q', '--hard', 'HEAD^')
    expect(found).toEqual(expected)
  })

  it.runIf(process.platform !== 'win32')('of a folder that is a link', async () => {
    fs.renameSync(box.path('vault'), box.path('.git/aside-vault'))
    fs.symlinkSync(box.path('.git/aside-vault'), box.path('vault'))
    const { found } = await check(box)
    fs.rmSync(box.path('vault'))
    fs.renameSync(box.path('.git/aside-vault'), box.path('vault'))
    expect(found).toEqual([`${LOG}: is behind the symbolic link vault`])
  })

  it('of a value is found only by decrypting', async () => {
    await reversion(() => ({ ciphertext: sized(1024 + 16) }))
    expect((await check(box)).found).toEqual([])
    expect((await check(box, { decrypt: true })).found).toEqual([`${CURRENT}: the value does not decrypt`])
  })

  it('of the access log ends the check, because everything else depends on the log', async () => {
    forge(LOG)
    const { found, secrets } = await check(box)
    expect({ found, secrets }).toEqual({
      found: [`${LOG}: access log entry 1: the signature does not verify`],
      secrets: 0
    })
    box.write('.vaultrc', 'vault: [')
    expect((await check(box)).found).toEqual([expect.stringMatching(/^\.vaultrc: /)])
  })

  it('does not hide other defects', async () => {
    forge(SECRET)
    forge(KEY)
    remove(PREVIOUS)
    box.write('vault/x', '')
    box.write('vault/secrets/prod/y', '')
    forge('vault/secrets/deprecated/stages.yaml')
    fs.copyFileSync(box.path(CURRENT), box.path('vault/secrets/deprecated/versions/z.yaml'))
    expect((await check(box)).found).toEqual([
      `${KEY}: the signature does not verify`,
      'vault/secrets/deprecated/stages.yaml: the signature does not verify',
      'vault/secrets/deprecated/versions/z.yaml: stages.yaml lists no such version',
      `${SECRET}: the signature does not verify`,
      `${PREVIOUS}: missing, though stages.yaml lists it`,
      'vault/secrets/prod/y: not a file of a vault',
      'vault/x: not a file of a vault'
    ])
  })
})

describe('signposts', () => {
  const signpost = (name: string, primary: string, at = name) => {
    const path = `vault/regions/us-east-1/secrets/${at}/replica.yaml`
    box.write(
      path,
      formatDocument('replica', { kind: 'git-vault/replica', format: '1', name, primary }, path)
    )
    return path
  }

  it('that point nowhere cause warnings', async () => {
    const paths = [signpost('prod/db', 'local'), signpost('nothing', EU)]
    const outcome = await check(box)
    expect(outcome).toMatchObject({ found: [], warnings: 2 })
    expect(outcome.warned).toEqual([
      `${paths[1]}: points nowhere: ${EU} has no nothing with a replica in this region`,
      `${paths[0]}: points nowhere: local has no prod/db with a replica in this region`
    ])
  })

  it('with another name are problems', async () => {
    const path = signpost('prod/db', 'local', 'elsewhere')
    expect(await check(box)).toMatchObject({
      found: [`${path}: it belongs to the secret prod/db`],
      warned: []
    })
  })

  it('beside documents, and missing ones, cause warnings', async () => {
    fs.renameSync(
      box.path(`vault/regions/${EU}/secrets/replicated/replica.yaml`),
      box.path('vault/secrets/replicated/replica.yaml')
    )
    expect(await check(box)).toMatchObject({
      found: [],
      warned: [
        `vault/regions/${EU}/secrets/replicated/replica.yaml: missing, so the replica of replicated in ${EU} cannot be found`,
        "vault/secrets/replicated/replica.yaml: ignored, because a secret's own documents are in the same folder"
      ]
    })
  })

  it('to a refused secret cause warnings', async () => {
    forge('vault/secrets/replicated/secret.yaml')
    const { found, warned } = await check(box)
    expect(found).toEqual(['vault/secrets/replicated/secret.yaml: the signature does not verify'])
    expect(warned).toHaveLength(2)
    expect(warned[1]).toBe(
      `vault/regions/${EU}/secrets/replicated/replica.yaml: points to replicated in local, which failed verification`
    )
  })
})

describe('a clone', () => {
  it('without a memory needs the root as an option', async () => {
    const clone = await cloneOf(box)
    expect(await failure(check(clone))).toEqual({
      code: 'RootUnknown',
      message: `this clone does not trust this vault yet; its fingerprint: ${fingerprint(box.made.root)}`
    })
    expect(await check(clone, { root: box.made.root })).toMatchObject({ ...CLEAN, secrets: 10 })
    // the root was not pinned
    expect((await failure(check(clone))).code).toBe('RootUnknown')
    const other = 'A'.repeat(43)
    expect((await check(clone, { root: other })).found).toEqual([`${LOG}: its root is not ${other}`])
    expect((await check(box, { root: other })).found).toEqual([`${LOG}: its root is not ${other}`])
    process.env['GIT_VAULT_IDENTITY'] = `${secretString()}.${box.made.root}`
    expect(await check(clone)).toMatchObject(CLEAN)
    delete process.env['GIT_VAULT_IDENTITY']
    await trust(clone.root, box.made.root)
    expect(await check(clone)).toMatchObject({ ...CLEAN, secrets: 10 })
  })

  it('that has seen a newer state finds an older one on its branch', async () => {
    const vault = await makeVault()
    await vault.api.createSecret({ Name: 'a', SecretString: '1' })
    const old = vault.head()
    vault.git('branch', 'release')
    await vault.api.putSecretValue({ SecretId: 'a', SecretString: '2' })
    vault.git('reset', '-q', '--hard', old)
    const path = 'vault/secrets/a/stages.yaml'
    const older = [`${path}: an older state of a than this clone has seen on this branch`]
    expect((await check(vault)).found).toEqual(older)
    // a named commit may be old
    expect(await check(vault, { revision: 'HEAD' })).toMatchObject(CLEAN)
    vault.git('checkout', '-q', 'release')
    expect(await check(vault)).toMatchObject({ ...CLEAN, notices: [] })
    vault.git('checkout', '-q', '--detach')
    expect(await check(vault)).toMatchObject({
      ...CLEAN,
      notices: ['HEAD is detached: this state may be older than what this clone has seen']
    })
  })

  it('that has verified a longer log finds that it was cut', async () => {
    const vault = await makeVault()
    await vault.api.createSecret({ Name: 'a', SecretString: '1' })
    const old = vault.head()
    await admit(vault, 'bob', new Map([['default', ['decrypt', 'encrypt']]]))
    // this pins the log
    await vault.api.describeSecret({ SecretId: 'a' })
    expect(await check(vault)).toMatchObject(CLEAN)
    const behind = 'lacks access log entries that this clone has verified'
    vault.git('reset', '-q', '--hard', old)
    expect((await check(vault)).found).toEqual([`${LOG}: ${behind}`])
    vault.git('checkout', '-q', '--detach')
    expect(await check(vault)).toMatchObject({
      ...CLEAN,
      notices: [expect.stringContaining('detached'), `${LOG} ${behind}; its files are checked against those`]
    })
  })
})

it('a check while another process writes reports no false problems', { timeout: 60_000 }, async () => {
  const vault = await makeVault()
  const driver = startDriver({ directory: vault.root, name: 'busy', create: true, count: 15 })
  let isDone = false
  const ended = driver.ended.finally(() => (isDone = true))
  const found: string[] = []
  while (!isDone) {
    found.push(...(await check(vault)).found)
    await setImmediate()
  }
  expect({ ...(await ended), found }).toEqual({ code: 0, signal: null, found: [] })
  expect(await check(vault)).toMatchObject({ ...CLEAN, secrets: 1, versions: 16 })
})

describe('members', () => {
  it('who move a label back without the right to are reported', async () => {
    const vault = await makeVault()
    const SecretId = 'a'
    await vault.api.createSecret({ Name: SecretId, SecretString: '1', ClientRequestToken: token(1) })
    await vault.api.putSecretValue({ SecretId, SecretString: '2', ClientRequestToken: token(2) })
    const bob = await admit(vault, 'bob', new Map([['default', ['encrypt']]]))
    await as(bob, async () =>
      (await openVault(vault.options)).putSecretValue({ SecretId, SecretString: '3' })
    )
    expect(await check(vault)).toMatchObject(CLEAN)
    const path = 'vault/secrets/a/stages.yaml'
    const document = await parseDocument('stages', utf8(vault.read(path)), path)
    const { signature: _, ...unsigned } = document
    const current = { ...unsigned.labels['AWSCURRENT']!, version: token(1) }
    const serial = String(Number(unsigned.signed.serial) + 1)
    const forged = signDocument<StagesDocument>(
      {
        ...unsigned,
        labels: { ...unsigned.labels, AWSCURRENT: current },
        signed: { ...unsigned.signed, serial }
      },
      vault.made.root,
      bob.signSecret
    )
    vault.write(path, formatUnchecked('stages', forged, path))
    expect((await check(vault)).found).toEqual([
      `${path}: signed by bob, who may not move AWSCURRENT there, and the move has no valid proof`
    ])
  })

  it('without a box cause a warning, and removed members do not', async () => {
    const vault = await makeVault()
    await vault.api.createSecret({ Name: 'a', SecretString: '1' })
    const bob = await admit(vault, 'bob', new Map([['default', ['decrypt', 'encrypt', 'manage']]]))
    await as(bob, async () =>
      (await openVault(vault.options)).putSecretValue({ SecretId: 'a', SecretString: '2' })
    )
    expect(await check(vault)).toMatchObject({ ...CLEAN, versions: 2 })
    const before = vault.read(KEY)
    await removeMember(await vault.internal(), 'bob', () => undefined)
    expect(await check(vault, { decrypt: true })).toMatchObject({ ...CLEAN, opened: 2 })
    expect(await as(bob, () => check(vault, { decrypt: true }))).toMatchObject({ opened: 2, closed: 0 })
    expect(before).toBe(vault.read(KEY))

    const [state] = [vault.head()]
    const carol = await admit(vault, 'carol', new Map([['default', ['decrypt']]]))
    vault.git('checkout', '-q', state, '--', 'vault/keys')
    const { found, warned } = await check(vault)
    expect(found).toEqual([])
    expect(warned).toEqual(
      [1, 2].map(n => `vault/keys/default/${n}.yaml: not sealed for carol, who may decrypt under key default`)
    )
    expect(await as(carol, () => check(vault, { decrypt: true }))).toMatchObject({ opened: 0, closed: 2 })
  })

  it('who are removed without re-signing leave documents that fail verification', async () => {
    const vault = await makeVault()
    const bob = await admit(vault, 'bob', new Map([['default', ['encrypt', 'manage']]]))
    await as(bob, async () => (await openVault(vault.options)).createSecret({ Name: 'a', SecretString: '1' }))
    await extendLog(vault, [{ change: 'remove', member: 'bob' }])
    expect((await check(vault)).found).toEqual(
      ['secret', 'stages'].map(file => `vault/secrets/a/${file}.yaml: signed by bob, who may not sign it`)
    )
  })
})
