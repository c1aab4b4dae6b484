import * as fs from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { parseInvitation } from '../../../src/core/access/invitation.js'
import { parsePublic, publicIdentity } from '../../../src/core/crypto/identity.js'
import { openVault } from '../../../src/index.js'
import { call } from '../../../src/operations/call.js'
import { acceptInvitation, inspectRoot, trust } from '../../../src/app/trust.js'
import { requestedKey, requestMembership } from '../../../src/vault/team/memberRequest.js'
import { roster } from '../../../src/vault/team/roster.js'
import {
  addKey,
  addMember,
  bindNames,
  grant,
  removeMember,
  revoke,
  setRole
} from '../../../src/vault/team/team.js'
import { cloneOf, failure, makeVault, token, type TestVault } from '../fixture.js'
import { admit, newPerson, rights } from '../people.js'

const quiet = (): void => undefined
const DENIED = { code: 'AccessDeniedException' }

let box: TestVault
beforeEach(async () => {
  box = await makeVault('team')
  await box.api.createSecret({ Name: 'prod/db', SecretString: 'one' })
})

/** The files of the newest commit. */
const touched = (): string[] => box.git('show', '--format=', '--name-only', 'HEAD').trim().split('\n').sort()
const value = async (secretId = 'prod/db') =>
  (await box.api.getSecretValue({ SecretId: secretId })).SecretString

