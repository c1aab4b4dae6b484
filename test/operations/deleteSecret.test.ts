import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openVault } from '../../src/index.js'
import { DAY, failure, keys, makeVault, token, type TestVault } from '../vault/fixture.js'

const NOT_FOUND = {
  code: 'ResourceNotFoundException',
  message: "Secrets Manager can't find the specified secret."
}
const MARKED = {
  code: 'InvalidRequestException',
  message: "You can't perform this operation on the secret because it was marked for deletion."
}

let box: TestVault
beforeAll(async () => {
  box = await makeVault()
})

let made = 0
let Name: string
let ARN: string
beforeEach(async () => {
  Name = `d/${++made}`
  const request = { Name, SecretString: 'x', ClientRequestToken: token(Name) }
  ARN = (await box.api.createSecret(request)).ARN!
})

const schedule = (days?: number) =>
  box.api.deleteSecret({ SecretId: Name, ...(days === undefined ? {} : { RecoveryWindowInDays: days }) })
const force = (SecretId = Name) => box.api.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true })
const listed = async (request = {}) =>
  (await box.api.listSecrets(request)).SecretList!.map(secret => secret.Name)

describe('a recovery window', () => {
  it('[DOC] is 30 days by default; the response has ARN, Name and DeletionDate', async () => {
    const response = await schedule()
    expect(response).toEqual({ ARN, Name, DeletionDate: new Date(box.clock.time + 30 * DAY) })
    expect(keys(response)).toEqual(['ARN', 'Name', 'DeletionDate'])
    box.expectClean()
  })

  it.each([7, 8, 30])('[DOC] may be %i days', async days => {
    expect((await schedule(days)).DeletionDate).toEqual(new Date(box.clock.time + days * DAY))
  })

  it.each([6, 31, 0, -7])('[EMU] cannot be %i days, even for an unknown secret', async days => {
    const refused = {
      code: 'InvalidParameterException',
      message: 'The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).'
    }
    const before = box.state()
    expect(await failure(schedule(days))).toEqual(refused)
    const unknown = { SecretId: 'no/such', RecoveryWindowInDays: days }
    expect(await failure(box.api.deleteSecret(unknown))).toEqual(refused)
    expect(box.state()).toBe(before)
  })

  it('[EMU] excludes force', async () => {
    const request = { SecretId: Name, RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true }
    expect(await failure(box.api.deleteSecret(request))).toEqual({
      code: 'InvalidParameterException',
      message: "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
    })
    const weak = { SecretId: Name, RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: false }
    expect(await box.api.deleteSecret(weak)).toMatchObject({ Name })
  })
})

describe('a scheduled secret', () => {
  it('[REC] has a DeletedDate in DescribeSecret, the same date as in the response', async () => {
    const before = await box.api.describeSecret({ SecretId: Name })
    expect(keys(before)).not.toContain('DeletedDate')
    const { DeletionDate } = await schedule(7)
    const described = await box.api.describeSecret({ SecretId: Name })
    expect(described.DeletedDate).toEqual(DeletionDate)
    expect(described.LastChangedDate!.getTime()).toBeGreaterThan(before.LastChangedDate!.getTime())
  })

  it('[MODEL] is listed only with IncludePlannedDeletion', async () => {
    await schedule()
    expect(await listed()).not.toContain(Name)
    expect(await listed({ IncludePlannedDeletion: true })).toContain(Name)
  })

  it('[USR] can be neither read nor written', async () => {
    await schedule()
    const id = { SecretId: Name }
    const before = box.state()
    for (const operation of [
      () => box.api.getSecretValue(id),
      () => box.api.putSecretValue({ ...id, SecretString: 'y' }),
      () => box.api.updateSecret({ ...id, Description: 'y' }),
      () => box.api.updateSecretVersionStage({ ...id, VersionStage: 'x', MoveToVersionId: token(Name) }),
      () => box.api.rotateSecret(id),
      () => box.api.cancelRotateSecret(id),
      // deleting again is refused like any other operation, except with force
      () => box.api.deleteSecret(id),
      () => box.api.deleteSecret({ ...id, RecoveryWindowInDays: 7 })
    ])
      expect(await failure(operation())).toEqual(MARKED)
    expect(box.state()).toBe(before)
  })

  it('[REC] keeps its name', async () => {
    await schedule()
    expect(await failure(box.api.createSecret({ Name, SecretString: 'y' }))).toEqual({
      code: 'InvalidRequestException',
      message:
        "You can't create this secret because a secret with this name is already scheduled for deletion."
    })
  })

  it('[REC] can then be force-deleted', async () => {
    await schedule()
    expect(await force()).toEqual({ ARN, Name, DeletionDate: new Date(box.clock.time) })
    expect(await failure(box.api.describeSecret({ SecretId: Name }))).toEqual(NOT_FOUND)
  })

  it('is one commit, which names it', async () => {
    const before = box.commits()
    await schedule()
    expect(box.commits()).toBe(before + 1)
    expect(box.git('log', '-1', '--format=%B').trim()).toBe(
      `DeleteSecret ${Name}\n\nSecret-Arn: ${ARN}\nMember: alice`
    )
  })
})

