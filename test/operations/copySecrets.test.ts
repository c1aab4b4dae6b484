import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { copySecrets, planCopy, type CopyOptions, type Pair } from '../../src/operations/copySecrets.js'
import type { Vault } from '../../src/vault/vault.js'
import { exposure } from '../../src/vault/team/exposure.js'
import { addKey, bindNames, grant, removeMember } from '../../src/vault/team/team.js'
import {
  DAY,
  failure,
  makeScheduled,
  makeVault,
  putMany,
  scratch,
  TestVault,
  token
} from '../vault/fixture.js'
import { meet, mergeOf, put, follower } from '../vault/merging/mergeKit.js'
import { admit, rights } from '../vault/people.js'
import { check, checkRange } from '../vault/verify/verifyKit.js'

let box: TestVault
let start: string
const quiet = () => undefined

let made: TestVault
beforeAll(async () => {
  made = await makeVault('copy')
  made.clock.time = Date.now()
  await made.api.createSecret({
    Name: 'dev/db',
    SecretString: 'one',
    Description: 'the database',
    Tags: [{ Key: 'team', Value: 'data' }],
    ClientRequestToken: token('one')
  })
  for (const value of ['two', 'three'])
    await made.api.putSecretValue({
      SecretId: 'dev/db',
      SecretString: value,
      ClientRequestToken: token(value)
    })
  await made.api.updateSecretVersionStage({
    SecretId: 'dev/db',
    VersionStage: 'GOOD',
    MoveToVersionId: token('one')
  })
  start = made.head()
})

beforeEach(async () => {
  const root = join(scratch('copy'), 'work')
  cpSync(made.root, root, { recursive: true })
  box = new TestVault(root, made.made)
  box.clock.time = made.clock.time + 1000
  await box.reopen()
})

const COPY = {
  versions: 'current',
  policy: false,
  rotation: false,
  newToken: () => crypto.randomUUID()
} as const
const MOVE = { ...COPY, versions: 'all', policy: true, rotation: true, removal: {} } as const

async function run(pair: Pair, options: CopyOptions, vault?: Vault) {
  const opened = vault ?? (await box.internal())
  return copySecrets(opened, await planCopy(opened, pair, options.removal), options)
}
const cp = (from: string, to: string, more: Partial<CopyOptions> = {}) =>
  run({ from, to }, { ...COPY, ...more })
const mv = (from: string, to: string, more: Partial<CopyOptions> = {}) =>
  run({ from, to }, { ...MOVE, ...more })
const read = async (SecretId: string, more = {}) =>
  (await box.api.getSecretValue({ SecretId, ...more })).SecretString
const labels = async (SecretId: string) => (await box.api.describeSecret({ SecretId })).VersionIdsToStages
const message = () => box.git('log', '-1', '--format=%B').trim()

async function expectGreen(): Promise<void> {
  box.expectClean()
  expect((await check(box)).found).toEqual([])
  expect((await checkRange(box, `${start}..HEAD`)).found).toEqual([])
}

describe('a rotation', () => {
  const rotation = { function: 'plain', enabled: 'yes', days: '30' } as const

  it('is that of a moved secret, with the date of the last one, and not of a copied one', async () => {
    const vault = await box.internal()
    await vault.write('RotateSecret', async draft => {
      const secret = await draft.secret('dev/db')
      const stamp = draft.stamp(secret)
      draft.updateSecret(
        secret,
        { rotation: { ...rotation, changed: stamp }, rotated: stamp },
        undefined,
        stamp
      )
    })
    const of = async (SecretId: string) => {
      const described = await box.api.describeSecret({ SecretId })
      const { RotationEnabled, RotationLambdaARN, RotationRules, LastRotatedDate, NextRotationDate } =
        described
      return { RotationEnabled, RotationLambdaARN, RotationRules, LastRotatedDate, NextRotationDate }
    }
    const before = await of('dev/db')
    expect(before).toMatchObject({ RotationEnabled: true, RotationRules: { AutomaticallyAfterDays: 30 } })
    expect(before.LastRotatedDate).toBeInstanceOf(Date)
    await cp('dev/db', 'dev/copy', { versions: 'all' })
    expect((await of('dev/copy')).RotationEnabled).toBeUndefined()
    await mv('dev/db', 'dev/new')
    expect(await of('dev/new')).toEqual(before)
    await expectGreen()
  })
})