describe('a member', () => {
  it('is added in one small commit, and reads old and new values', async () => {
    const bob = await admit(box, 'bob', { default: 'decrypt encrypt' })
    expect(touched()).toEqual(['vault/access.yaml', 'vault/keys/default/1.yaml'])
    expect(box.git('log', '-1', '--format=%B').trim()).toBe(
      'AddMember bob\n\nKey-Rights: default decrypt encrypt\nMember: alice'
    )
    expect(await bob.call(box, 'GetSecretValue', { SecretId: 'prod/db' })).toMatchObject({
      SecretString: 'one'
    })
    await bob.call(box, 'PutSecretValue', {
      SecretId: 'prod/db',
      SecretString: 'two',
      ClientRequestToken: token(2)
    })
    expect(await value()).toBe('two')
    box.expectClean()
  })

  it('is added with the same files to a vault with many secrets', async () => {
    for (let number = 0; number < 20; number++)
      await box.api.createSecret({ Name: `many/${number}`, SecretString: 'x' })
    await admit(box, 'bob', { default: 'decrypt' })
    expect(touched()).toEqual(['vault/access.yaml', 'vault/keys/default/1.yaml'])
  })

  it('without decrypt can put and retry, but cannot read', async () => {
    const ci = await admit(box, 'ci', { default: 'encrypt' })
    for (let number = 0; number < 10; number++) {
      const put = { SecretId: 'prod/db', SecretString: `value ${number}`, ClientRequestToken: token(number) }
      const first = await ci.call(box, 'PutSecretValue', put)
      const commits = box.commits()
      expect(await ci.call(box, 'PutSecretValue', put)).toEqual(first)
      expect(await failure(ci.call(box, 'PutSecretValue', { ...put, SecretString: 'other' }))).toMatchObject({
        code: 'ResourceExistsException'
      })
      expect(box.commits()).toBe(commits)
      expect(await failure(ci.call(box, 'GetSecretValue', { SecretId: 'prod/db' }))).toMatchObject({
        code: 'DecryptionFailure'
      })
      expect(await value()).toBe(`value ${number}`)
    }
    // a version by another member cannot be compared
    await box.api.putSecretValue({
      SecretId: 'prod/db',
      SecretString: 'hers',
      ClientRequestToken: token('a')
    })
    const same = { SecretId: 'prod/db', SecretString: 'hers', ClientRequestToken: token('a') }
    expect(await failure(ci.call(box, 'PutSecretValue', same))).toMatchObject({
      code: 'ResourceExistsException'
    })
    // a retry after a restart, when another member has re-encrypted the version
    await addKey(await box.internal(), 'prod', ['prod/**'], quiet)
    await grant(await box.internal(), 'ci', rights({ prod: 'encrypt' }))
    const put9 = { SecretId: 'prod/db', SecretString: 'value 9', ClientRequestToken: token(9) }
    expect(await ci.call(box, 'PutSecretValue', put9)).toMatchObject({ VersionId: token(9) })
  })

  it('with decrypt and manage, but without encrypt, cannot put or re-encrypt a value', async () => {
    const dora = await admit(box, 'dora', { default: 'decrypt manage' })
    await box.api.createSecret({ Name: 'copied', SecretString: 'one' })
    await box.api.replicateSecretToRegions({
      SecretId: 'copied',
      AddReplicaRegions: [{ Region: 'eu-west-1' }]
    })
    await admit(box, 'bob', { default: 'decrypt' })
    await removeMember(await box.internal(), 'bob', quiet)
    const before = box.state()
    const calls = [
      ['PutSecretValue', { SecretString: 'x', ClientRequestToken: token(2) }],
      ['UpdateSecret', { SecretString: 'x', ClientRequestToken: token(2) }],
      ['UpdateSecret', { KmsKeyId: 'alias/default', ClientRequestToken: token(3) }]
    ] as const
    for (const [name, input] of calls)
      expect(await failure(dora.call(box, name, { SecretId: 'prod/db', ...input }))).toMatchObject(DENIED)
    const replica = (await dora.open(box)).inRegion('eu-west-1')
    expect(await failure(call(replica, 'StopReplicationToReplica', { SecretId: 'copied' }))).toMatchObject(
      DENIED
    )
    expect(box.state()).toBe(before)
    await grant(await box.internal(), 'dora', rights({ default: 'encrypt' }))
    await dora.call(box, 'UpdateSecret', {
      SecretId: 'prod/db',
      KmsKeyId: 'alias/default',
      ClientRequestToken: token(3)
    })
    await call((await dora.open(box)).inRegion('eu-west-1'), 'StopReplicationToReplica', {
      SecretId: 'copied'
    })
    expect(await value()).toBe('one')
  })

  it('without manage cannot move a label back, create or delete', async () => {
    const ci = await admit(box, 'ci', { default: 'encrypt' })
    const first = (await box.api.getSecretValue({ SecretId: 'prod/db' })).VersionId
    await ci.call(box, 'PutSecretValue', {
      SecretId: 'prod/db',
      SecretString: 'two',
      ClientRequestToken: token(2)
    })
    const before = box.state()
    const calls = [
      [
        'UpdateSecretVersionStage',
        {
          SecretId: 'prod/db',
          VersionStage: 'AWSCURRENT',
          MoveToVersionId: first,
          RemoveFromVersionId: token(2)
        }
      ],
      ['UpdateSecretVersionStage', { SecretId: 'prod/db', VersionStage: 'x', MoveToVersionId: first }],
      ['CreateSecret', { Name: 'new', SecretString: 'x', ClientRequestToken: token('n') }],
      ['DeleteSecret', { SecretId: 'prod/db' }],
      ['TagResource', { SecretId: 'prod/db', Tags: [{ Key: 'a', Value: 'b' }] }],
      ['UpdateSecret', { SecretId: 'prod/db', Description: 'x', ClientRequestToken: token('u') }],
      ['PutResourcePolicy', { SecretId: 'prod/db', ResourcePolicy: '{"Statement":[]}' }]
    ] as const
    for (const [name, input] of calls)
      expect((await failure(ci.call(box, name, input))).code, name).toMatch(/AccessDenied|Malformed/)
    expect(box.state()).toBe(before)
  })

  it('with only decrypt cannot write', async () => {
    const eve = await admit(box, 'eve', { default: 'decrypt' })
    const before = box.state()
    const put = { SecretId: 'prod/db', SecretString: 'x', ClientRequestToken: token('x') }
    expect(await failure(eve.call(box, 'PutSecretValue', put))).toMatchObject(DENIED)
    expect(
      await failure(
        addMember(await eve.open(box), {
          name: 'mallory',
          publicKey: (await newPerson('m')).publicKey,
          admin: false,
          rights: rights({ default: 'decrypt' })
        })
      )
    ).toMatchObject(DENIED)
    expect(await eve.call(box, 'GetSecretValue', { SecretId: 'prod/db' })).toMatchObject({
      SecretString: 'one'
    })
    expect(box.state()).toBe(before)
  })

  it('cannot take the name or key of a present or former member', async () => {
    const bob = await admit(box, 'bob', { default: 'decrypt' })
    const vault = await box.internal()
    const add = (name: string, publicKey: string) =>
      failure(addMember(vault, { name, publicKey, admin: false, rights: new Map() }))
    const fresh = (await newPerson('x')).publicKey
    expect((await add('bob', fresh)).message).toBe('"bob" is already a member: choose another name')
    expect((await add('robert', bob.publicKey)).message).toBe("that is bob's public string")
    expect((await add('Bob', fresh)).message).toContain("a member's name is")
    expect((await add('x', `${fresh.slice(0, -1)}!`)).message).toContain(
      'that is not a valid gvpub1_… string'
    )
    await removeMember(vault, 'bob', quiet)
    expect((await add('bob', fresh)).message).toBe(
      '"bob" was a member, and names are never reused: choose another name'
    )
    expect((await add('robert', bob.publicKey)).message).toContain('a removed member needs a new identity')
  })

  it('with a key of small order is refused, as a member and as a request', async () => {
    const vault = await box.internal()
    const before = box.head()
    const { signKey, boxKey } = parsePublic((await newPerson('x')).publicKey)!
    const weak = new Uint8Array(32)
    for (const keys of [publicIdentity(signKey, weak), publicIdentity(weak, boxKey)]) {
      const member = { name: 'weak', publicKey: keys.text, admin: false }
      expect(
        await failure(addMember(vault, { ...member, rights: new Map([['default', ['decrypt']]]) }))
      ).toEqual({
        code: 'Usage',
        message: 'the public string of "weak" has a key of small order or in a non-canonical encoding'
      })
      expect((await failure(requestMembership(vault, 'weak', keys.text))).message).toContain('of small order')
      box.write('member-requests/weak.txt', `${keys.text}\n`)
      box.git('add', 'member-requests')
      expect((await failure(requestedKey(vault, 'weak'))).message).toBe(
        'the public string in member-requests/weak.txt has a key of small order or in a non-canonical encoding'
      )
      box.git('rm', '-rqf', 'member-requests')
    }
    expect(box.head()).toBe(before)
  })

  it('who cannot decrypt cannot grant decrypt', async () => {
    const admin = await admit(box, 'boss', { default: 'encrypt' }, true)
    const publicKey = (await newPerson('x')).publicKey
    const vault = await admin.open(box)
    expect(
      await failure(
        addMember(vault, { name: 'x', publicKey, admin: false, rights: rights({ default: 'decrypt' }) })
      )
    ).toMatchObject({
      code: 'AccessDeniedException',
      message: 'boss cannot decrypt under key default, so cannot grant that right'
    })
    await addMember(vault, {
      name: 'x',
      publicKey,
      admin: false,
      rights: rights({ default: 'encrypt manage' })
    })
  })
})

