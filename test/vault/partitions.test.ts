import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { openVault, type SecretsVault } from '../../src/index.js'
import {
  failure,
  makeScheduled,
  makeSecret,
  makeVault,
  restoreVault,
  scratch,
  type TestVault
} from './fixture.js'
import { check } from './verify/verifyKit.js'

const [GOV, CN] = ['us-gov-west-1', 'cn-north-1'] as const
const NOT_FOUND = {
  code: 'ResourceNotFoundException',
  message: "Secrets Manager can't find the specified secret."
}

let box: TestVault
beforeAll(async () => {
  box = await makeVault('gov', GOV)
})

const at = (region: string): Promise<SecretsVault> => openVault({ ...box.options, region })
const old = (arn: string): string => arn.replace('arn:aws-us-gov:', 'arn:aws:')

describe('a region of another partition', () => {
  it('has its partition in new ARNs, by which secrets are found, whole, partial, and in the older spelling', async () => {
    const { ARN = '' } = await box.api.createSecret({ Name: 'new/db', SecretString: 'x' })
    expect(ARN).toMatch(
      /^arn:aws-us-gov:secretsmanager:us-gov-west-1:000000000000:secret:new\/db-[A-Za-z0-9]{6}$/
    )
    for (const SecretId of [ARN, ARN.slice(0, -7), old(ARN), old(ARN).slice(0, -7)])
      expect(await box.api.getSecretValue({ SecretId })).toMatchObject({ ARN, SecretString: 'x' })
    expect(await failure(box.api.getSecretValue({ SecretId: `${ARN.slice(0, -6)}XXXXXX` }))).toEqual(
      NOT_FOUND
    )
    for (const partition of ['aws-cn', 'aws-iso', 'aws-x'])
      expect(
        (await failure(box.api.getSecretValue({ SecretId: ARN.replace('aws-us-gov', partition) }))).code
      ).toBe('ValidationException')
    await box.api.putSecretValue({ SecretId: ARN, SecretString: 'y' })
    expect(box.git('log', '-1', '--format=%B')).toContain(`Secret-Arn: ${ARN}\n`)
    box.expectClean()
  })

  it('gives replicas the partition of their own region, also when they become independent', async () => {
    const { ARN = '' } = await box.api.createSecret({
      Name: 'new/replica',
      SecretString: 'x',
      AddReplicaRegions: [{ Region: CN }, { Region: 'us-gov-east-1' }, { Region: 'eu-west-1' }]
    })
    const there = (region: string, partition: string) =>
      ARN.replace('aws-us-gov', partition).replace(GOV, region)
    for (const [region, partition] of [
      [CN, 'aws-cn'],
      ['us-gov-east-1', 'aws-us-gov'],
      ['eu-west-1', 'aws']
    ] as const) {
      const arn = there(region, partition)
      const api = await at(region)
      expect(await api.getSecretValue({ SecretId: arn })).toMatchObject({ ARN: arn, SecretString: 'x' })
      expect(await api.stopReplicationToReplica({ SecretId: 'new/replica' })).toEqual({ ARN: arn })
      expect(await api.getSecretValue({ SecretId: arn })).toMatchObject({ ARN: arn, SecretString: 'x' })
    }
  })

  it('names a secret that a forced deletion does not find as the request does', async () => {
    const prefix = 'arn:aws-us-gov:secretsmanager:us-gov-west-1:000000000000:secret:'
    const remove = async (SecretId: string) =>
      (await box.api.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true })).ARN
    expect(await remove('none')).toMatch(new RegExp(`^${prefix}none-[A-Za-z0-9]{6}$`))
    expect(await remove(`${prefix}none`)).toMatch(new RegExp(`^${prefix}none-[A-Za-z0-9]{6}$`))
    expect(await remove(`${prefix}none-AbCdEf`)).toBe(`${prefix}none-AbCdEf`)
    expect(await remove(old(`${prefix}none-AbCdEf`))).toBe(old(`${prefix}none-AbCdEf`))
  })
})

describe('a secret with an ARN of before', () => {
  const name = 'old/db'
  const ARN = `arn:aws:secretsmanager:${GOV}:000000000000:secret:${name}-AbCdEf`
  const spelled = ARN.replace('arn:aws:', 'arn:aws-us-gov:')
  beforeAll(() => makeSecret(box, ARN))

  it('keeps it, and is found by either spelling, read, written, listed, deleted and restored', async () => {
    for (const SecretId of [name, ARN, spelled, spelled.slice(0, -7)])
      expect(await box.api.getSecretValue({ SecretId })).toMatchObject({ ARN })
    expect(await box.api.putSecretValue({ SecretId: spelled, SecretString: 'y' })).toMatchObject({ ARN })
    expect(await box.api.updateSecret({ SecretId: spelled, Description: 'd' })).toMatchObject({ ARN })
    expect((await box.api.listSecrets()).SecretList?.map(secret => secret.ARN)).toContain(ARN)
    expect((await box.api.listSecrets()).SecretList?.find(secret => secret.ARN === ARN)).toHaveProperty(
      'LastAccessedDate'
    )
    expect(await box.api.deleteSecret({ SecretId: spelled })).toMatchObject({ ARN })
    await box.api.restoreSecret({ SecretId: spelled })
    expect((await check(box)).found).toEqual([])
    box.expectClean()
  })

  it('cannot come back after the name was created again', async () => {
    const copy = join(scratch('copy'), 'vault')
    cpSync(box.path('vault'), copy, { recursive: true })
    await box.api.deleteSecret({ SecretId: name, ForceDeleteWithoutRecovery: true })
    box.clock.advance(1000)
    const again = await box.api.createSecret({ Name: name, SecretString: 'again' })
    expect(again.ARN).toContain('arn:aws-us-gov:')
    await box.api.getSecretValue({ SecretId: name })
    restoreVault(box, copy)
    cpSync(copy, box.path('vault'), { recursive: true })
    box.git('add', '-A')
    expect(await failure((await box.reopen()).getSecretValue({ SecretId: name }))).toEqual({
      code: 'DocumentRefused',
      message: `vault/secrets/${name}/secret.yaml: an older state of ${name} than this clone has seen on this branch`
    })
    box.git('reset', '-q', '--hard')
  })
})

describe('a region of the partition aws', () => {
  it.each(['aws-us-gov', 'aws-cn'])('has no ARN in %s', async partition => {
    const home = await makeVault()
    await makeScheduled(home, 'db')
    const arn = `arn:${partition}:secretsmanager:local:000000000000:secret:db-AbCdEf`
    expect((await failure(home.api.describeSecret({ SecretId: arn }))).code).toBe('ValidationException')
  })

  it('refuses such an ARN in a document, without harm to other secrets', async () => {
    const home = await makeVault()
    await home.api.createSecret({ Name: 'good', SecretString: 'x' })
    await makeSecret(home, 'arn:aws-cn:secretsmanager:local:000000000000:secret:bad-AbCdEf')
    const message = 'vault/secrets/bad/secret.yaml: its ARN does not match its name, region and account'
    const refused = { code: 'DocumentRefused', message }
    expect(await failure(home.api.describeSecret({ SecretId: 'bad' }))).toEqual(refused)
    await home.api.putSecretValue({ SecretId: 'good', SecretString: 'y' })
    expect((await check(home)).found).toEqual([message])
  })
})