describe('force', () => {
  it('[REC] removes the secret and every file of it, in one commit', async () => {
    await box.api.putSecretValue({ SecretId: Name, SecretString: 'y' })
    const before = box.commits()
    expect(await force()).toEqual({ ARN, Name, DeletionDate: new Date(box.clock.time) })
    expect(box.commits()).toBe(before + 1)
    expect(box.files().filter(path => path.startsWith(`vault/secrets/${Name}/`))).toEqual([])
    box.expectClean()
    const id = { SecretId: Name }
    for (const operation of [
      () => box.api.getSecretValue(id),
      () => box.api.restoreSecret(id),
      () => box.api.deleteSecret(id)
    ])
      expect(await failure(operation())).toEqual(NOT_FOUND)
  })

  it('keeps secrets nested below the name', async () => {
    await box.api.createSecret({ Name: `${Name}/nested`, SecretString: 'kept' })
    await force()
    expect((await box.api.getSecretValue({ SecretId: `${Name}/nested` })).SecretString).toBe('kept')
  })

  it('[REC] of an unknown secret succeeds with Name, an ARN and DeletionDate, and commits nothing', async () => {
    const before = box.state()
    const response = await force('no/such')
    expect(response).toEqual({
      ARN: expect.stringMatching(
        /^arn:aws:secretsmanager:local:000000000000:secret:no\/such-[A-Za-z0-9]{6}$/
      ),
      Name: 'no/such',
      DeletionDate: new Date(box.clock.time)
    })
    expect(keys(response)).toEqual(['ARN', 'Name', 'DeletionDate'])
    const partial = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:no/such'
    expect(await force(`${partial}-AbCdEf`)).toMatchObject({ ARN: `${partial}-AbCdEf`, Name: 'no/such' })
    expect((await force(partial)).ARN).toMatch(new RegExp(`^${partial}-[A-Za-z0-9]{6}$`))
    expect(box.state()).toBe(before)
    expect((await failure(force('not a name'))).code).toBe('ValidationException')
  })

  it('[REC] a secret that is created again gets a new suffix', async () => {
    await force()
    box.clock.advance(1)
    const again = await box.api.createSecret({ Name, SecretString: 'new' })
    expect(again.ARN).not.toBe(ARN)
    expect((await box.api.getSecretValue({ SecretId: Name })).SecretString).toBe('new')
    expect(await failure(box.api.getSecretValue({ SecretId: ARN }))).toEqual(NOT_FOUND)
  })

  it('is final: the old files are refused if they are restored', async () => {
    const old = box.head()
    await force()
    box.git('checkout', '-q', old, '--', `vault/secrets/${Name}`)
    expect((await failure(box.api.getSecretValue({ SecretId: Name }))).code).toBe('DocumentRefused')
    box.git('rm', '-rqf', `vault/secrets/${Name}`)
  })
})

describe('a request that is refused', () => {
  it('[REC] for an unknown secret, without force', async () => {
    expect(await failure(box.api.deleteSecret({ SecretId: 'no/such' }))).toEqual(NOT_FOUND)
  })

  it('[EMU] for a secret with replicas, until they are removed', async () => {
    const regions = ['eu-west-1', 'us-east-1']
    const AddReplicaRegions = regions.map(Region => ({ Region }))
    await box.api.replicateSecretToRegions({ SecretId: Name, AddReplicaRegions })
    const refused = {
      code: 'InvalidParameterException',
      message: `You can't delete secret ${ARN} that still has replica regions [eu-west-1, us-east-1].`
    }
    const before = box.state()
    expect(await failure(schedule())).toEqual(refused)
    expect(await failure(force())).toEqual(refused)
    expect(box.state()).toBe(before)

    const eu = await openVault({ ...box.options, region: 'eu-west-1' })
    for (const ForceDeleteWithoutRecovery of [false, true]) {
      expect(await failure(eu.deleteSecret({ SecretId: Name, ForceDeleteWithoutRecovery }))).toEqual({
        code: 'InvalidParameterException',
        message: "Operation not permitted on a replica secret. Call must be made in primary secret's region."
      })
    }
    await box.api.removeRegionsFromReplication({ SecretId: Name, RemoveReplicaRegions: regions })
    expect(await schedule()).toMatchObject({ Name })
  })
})