describe('an invitation', () => {
  it('pins the log that it names or a later one, and refuses an older or another log', async () => {
    const old = await cloneOf(box)
    const bob = await newPerson('bob')
    const { invitation } = await addMember(await box.internal(), {
      name: 'bob',
      publicKey: bob.publicKey,
      admin: false,
      rights: rights({ default: 'decrypt' })
    })
    expect(parseInvitation(invitation)).toMatchObject({ root: box.made.root, entry: 2 })
    expect(await failure(acceptInvitation(old.root, invitation))).toEqual({
      code: 'DocumentRefused',
      message: 'vault/access.yaml: the access log ends before the entry that the invitation names'
    })
    await admit(box, 'carol', { default: 'decrypt' })
    const clone = await cloneOf(box)
    expect((await acceptInvitation(clone.root, invitation)).root).toBe(box.made.root)
    expect(await bob.call(clone, 'GetSecretValue', { SecretId: 'prod/db' })).toMatchObject({
      SecretString: 'one'
    })
    const other = await makeVault('other')
    expect((await failure(acceptInvitation(other.root, invitation))).message).toContain('another vault')
    expect((await failure(acceptInvitation(clone.root, `${invitation.slice(0, -2)}AA`))).code).toBe('Usage')
  })
})

describe('a key', () => {
  it('takes over the secrets of its names in one commit, with all their versions and settings', async () => {
    const bob = await admit(box, 'bob', { default: 'decrypt encrypt manage' })
    await bob.call(box, 'PutSecretValue', {
      SecretId: 'prod/db',
      SecretString: 'two',
      ClientRequestToken: token(2)
    })
    await box.api.createSecret({ Name: 'dev/x', SecretString: 'dev' })
    const before = await box.api.describeSecret({ SecretId: 'prod/db' })
    expect(await addKey(await box.internal(), 'prod', ['prod/**'], quiet)).toEqual([])
    const after = await box.api.describeSecret({ SecretId: 'prod/db' })
    expect(after).toMatchObject({ KmsKeyId: 'alias/prod', VersionIdsToStages: before.VersionIdsToStages })
    expect((await box.api.listSecretVersionIds({ SecretId: 'prod/db' })).Versions).toMatchObject([
      { KmsKeyIds: ['alias/prod'] },
      { KmsKeyIds: ['alias/prod'] }
    ])
    expect(await value()).toBe('two')
    expect(
      (await box.api.getSecretValue({ SecretId: 'prod/db', VersionStage: 'AWSPREVIOUS' })).SecretString
    ).toBe('one')
    expect(await failure(bob.call(box, 'GetSecretValue', { SecretId: 'prod/db' }))).toMatchObject({
      code: 'DecryptionFailure'
    })
    expect(await bob.call(box, 'GetSecretValue', { SecretId: 'dev/x' })).toMatchObject({
      SecretString: 'dev'
    })
    expect(
      await failure(
        bob.call(box, 'PutSecretValue', {
          SecretId: 'prod/db',
          SecretString: 'x',
          ClientRequestToken: token('x')
        })
      )
    ).toMatchObject(DENIED)
    expect(touched().filter(path => path.includes('dev/'))).toEqual([])
    box.expectClean()
  })

  it('with the longest matching pattern is used, and can give its names back', async () => {
    await addKey(await box.internal(), 'prod', ['prod/**'], quiet)
    await addKey(await box.internal(), 'one', ['prod/db'], quiet)
    expect((await box.api.describeSecret({ SecretId: 'prod/db' })).KmsKeyId).toBe('alias/one')
    await bindNames(await box.internal(), 'default', ['prod/db'], quiet)
    expect((await box.api.describeSecret({ SecretId: 'prod/db' })).KmsKeyId).toBeUndefined()
    expect(await value()).toBe('one')
    const { keys } = await roster(await box.internal())
    expect(keys.map(({ alias, names }) => [alias, names])).toEqual([
      ['default', ['**', 'prod/db']],
      ['prod', ['prod/**']],
      ['one', []]
    ])
  })

  it('can be chosen with KmsKeyId, by an admin', async () => {
    const bob = await admit(box, 'bob', { default: 'decrypt encrypt manage' })
    await addKey(await box.internal(), 'other', ['other/**'], quiet)
    await grant(await box.internal(), 'bob', rights({ other: 'decrypt encrypt manage' }))
    expect(
      await failure(
        bob.call(box, 'UpdateSecret', {
          SecretId: 'prod/db',
          KmsKeyId: 'alias/other',
          ClientRequestToken: token('k')
        })
      )
    ).toMatchObject(DENIED)
    await box.api.updateSecret({ SecretId: 'prod/db', KmsKeyId: 'alias/other', SecretString: 'two' })
    expect(await box.api.describeSecret({ SecretId: 'prod/db' })).toMatchObject({ KmsKeyId: 'alias/other' })
    await box.api.createSecret({
      Name: 'fresh',
      SecretString: 'x',
      KmsKeyId: 'arn:aws:kms:local:000000000000:alias/other'
    })
    expect(await bob.call(box, 'DescribeSecret', { SecretId: 'fresh' })).toMatchObject({
      KmsKeyId: 'alias/other'
    })
    await box.api.updateSecret({ SecretId: 'fresh', KmsKeyId: 'alias/aws/secretsmanager' })
    expect((await box.api.describeSecret({ SecretId: 'fresh' })).KmsKeyId).toBeUndefined()
    await box.api.createSecret({ Name: 'no-value', KmsKeyId: 'alias/other' })
    await box.api.updateSecret({ SecretId: 'no-value', KmsKeyId: 'default' })
    expect((await box.api.describeSecret({ SecretId: 'no-value' })).KmsKeyId).toBeUndefined()
  })
})