describe('a copy', () => {
  it('is a secret of its own, with the current value, the description and the tags', async () => {
    const commits = box.commits()
    const [copied] = await cp('dev/db', 'dev/copy')
    expect(copied).toMatchObject({ from: 'dev/db', to: 'dev/copy', unread: [], deletion: undefined })
    expect(box.commits()).toBe(commits + 1)
    const [old, made] = await Promise.all(
      ['dev/db', 'dev/copy'].map(SecretId => box.api.describeSecret({ SecretId }))
    )
    expect(made!.ARN).not.toBe(old!.ARN)
    expect(made).toMatchObject({ Description: 'the database', Tags: [{ Key: 'team', Value: 'data' }] })
    expect(Object.values(made!.VersionIdsToStages!)).toEqual([['AWSCURRENT']])
    expect(await read('dev/copy')).toBe('three')
    expect(message()).toBe(
      `CopySecrets dev/copy\n\nSource-Arn: ${old!.ARN}\nSecret-Arn: ${made!.ARN}\nMember: alice`
    )
    await box.api.putSecretValue({ SecretId: 'dev/copy', SecretString: 'other' })
    expect(await read('dev/db')).toBe('three')
    await expectGreen()
  })

  it('with all versions has their ids, dates and labels', async () => {
    await cp('dev/db', 'dev/copy', { versions: 'all' })
    expect(await labels('dev/copy')).toEqual(await labels('dev/db'))
    expect(await read('dev/copy', { VersionStage: 'GOOD' })).toBe('one')
    expect(await read('dev/copy', { VersionStage: 'AWSPREVIOUS' })).toBe('two')
    const dates = async (SecretId: string) =>
      (await box.api.listSecretVersionIds({ SecretId, IncludeDeprecated: true })).Versions!.map(
        ({ VersionId, CreatedDate }) => [VersionId, CreatedDate]
      )
    expect(await dates('dev/copy')).toEqual(await dates('dev/db'))
    await expectGreen()
  })

  it('keeps versions that were pruned in the meantime gone, and one that was re-encrypted', async () => {
    box.clock.advance(2 * DAY)
    const versions = Array.from({ length: 101 }, (_, at) => ({ token: token(at), time: box.clock.time + at }))
    await putMany(box, 'dev/db', versions)
    await put(box, 'last', 'dev/db')
    expect(
      (
        await box
          .internal()
          .then(vault => vault.read())
          .then(view => view.secret('dev/db'))
      ).stages.pruned
    ).toBeDefined()
    await addKey(await box.internal(), 'dev', ['dev/**'], quiet)
    await cp('dev/db', 'dev/copy', { versions: 'all' })
    expect(await labels('dev/copy')).toEqual(await labels('dev/db'))
    const count = async (SecretId: string) =>
      (await box.api.listSecretVersionIds({ SecretId, IncludeDeprecated: true, MaxResults: 100 })).Versions!
        .length
    expect(await count('dev/copy')).toBe(await count('dev/db'))
    await expectGreen()
  })

  it('of a secret without a value has none, and of a binary one the same bytes', async () => {
    await box.api.createSecret({ Name: 'empty' })
    await box.api.createSecret({ Name: 'bytes', SecretBinary: Uint8Array.of(0, 255) })
    await cp('empty', 'empty2')
    await mv('empty', 'empty3')
    await cp('bytes', 'bytes2')
    expect(await labels('empty2')).toBeUndefined()
    expect(await labels('empty3')).toBeUndefined()
    expect((await box.api.getSecretValue({ SecretId: 'bytes2' })).SecretBinary).toEqual(Uint8Array.of(0, 255))
    await expectGreen()
  })

  it('does not make an exposed value look new', async () => {
    const bob = await admit(box, 'bob', { default: 'decrypt' })
    await bob.call(box, 'GetSecretValue', { SecretId: 'dev/db' })
    await removeMember(await box.internal(), 'bob', quiet)
    await cp('dev/db', 'new/db')
    const { exposed } = await exposure(await box.internal(), quiet)
    expect(exposed.map(({ secret }) => secret)).toContain('new/db')
  })

  it('of a folder is one commit, and leaves out what is scheduled for deletion', async () => {
    await box.api.createSecret({ Name: 'dev/a/b', SecretString: 'deep' })
    await box.api.createSecret({ Name: 'device', SecretString: 'beside' })
    await makeScheduled(box, 'dev/gone')
    const commits = box.commits()
    const plan = await planCopy(await box.internal(), { from: 'dev/', to: 'staging/' }, undefined)
    expect(plan.leftOut).toEqual(['dev/gone'])
    const copied = await cp('dev/', 'staging/')
    expect(copied.map(({ to }) => to).sort()).toEqual(['staging/a/b', 'staging/db'])
    expect(box.commits()).toBe(commits + 1)
    expect(message()).toMatch(/^CopySecrets 2 secrets\n\n(Source-Arn: .*\nSecret-Arn: .*\n){2}Member: alice$/)
    expect(await read('staging/a/b')).toBe('deep')
    await expectGreen()
  })
})

