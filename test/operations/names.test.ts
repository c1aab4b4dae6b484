import { beforeAll, describe, expect, it } from 'vitest'
import { failure, makeVault, token, type TestVault } from '../vault/fixture.js'

const INVALID = {
  code: 'ValidationException',
  message:
    'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!'
}
const UNKNOWN = {
  code: 'ResourceNotFoundException',
  message: "Secrets Manager can't find the specified secret."
}

let box: TestVault
beforeAll(async () => {
  box = await makeVault()
})

/** Every operation with a SecretId. */
const operations: [string, (SecretId: string) => Promise<unknown>][] = [
  ['DescribeSecret', SecretId => box.api.describeSecret({ SecretId })],
  ['GetSecretValue', SecretId => box.api.getSecretValue({ SecretId })],
  ['ListSecretVersionIds', SecretId => box.api.listSecretVersionIds({ SecretId })],
  ['PutSecretValue', SecretId => box.api.putSecretValue({ SecretId, SecretString: 'x' })],
  [
    'UpdateSecretVersionStage',
    SecretId =>
      box.api.updateSecretVersionStage({ SecretId, VersionStage: 'x', MoveToVersionId: token('nowhere') })
  ]
]

describe.each(operations)('%s', (_, operation) => {
  it('[REC] refuses invalid characters in a SecretId', async () => {
    for (const id of ['a b', 'ä', 'a:b', 'a*', 'a\n', 'arn:aws:secretsmanager:local:000000000000:secret:a b'])
      expect(await failure(operation(id))).toEqual(INVALID)
  })

  it('[REC] does not find a secret that does not exist', async () => {
    expect(await failure(operation('nowhere'))).toEqual(UNKNOWN)
    expect(
      await failure(operation('arn:aws:secretsmanager:local:000000000000:secret:nowhere-AbCdEf'))
    ).toEqual(UNKNOWN)
  })

  it('[MODEL] requires a SecretId of 1 to 2048 characters', async () => {
    expect((await failure(operation(''))).code).toBe('ValidationException')
    expect((await failure(operation('x'.repeat(2049)))).code).toBe('ValidationException')
    expect(await failure(operation(undefined as unknown as string))).toMatchObject({
      code: 'ValidationException',
      message: expect.stringContaining("Value null at 'secretId' failed to satisfy constraint")
    })
  })
})

describe('a secret', () => {
  it('[REC] is found by its name, its ARN and its ARN without the suffix', async () => {
    const { ARN } = await box.api.createSecret({ Name: 'n/plain', SecretString: 'v' })
    expect(ARN).toMatch(/^arn:aws:secretsmanager:local:000000000000:secret:n\/plain-[A-Za-z0-9]{6}$/)
    for (const SecretId of ['n/plain', ARN!, ARN!.slice(0, -7)]) {
      expect(await box.api.getSecretValue({ SecretId })).toMatchObject({ ARN, SecretString: 'v' })
      expect(await box.api.describeSecret({ SecretId })).toMatchObject({ ARN, Name: 'n/plain' })
    }
  })

  it('[REC] is not found by an ARN of another suffix, region, account or partition', async () => {
    const { ARN } = await box.api.createSecret({ Name: 'n/arn', SecretString: 'v' })
    for (const SecretId of [
      `${ARN!.slice(0, -6)}AAAAAA`,
      ARN!.replace(':local:', ':eu-west-1:'),
      ARN!.replace('000000000000', '000000000001'),
      ARN!.slice(0, -7).replace(':local:', ':eu-west-1:')
    ]) {
      expect(await failure(box.api.getSecretValue({ SecretId }))).toEqual(UNKNOWN)
    }
    for (const SecretId of [ARN!.replace('arn:aws:', 'arn:aws-cn:'), ARN!.replace(':secret:', ':other:')])
      expect(await failure(box.api.getSecretValue({ SecretId }))).toEqual(INVALID)
  })

  it('[REC] whose name ends in a hyphen and 6 characters is not found by its ARN without the suffix', async () => {
    const { ARN } = await box.api.createSecret({ Name: 'n/my-secret', SecretString: 'v' })
    expect((await box.api.getSecretValue({ SecretId: ARN! })).SecretString).toBe('v')
    expect((await box.api.getSecretValue({ SecretId: 'n/my-secret' })).SecretString).toBe('v')
    expect(await failure(box.api.getSecretValue({ SecretId: ARN!.slice(0, -7) }))).toEqual(UNKNOWN)
  })

  it('[REC] with a name such as x-a1b2c3- is found by it', async () => {
    const { ARN } = await box.api.createSecret({ Name: 'x-a1b2c3-', SecretString: 'v' })
    for (const SecretId of ['x-a1b2c3-', ARN!, ARN!.slice(0, -7)])
      expect((await box.api.getSecretValue({ SecretId })).SecretString).toBe('v')
  })

  it('[REC] is not found by the ARN of another secret whose name it extends', async () => {
    const { ARN: short } = await box.api.createSecret({ Name: 'n/s', SecretString: 'short' })
    await box.api.createSecret({ Name: `n/s-${short!.slice(-6)}`, SecretString: 'long' })
    expect((await box.api.getSecretValue({ SecretId: short! })).SecretString).toBe('short')
  })

  it('[MODEL] can have any name of the allowed characters', async () => {
    const Name = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-/_+=.@!'
    const { ARN } = await box.api.createSecret({ Name, SecretString: 'v' })
    for (const SecretId of [Name, ARN!, ARN!.slice(0, -7)])
      expect(await box.api.getSecretValue({ SecretId })).toMatchObject({ Name, SecretString: 'v' })
  })

  it('[REC] is case-sensitive in its name', async () => {
    await box.api.createSecret({ Name: 'n/case', SecretString: 'v' })
    expect(await failure(box.api.getSecretValue({ SecretId: 'n/Case' }))).toEqual(UNKNOWN)
  })
})