describe('a key in other regions', () => {
  it('takes over secrets of the name there, too', async () => {
    const other = await openVault({ ...box.options, region: 'eu-1' })
    await other.createSecret({ Name: 'prod/db', SecretString: 'elsewhere' })
    const elsewhere = () => other.getSecretValue({ SecretId: 'prod/db' })
    await addKey(await box.internal(), 'prod', ['prod/**'], quiet)
    expect(await elsewhere()).toMatchObject({ SecretString: 'elsewhere' })
    await box.api.updateSecret({ SecretId: 'prod/db', KmsKeyId: 'alias/default' })
    expect(await value()).toBe('one')
    expect(await elsewhere()).toMatchObject({ SecretString: 'elsewhere' })
    expect((await other.describeSecret({ SecretId: 'prod/db' })).KmsKeyId).toBeUndefined()
    await other.updateSecret({ SecretId: 'prod/db', KmsKeyId: 'alias/prod' })
    expect(await value()).toBe('one')
    expect((await box.api.describeSecret({ SecretId: 'prod/db' })).KmsKeyId).toBe('alias/prod')
    box.expectClean()
  })

  it('cannot be set for a replica', async () => {
    await addKey(await box.internal(), 'other', ['other/**'], quiet)
    const replicate = (KmsKeyId: string) =>
      box.api.replicateSecretToRegions({
        SecretId: 'prod/db',
        AddReplicaRegions: [{ Region: 'eu-1', KmsKeyId }]
      })
    const before = box.state()
    expect(await failure(replicate('alias/other'))).toEqual({
      code: 'InvalidParameterException',
      message: 'The secret prod/db belongs to the key alias/default of this vault, in every region.'
    })
    expect(box.state()).toBe(before)
    await addKey(await box.internal(), 'prod', ['prod/**'], quiet)
    await replicate('alias/aws/secretsmanager')
    expect(await value()).toBe('one')
  })
})