describe('a move', () => {
  it('keeps every version and label, and schedules the old name for deletion, in one commit', async () => {
    const commits = box.commits()
    const before = await labels('dev/db')
    const [moved] = await mv('dev/db', 'dev/pg', { removal: { days: 7 } })
    expect(box.commits()).toBe(commits + 1)
    expect(moved!.deletion!.getTime() - box.clock.time).toBe(7 * DAY)
    expect(await labels('dev/pg')).toEqual(before)
    expect(await read('dev/pg', { VersionStage: 'GOOD' })).toBe('one')
    expect((await failure(read('dev/db'))).code).toBe('InvalidRequestException')
    expect(message()).toMatch(/^MoveSecrets dev\/pg\n/)
    await expectGreen()
    await box.api.restoreSecret({ SecretId: 'dev/db' })
    expect(await read('dev/db')).toBe('three')
    await expectGreen()
  })

  it('at once leaves nothing of the old name, and it can be moved back', async () => {
    await mv('dev/db', 'dev/pg', { removal: 'at once' })
    expect(box.files('vault/secrets/dev').filter(path => path.includes('/db/'))).toEqual([])
    await mv('dev/pg', 'dev/db', { removal: 'at once' })
    expect(await read('dev/db', { VersionStage: 'AWSPREVIOUS' })).toBe('two')
    await expectGreen()
  })

  it('to a name whose recovery window is over takes its place', async () => {
    await makeScheduled(box, 'dev/pg')
    box.clock.advance(31 * DAY)
    await mv('dev/db', 'dev/pg')
    expect(await read('dev/pg')).toBe('three')
    await expectGreen()
  })

  it('of a folder moves all of it', async () => {
    await box.api.createSecret({ Name: 'dev/a', SecretString: 'a' })
    await mv('dev/', 'staging/dev/')
    expect(await read('staging/dev/a')).toBe('a')
    expect(await read('staging/dev/db')).toBe('three')
    for (const name of ['dev/a', 'dev/db'])
      expect((await failure(read(name))).code).toBe('InvalidRequestException')
    await expectGreen()
  })

  it('goes into the log of the new name, and the old one', async () => {
    await mv('dev/db', 'dev/pg')
    const { log } = await import('../../src/vault/log/log.js')
    for (const secretId of ['dev/pg', 'dev/db']) {
      const found = []
      for await (const entry of log(await box.internal(), { secretId })) found.push(entry)
      expect(found[0]).toMatchObject({ operation: 'MoveSecrets', signed: true, member: 'alice' })
    }
  })

  it('takes the key of the new name, and says who gains and loses rights', async () => {
    await admit(box, 'bob', { default: 'decrypt encrypt' })
    await addKey(await box.internal(), 'prod', ['prod/**'], quiet)
    const eve = await admit(box, 'eve', { prod: 'decrypt' })
    const plan = await planCopy(await box.internal(), { from: 'dev/db', to: 'prod/db' }, {})
    expect(plan.keyChanges).toMatchObject([
      {
        from: 'default',
        to: 'prod',
        losses: [{ member: 'bob', rights: ['decrypt', 'encrypt'] }],
        gains: [{ member: 'eve', rights: ['decrypt'] }]
      }
    ])
    await mv('dev/db', 'prod/db')
    expect((await eve.call(box, 'GetSecretValue', { SecretId: 'prod/db' })).SecretString).toBe('three')
    const { exposed } = await exposure(await box.internal(), quiet)
    expect(new Set(exposed.map(({ secret }) => secret))).toEqual(new Set(['prod/db']))
    await expectGreen()
  })

  it('leaves out the versions that cannot be read, and refuses to lose them', async () => {
    await addKey(await box.internal(), 'old', ['dev/db'], quiet)
    for (const id of ['four', 'five', 'six']) await put(box, id, 'dev/db')
    // only the versions with AWSCURRENT and AWSPREVIOUS go to the other key
    await bindNames(await box.internal(), 'default', ['dev/db'], quiet)
    const bob = await admit(box, 'bob', { default: 'decrypt encrypt manage' })
    const vault = await bob.open(box)
    const unread = ['two', 'three', 'four'].map(token)
    await expect(
      run({ from: 'dev/db', to: 'dev/pg' }, { ...MOVE, removal: 'at once' }, vault)
    ).rejects.toMatchObject({
      message: 'you cannot read 3 versions of dev/db, which would be lost',
      hint: 'omit --force: then git-vault restore can bring the secret back'
    })
    expect(await run({ from: 'dev/db', to: 'dev/pg' }, MOVE, vault)).toMatchObject([{ unread }])
    expect(await read('dev/pg')).toBe('value six')
    expect(await read('dev/pg', { VersionStage: 'AWSPREVIOUS' })).toBe('value five')
    await expectGreen()
  })

  it('keeps a policy and its effect, and refuses one that names the old ARN', async () => {
    const statement = { Effect: 'Allow', Principal: { AWS: '000000000000' }, Action: 'secretsmanager:*' }
    const policy = (Resource: string) =>
      JSON.stringify({ Version: '2012-10-17', Statement: [{ ...statement, Resource }] })
    const set = (Resource: string) =>
      box.api.putResourcePolicy({ SecretId: 'dev/db', ResourcePolicy: policy(Resource) })
    const { ARN } = await box.api.describeSecret({ SecretId: 'dev/db' })
    for (const named of [ARN!, 'arn:aws:secretsmanager:local:000000000000:secret:dev/d*']) {
      await set(named)
      const state = box.state()
      expect(await failure(mv('dev/db', 'dev/pg'))).toMatchObject({
        code: 'InvalidRequestException',
        message: 'the resource policy of dev/db names its ARN, and would not apply to dev/pg in the same way'
      })
      expect(box.state()).toBe(state)
    }
    await set('*')
    await cp('dev/db', 'dev/bare')
    await cp('dev/db', 'dev/with', { policy: true })
    await mv('dev/db', 'dev/pg')
    const shown = async (SecretId: string) => (await box.api.getResourcePolicy({ SecretId })).ResourcePolicy
    expect([await shown('dev/bare'), await shown('dev/with'), await shown('dev/pg')]).toEqual([
      undefined,
      policy('*'),
      policy('*')
    ])
    expect(box.read('vault/secrets/dev/pg/secret.yaml')).toMatch(/policy:\n(.*\n)*? {2}proof: /)
    await expectGreen()
  })
})

