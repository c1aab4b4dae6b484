import { beforeAll, describe, expect, it } from 'vitest'
import { failure, keys, makeScheduled, makeVault, token, type TestVault } from '../vault/fixture.js'

let box: TestVault
const SecretId = 'prod/db'
const [a, b, c, blue] = ['a', 'b', 'c', 'blue'].map(token) as [string, string, string, string]

beforeAll(async () => {
  box = await makeVault()
  await box.api.createSecret({ Name: SecretId, SecretString: 'a', ClientRequestToken: a })
  box.clock.advance(1000)
  await box.api.putSecretValue({ SecretId, SecretString: 'b', ClientRequestToken: b })
  box.clock.advance(1000)
  await box.api.putSecretValue({ SecretId, SecretString: 'c', ClientRequestToken: c })
  await box.api.putSecretValue({
    SecretId,
    SecretBinary: Uint8Array.of(0, 255),
    ClientRequestToken: blue,
    VersionStages: ['green', 'blue']
  })
})

describe('which version', () => {
  it('[DOC] the one labelled AWSCURRENT by default', async () => {
    expect(await box.api.getSecretValue({ SecretId })).toMatchObject({ VersionId: c, SecretString: 'c' })
  })

  it('[DOC] by label', async () => {
    for (const [VersionStage, VersionId] of [
      ['AWSCURRENT', c],
      ['AWSPREVIOUS', b],
      ['blue', blue],
      ['green', blue]
    ] as const) {
      expect(await box.api.getSecretValue({ SecretId, VersionStage })).toMatchObject({ VersionId })
    }
  })

  it('[DOC] by id, and by an id and a label that agree', async () => {
    expect(await box.api.getSecretValue({ SecretId, VersionId: b })).toMatchObject({ SecretString: 'b' })
    expect(
      await box.api.getSecretValue({ SecretId, VersionId: b, VersionStage: 'AWSPREVIOUS' })
    ).toMatchObject({ VersionId: b, SecretString: 'b' })
  })

  it('[USR] an unlabelled version by id', async () => {
    const response = await box.api.getSecretValue({ SecretId, VersionId: a })
    expect(response).toMatchObject({ VersionId: a, SecretString: 'a' })
    expect(keys(response)).toEqual(['ARN', 'Name', 'VersionId', 'SecretString', 'CreatedDate'])
  })
})

describe('the response', () => {
  it('[MODEL] text: keys in the model’s order, the version’s own date', async () => {
    const response = await box.api.getSecretValue({ SecretId })
    expect(keys(response)).toEqual([
      'ARN',
      'Name',
      'VersionId',
      'SecretString',
      'VersionStages',
      'CreatedDate'
    ])
    expect(response).toEqual({
      ARN: expect.stringMatching(/:secret:prod\/db-[A-Za-z0-9]{6}$/),
      Name: SecretId,
      VersionId: c,
      SecretString: 'c',
      VersionStages: ['AWSCURRENT'],
      CreatedDate: new Date(box.clock.time)
    })
    const previous = await box.api.getSecretValue({ SecretId, VersionStage: 'AWSPREVIOUS' })
    expect(previous.CreatedDate).toEqual(new Date(box.clock.time - 1000))
  })

  it('[MODEL] bytes: SecretBinary in SecretString’s place, all labels of the version', async () => {
    const response = await box.api.getSecretValue({ SecretId, VersionStage: 'blue' })
    expect(keys(response)).toEqual([
      'ARN',
      'Name',
      'VersionId',
      'SecretBinary',
      'VersionStages',
      'CreatedDate'
    ])
    expect(response.SecretBinary).toBeInstanceOf(Uint8Array)
    expect([...response.SecretBinary!]).toEqual([0, 255])
    expect(response.VersionStages).toEqual(['blue', 'green'])
  })
})

describe('a request that is refused', () => {
  it('[REC] for a secret that does not exist', async () => {
    expect(await failure(box.api.getSecretValue({ SecretId: 'prod/nowhere' }))).toEqual({
      code: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret."
    })
  })

  it('[REC] for a label that no version has', async () => {
    for (const VersionStage of ['AWSPENDING', '__proto__', 'constructor', 'awscurrent']) {
      expect(await failure(box.api.getSecretValue({ SecretId, VersionStage }))).toEqual({
        code: 'ResourceNotFoundException',
        message: `Secrets Manager can't find the specified secret value for staging label: ${VersionStage}`
      })
    }
  })

  it('[REC] for a secret without a value', async () => {
    await box.api.createSecret({ Name: 'prod/none' })
    expect(await failure(box.api.getSecretValue({ SecretId: 'prod/none' }))).toEqual({
      code: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"
    })
  })

  it('[REC] for an id that no version has', async () => {
    const VersionId = token('nowhere')
    for (const more of [{}, { VersionStage: 'AWSCURRENT' }]) {
      expect(await failure(box.api.getSecretValue({ SecretId, VersionId, ...more }))).toEqual({
        code: 'ResourceNotFoundException',
        message: `Secrets Manager can't find the specified secret value for VersionId: ${VersionId}`
      })
    }
  })

  it('[REC] for an id and a label that disagree', async () => {
    for (const VersionStage of ['AWSCURRENT', 'nowhere']) {
      expect(await failure(box.api.getSecretValue({ SecretId, VersionId: b, VersionStage }))).toEqual({
        code: 'InvalidRequestException',
        message: 'You provided a VersionStage that is not associated to the provided VersionId.'
      })
    }
  })

  it('[USR] for a secret that is marked for deletion', async () => {
    await makeScheduled(box, 'prod/scheduled')
    expect(await failure(box.api.getSecretValue({ SecretId: 'prod/scheduled' }))).toEqual({
      code: 'InvalidRequestException',
      message: "You can't perform this operation on the secret because it was marked for deletion."
    })
  })
})

it('changes nothing in the repository', async () => {
  const state = box.state()
  await box.api.getSecretValue({ SecretId })
  expect(box.state()).toBe(state)
  expect(box.notices).toEqual([])
})