describe('an entry that another admin pushed first', () => {
  it('is accepted only after the user trusts it', async () => {
    const boss = await admit(box, 'boss', { default: 'decrypt encrypt manage' }, true)
    const clone = await cloneOf(box)
    await trust(clone.root, box.made.root)
    await addKey(await boss.open(clone), 'mine', ['mine/**'], quiet)
    await addKey(await box.internal(), 'hers', ['hers/**'], quiet)
    clone.git('fetch', '-q')
    clone.git('reset', '-q', '--hard', 'origin/main')
    expect(await inspectRoot(clone.root)).toMatchObject({ trusted: true, relation: 'fork' })
    expect((await failure(clone.api.describeSecret({ SecretId: 'prod/db' }))).message).toContain('forks from')
    await trust(clone.root, box.made.root)
    expect((await failure(clone.api.describeSecret({ SecretId: 'prod/db' }))).message).toContain('forks from')
    await trust(clone.root, box.made.root, true)
    expect(await boss.call(clone, 'GetSecretValue', { SecretId: 'prod/db' })).toMatchObject({
      SecretString: 'one'
    })
    await addKey(await boss.open(clone), 'mine', ['mine/**'], quiet)
    // and the clone pins its own write at once
    expect(clone.read('.git/git-vault/pin')).toBe(clone.read('vault/access.yaml'))
  })
})