describe('refused, and nothing changes', () => {
  const refused = async (work: () => Promise<unknown>) => {
    const state = box.state()
    const [outcome] = await Promise.allSettled([work()])
    expect(box.state()).toBe(state)
    return (outcome as { reason?: unknown }).reason
  }

  const WRONG: readonly (readonly [from: string, to: string, code: string, text: string | RegExp])[] = [
    ['dev/db', 'dev/taken', 'ResourceExistsException', 'there is a secret dev/taken already'],
    ['dev/db', 'dev/gone', 'InvalidRequestException', 'dev/gone exists, and is scheduled for deletion'],
    ['dev/db', 'dev/db', 'Usage', 'the old and the new name are the same: dev/db'],
    ['dev/gone', 'dev/x', 'InvalidRequestException', /marked for deletion|marked deleted/],
    ['dev/none', 'dev/x', 'ResourceNotFoundException', /./],
    ['none/', 'dev/x/', 'ResourceNotFoundException', /./],
    ['dev/db', 'dev/a b', 'ValidationException', /^Invalid name/],
    ['dev/db', 'x'.repeat(513), 'Usage', /^the name is longer than 512 characters/],
    ['dev/', 'staging', 'Usage', "'dev/' is a folder, and 'staging' is not"],
    ['dev/db', 'staging/', 'Usage', "'staging/' is a folder, and 'dev/db' is not"],
    ['dev/', 'clash/', 'ResourceExistsException', 'there is a secret clash/db already']
  ]
  it('for each wrong pair of names', async () => {
    for (const Name of ['dev/taken', 'clash/db']) await box.api.createSecret({ Name, SecretString: 'x' })
    await makeScheduled(box, 'dev/gone')
    for (const [from, to, code, text] of WRONG)
      for (const act of [cp, mv]) {
        const error = await refused(() => act(from, to))
        expect(error, `${from} ${to}`).toMatchObject({ code, message: expect.stringMatching(text) as string })
      }
  })

  it('a move of a secret that has replicas, or is one', async () => {
    await box.api.replicateSecretToRegions({
      SecretId: 'dev/db',
      AddReplicaRegions: [{ Region: 'eu-west-1' }]
    })
    expect(await refused(() => mv('dev/db', 'dev/pg'))).toMatchObject({ code: 'InvalidParameterException' })
    const there = (await box.internal()).inRegion('eu-west-1')
    expect(await refused(() => run({ from: 'dev/db', to: 'dev/pg' }, MOVE, there))).toMatchObject({
      code: 'InvalidParameterException'
    })
    await run({ from: 'dev/db', to: 'dev/pg' }, COPY, there)
  })

  it('without the rights on either key', async () => {
    await addKey(await box.internal(), 'prod', ['prod/**'], quiet)
    const bob = await admit(box, 'bob', { default: 'decrypt encrypt manage' })
    const eve = await admit(box, 'eve', { prod: 'decrypt encrypt manage' })
    const pair = { from: 'dev/db', to: 'prod/db' }
    const by = async (person: typeof bob, options: CopyOptions) => run(pair, options, await person.open(box))
    expect(await refused(() => by(bob, COPY))).toMatchObject({ code: 'AccessDeniedException' })
    expect(await refused(() => by(eve, COPY))).toMatchObject({ code: 'DecryptionFailure' })
    await grant(await box.internal(), 'eve', rights({ default: 'decrypt' }))
    expect(await refused(() => by(eve, MOVE))).toMatchObject({ code: 'AccessDeniedException' })
    await by(eve, COPY)
  })

  it('if the keys changed after it was planned', async () => {
    const vault = await box.internal()
    const plan = await planCopy(vault, { from: 'dev/db', to: 'prod/db' }, {})
    await addKey(await box.internal(), 'prod', ['prod/**'], quiet)
    expect(await refused(() => copySecrets(vault, plan, MOVE))).toMatchObject({ code: 'RepositoryState' })
  })

  it('a folder with a secret that fails verification', async () => {
    await box.api.createSecret({ Name: 'dev/bad', SecretString: 'x' })
    box.write('vault/secrets/dev/bad/secret.yaml', 'x')
    box.git('commit', '-qam', 'damage')
    expect(await refused(() => mv('dev/', 'staging/'))).toMatchObject({
      code: 'DocumentRefused',
      message: '1 secret in dev/ failed verification'
    })
  })
})

