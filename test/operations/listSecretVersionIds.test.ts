import { beforeAll, describe, expect, it } from 'vitest'
import {
  DAY,
  failure,
  keys,
  makeScheduled,
  makeVault,
  putMany,
  token,
  type TestVault
} from '../vault/fixture.js'

let box: TestVault
const SecretId = 'prod/db'
const [a, b, c] = ['a', 'b', 'c'].map(token) as [string, string, string]
let created: number

beforeAll(async () => {
  box = await makeVault()
  created = box.clock.time
  await box.api.createSecret({ Name: SecretId, SecretString: 'a', ClientRequestToken: a })
  for (const id of [b, c]) {
    box.clock.advance(1000)
    await box.api.putSecretValue({ SecretId, SecretString: id, ClientRequestToken: id })
  }
})

describe('the response', () => {
  it('[REC] omits unlabelled versions', async () => {
    const response = await box.api.listSecretVersionIds({ SecretId })
    expect(response).toEqual({
      Versions: [
        {
          VersionId: b,
          VersionStages: ['AWSPREVIOUS'],
          CreatedDate: new Date(created + 1000),
          KmsKeyIds: ['DefaultEncryptionKey']
        },
        {
          VersionId: c,
          VersionStages: ['AWSCURRENT'],
          CreatedDate: new Date(created + 2000),
          KmsKeyIds: ['DefaultEncryptionKey']
        }
      ],
      ARN: expect.stringContaining(`:secret:${SecretId}-`),
      Name: SecretId
    })
    expect(keys(response)).toEqual(['Versions', 'ARN', 'Name'])
    for (const version of response.Versions!)
      expect(keys(version)).toEqual(['VersionId', 'VersionStages', 'CreatedDate', 'KmsKeyIds'])
  })

  it('[REC] has unlabelled versions with IncludeDeprecated, without a VersionStages key', async () => {
    const { Versions } = await box.api.listSecretVersionIds({ SecretId, IncludeDeprecated: true })
    expect(Versions!.map(({ VersionId }) => VersionId)).toEqual([a, b, c])
    expect(keys(Versions![0]!)).toEqual(['VersionId', 'CreatedDate', 'KmsKeyIds'])
  })

  it('[REC] has a version’s LastAccessedDate once it was read', async () => {
    await box.api.getSecretValue({ SecretId, VersionId: b })
    const { Versions } = await box.api.listSecretVersionIds({ SecretId })
    expect(Versions![0]).toMatchObject({ LastAccessedDate: new Date(Math.floor(created / DAY) * DAY) })
    expect(keys(Versions![0]!)).toEqual([
      'VersionId',
      'VersionStages',
      'LastAccessedDate',
      'CreatedDate',
      'KmsKeyIds'
    ])
    expect('LastAccessedDate' in Versions![1]!).toBe(false)
  })

  it('[REC] of a secret without a value has no versions', async () => {
    await box.api.createSecret({ Name: 'prod/none' })
    const response = await box.api.listSecretVersionIds({ SecretId: 'prod/none' })
    expect(response).toMatchObject({ Versions: [], Name: 'prod/none' })
  })

  it('[MODEL] is returned for a secret scheduled for deletion', async () => {
    await makeScheduled(box, 'prod/scheduled')
    expect((await box.api.listSecretVersionIds({ SecretId: 'prod/scheduled' })).Versions).toHaveLength(1)
  })
})

describe('paging', () => {
  const ids = Array.from({ length: 24 }, (_, index) => token(`many-${String(index).padStart(2, '0')}`))
  beforeAll(async () => {
    await box.api.createSecret({ Name: 'prod/many' })
    await putMany(
      box,
      'prod/many',
      ids.map((id, index) => ({ token: id, time: created + index }))
    )
  })

  it.each([1, 5, 23, 24, 25])(
    '[REC] by %i: each once, oldest first, no NextToken on the last page',
    async MaxResults => {
      const found: string[] = []
      let NextToken: string | undefined
      let count = 0
      do {
        const page = await box.api.listSecretVersionIds({
          SecretId: 'prod/many',
          IncludeDeprecated: true,
          MaxResults,
          NextToken
        })
        expect(page.Versions!.length).toBeLessThanOrEqual(MaxResults)
        expect('NextToken' in page).toBe(page.NextToken !== undefined)
        found.push(...page.Versions!.map(({ VersionId }) => VersionId!))
        NextToken = page.NextToken
        count++
      } while (NextToken !== undefined)
      expect(found).toEqual(ids)
      expect(count).toBe(Math.ceil(ids.length / MaxResults))
    }
  )

  it('[REC] the keys of a page before the last', async () => {
    const page = await box.api.listSecretVersionIds({
      SecretId: 'prod/many',
      IncludeDeprecated: true,
      MaxResults: 1
    })
    expect(keys(page)).toEqual(['Versions', 'NextToken', 'ARN', 'Name'])
  })

  it('[MODEL] a token of another list is refused', async () => {
    const { NextToken } = await box.api.listSecrets({ MaxResults: 1 })
    expect((await failure(box.api.listSecretVersionIds({ SecretId, NextToken }))).code).toBe(
      'InvalidNextTokenException'
    )
  })

  it('[MODEL] a page has 1 to 100 entries', async () => {
    for (const MaxResults of [0, 101]) {
      expect((await failure(box.api.listSecretVersionIds({ SecretId, MaxResults }))).code).toBe(
        'ValidationException'
      )
    }
  })
})

it('[REC] refuses a secret that does not exist', async () => {
  expect(await failure(box.api.listSecretVersionIds({ SecretId: 'prod/nowhere' }))).toEqual({
    code: 'ResourceNotFoundException',
    message: "Secrets Manager can't find the specified secret."
  })
})