describe('a removed member', () => {
  it('must not be the last who can decrypt', async () => {
    const bob = await admit(box, 'bob', { default: 'decrypt encrypt manage' }, true)
    const before = box.state()
    await revoke(await bob.open(box), 'alice', rights({ default: 'decrypt' }), quiet)
    expect((await failure(removeMember(await box.internal(), 'bob', quiet))).message).toBe(
      'nobody would be left who can decrypt under key default'
    )
    expect(box.state()).not.toBe(before)
  })

  it('cannot open later values, and their writes are refused', async () => {
    const bob = await admit(box, 'bob', { default: 'decrypt encrypt manage' })
    await bob.call(box, 'CreateSecret', { Name: 'his', SecretString: 'a', ClientRequestToken: token('h') })
    await bob.call(box, 'TagResource', { SecretId: 'prod/db', Tags: [{ Key: 'by', Value: 'bob' }] })
    const lost = await removeMember(await box.internal(), 'bob', quiet)
    expect(lost).toEqual({ keys: ['default'], skipped: [] })
    // the documents that he signed last are re-signed, with the same content
    expect(await value('his')).toBe('a')
    expect((await box.api.describeSecret({ SecretId: 'prod/db' })).Tags).toEqual([
      { Key: 'by', Value: 'bob' }
    ])
    await box.api.putSecretValue({ SecretId: 'his', SecretString: 'b' })
    const copy = await cloneOf(box)
    fs.cpSync(box.path('.git/git-vault'), copy.path('.git/git-vault'), { recursive: true })
    expect(await failure(bob.call(copy, 'GetSecretValue', { SecretId: 'his' }))).toMatchObject({
      code: 'DecryptionFailure'
    })
    expect(await bob.call(copy, 'GetSecretValue', { SecretId: 'prod/db' })).toMatchObject({
      SecretString: 'one'
    })
    const put = { SecretId: 'his', SecretString: 'c', ClientRequestToken: token('c') }
    expect(await failure(bob.call(copy, 'PutSecretValue', put))).toMatchObject({ code: 'IdentityNotFound' })
    box.expectClean()
  })

  it('who was an admin leaves the key documents that they signed valid', async () => {
    const boss = await admit(box, 'boss', { default: 'decrypt encrypt manage' }, true)
    const carol = await newPerson('carol')
    await addMember(await boss.open(box), {
      name: 'carol',
      publicKey: carol.publicKey,
      admin: false,
      rights: rights({ default: 'decrypt encrypt' })
    })
    await addKey(await boss.open(box), 'prod', ['prod/**'], quiet)
    await grant(await boss.open(box), 'alice', rights({ prod: 'decrypt encrypt manage' }))
    expect(await removeMember(await box.internal(), 'boss', quiet)).toEqual({
      keys: ['default', 'prod'],
      skipped: []
    })
    expect(await value()).toBe('one')
    await box.api.createSecret({ Name: 'dev/y', SecretString: 'y' })
    expect(await carol.call(box, 'GetSecretValue', { SecretId: 'dev/y' })).toMatchObject({
      SecretString: 'y'
    })
    expect(await failure(boss.call(box, 'GetSecretValue', { SecretId: 'dev/y' }))).toMatchObject({
      code: 'DecryptionFailure'
    })
    box.expectClean()
  })

  it('must not be the last admin', async () => {
    expect((await failure(removeMember(await box.internal(), 'alice', quiet))).message).toBe(
      "alice is the vault's last admin"
    )
    expect((await failure(setRole(await box.internal(), 'alice', 'member', quiet))).message).toBe(
      "alice is the vault's last admin"
    )
    const boss = await admit(box, 'boss', {}, true)
    expect((await failure(removeMember(await box.internal(), 'alice', quiet))).message).toBe(
      'you cannot do this to yourself: ask another admin'
    )
    await setRole(await boss.open(box), 'alice', 'member', quiet)
    expect(await value()).toBe('one')
    await box.api.putSecretValue({ SecretId: 'prod/db', SecretString: 'still hers to write' })
    expect(await failure(addKey(await box.internal(), 'x', ['x'], quiet))).toMatchObject(DENIED)
    expect(await failure(removeMember(await box.internal(), 'boss', quiet))).toMatchObject({
      message: "boss is the vault's last admin"
    })
  })

  it('can lose single rights instead, and regain them', async () => {
    const bob = await admit(box, 'bob', { default: 'decrypt encrypt manage' })
    await bob.call(box, 'CreateSecret', { Name: 'his', SecretString: 'a', ClientRequestToken: token('h') })
    await bob.call(box, 'PutSecretValue', {
      SecretId: 'prod/db',
      SecretString: 'two',
      ClientRequestToken: token(2)
    })
    expect(await revoke(await box.internal(), 'bob', rights({ default: 'manage' }), quiet)).toEqual({
      keys: [],
      skipped: []
    })
    expect(await value('his')).toBe('a')
    expect(await value()).toBe('two')
    await bob.call(box, 'PutSecretValue', {
      SecretId: 'his',
      SecretString: 'b',
      ClientRequestToken: token('b')
    })
    expect(await value('his')).toBe('b')
    expect(await failure(bob.call(box, 'DeleteSecret', { SecretId: 'his' }))).toMatchObject(DENIED)
    expect(await revoke(await box.internal(), 'bob', rights({ default: 'decrypt encrypt' }), quiet)).toEqual({
      keys: ['default'],
      skipped: []
    })
    expect(await value('his')).toBe('b')
    await grant(await box.internal(), 'bob', rights({ default: 'decrypt encrypt manage' }))
    expect(await bob.call(box, 'GetSecretValue', { SecretId: 'his' })).toMatchObject({ SecretString: 'b' })
    await bob.call(box, 'DeleteSecret', { SecretId: 'his', ForceDeleteWithoutRecovery: true })
    expect(
      (await failure(revoke(await box.internal(), 'bob', rights({ other: 'decrypt' }), quiet))).message
    ).toBe('bob does not have decrypt on other')
  })

  it('leaves documents that were refused before as they are, and the removal names them', async () => {
    await admit(box, 'bob', { default: 'decrypt' })
    await box.api.createSecret({ Name: 'spoiled', SecretString: 'x' })
    const path = 'vault/secrets/spoiled/secret.yaml'
    box.write(path, box.read(path).replace('serial: "1"', 'serial: "2"'))
    box.git('commit', '-qam', 'by hand')
    const { skipped } = await removeMember(await box.internal(), 'bob', quiet)
    expect(skipped).toMatchObject([{ path, why: `${path}: the signature does not verify` }])
    expect(await value()).toBe('one')
  })
})