describe('a move here and a put to the old name in another clone', () => {
  it('merge: the old name has the put and its deletion, as with a removal', async () => {
    const other = await follower(box)
    await mv('dev/db', 'dev/pg')
    other.clock.advance(1000)
    await put(other, 'late', 'dev/db')
    await meet(box, other)
    for (const each of [box, other]) {
      expect((await check(each)).found).toEqual([])
      const secret = await each.api.describeSecret({ SecretId: 'dev/db' })
      expect(secret.DeletedDate).toBeInstanceOf(Date)
      expect(secret.VersionIdsToStages![token('late')]).toEqual(['AWSCURRENT'])
      expect((await each.api.getSecretValue({ SecretId: 'dev/pg' })).SecretString).toBe('three')
    }
    await box.api.restoreSecret({ SecretId: 'dev/db' })
    expect(await read('dev/db')).toBe('value late')
  })

  it('at once is a conflict for a person', async () => {
    const other = await follower(box)
    await mv('dev/db', 'dev/pg', { removal: 'at once' })
    await put(other, 'late', 'dev/db')
    const { conflicts } = await mergeOf(box, other)
    expect(conflicts.map(({ name, reason }) => `${name}: ${reason}`)).toEqual(['dev/db: removed and changed'])
  })

  it('two moves of one secret to one name are a conflict for a person', async () => {
    const other = await follower(box)
    await mv('dev/db', 'dev/pg')
    const opened = await other.internal()
    await copySecrets(opened, await planCopy(opened, { from: 'dev/db', to: 'dev/pg' }, {}), MOVE)
    const { conflicts } = await mergeOf(box, other)
    expect(conflicts.map(({ name }) => name)).toEqual(['dev/pg'])
  })
})