describe('a committed request', () => {
  it('is found by its name, and removed when the member is added', async () => {
    const bob = await newPerson('bob')
    const clone = await cloneOf(box)
    const path = await requestMembership(await clone.internal(), 'bob', bob.publicKey)
    expect(path).toBe('member-requests/bob.txt')
    expect(clone.git('log', '-1', '--format=%s').trim()).toBe('RequestMembership bob')
    const commits = clone.commits()
    await requestMembership(await clone.internal(), 'bob', bob.publicKey)
    expect(clone.commits()).toBe(commits)
    const other = await newPerson('bob')
    expect((await failure(requestMembership(await clone.internal(), 'bob', other.publicKey))).code).toBe(
      'Usage'
    )
    expect((await failure(requestMembership(await clone.internal(), '../x', other.publicKey))).code).toBe(
      'Usage'
    )
    box.git('pull', '-q', clone.root, 'main')
    expect(await requestedKey(await box.internal(), 'bob')).toBe(bob.publicKey)
    expect(await requestedKey(await box.internal(), 'nobody')).toBeUndefined()
    expect(await requestedKey(await box.internal(), '../x')).toBeUndefined()
    await addMember(await box.internal(), {
      name: 'bob',
      publicKey: bob.publicKey,
      admin: false,
      rights: new Map()
    })
    expect(box.files()).not.toContain(path)
    box.expectClean()
  })
})
