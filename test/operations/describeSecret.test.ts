import { beforeAll, describe, expect, it } from 'vitest'
import { DAY, failure, keys, makeScheduled, makeVault, token, type TestVault } from '../vault/fixture.js'

let box: TestVault
const SecretId = 'prod/db'
const [a, b, c] = ['a', 'b', 'c'].map(token) as [string, string, string]
let created: number

beforeAll(async () => {
  box = await makeVault()
  created = box.clock.time
  await box.api.createSecret({
    Name: SecretId,
    SecretString: 'a',
    ClientRequestToken: a,
    Description: 'the database',
    Tags: [{ Key: 'team', Value: 'x' }]
  })
  box.clock.advance(5000)
  await box.api.putSecretValue({ SecretId, SecretString: 'b', ClientRequestToken: b })
  box.clock.advance(5000)
  await box.api.putSecretValue({ SecretId, SecretString: 'c', ClientRequestToken: c })
})

describe('the response', () => {
  it('[REC] omits unlabelled versions, and LastAccessedDate until the first read', async () => {
    const response = await box.api.describeSecret({ SecretId })
    expect(response).toEqual({
      ARN: expect.stringMatching(/^arn:aws:secretsmanager:local:000000000000:secret:prod\/db-\w{6}$/),
      Name: SecretId,
      Description: 'the database',
      LastChangedDate: new Date(created + 10_000),
      Tags: [{ Key: 'team', Value: 'x' }],
      VersionIdsToStages: { [b]: ['AWSPREVIOUS'], [c]: ['AWSCURRENT'] },
      CreatedDate: new Date(created)
    })
  })

  it('[MODEL] has its keys in the model’s order, before a read and after', async () => {
    const before = [
      'ARN',
      'Name',
      'Description',
      'LastChangedDate',
      'Tags',
      'VersionIdsToStages',
      'CreatedDate'
    ]
    expect(keys(await box.api.describeSecret({ SecretId }))).toEqual(before)
    await box.api.getSecretValue({ SecretId })
    expect(keys(await box.api.describeSecret({ SecretId }))).toEqual([
      ...before.slice(0, 4),
      'LastAccessedDate',
      ...before.slice(4)
    ])
  })

  it('[REC] shows DeletedDate while the secret is scheduled', async () => {
    await makeScheduled(box, 'prod/scheduled')
    const response = await box.api.describeSecret({ SecretId: 'prod/scheduled' })
    expect(response.DeletedDate).toEqual(new Date(box.clock.time + 30 * DAY))
    expect(keys(response)).toEqual([
      'ARN',
      'Name',
      'LastChangedDate',
      'DeletedDate',
      'VersionIdsToStages',
      'CreatedDate'
    ])
  })

  it('[REC] has no Tags key for a secret never tagged', async () => {
    await box.api.createSecret({ Name: 'prod/plain', SecretString: 'x' })
    expect('Tags' in (await box.api.describeSecret({ SecretId: 'prod/plain' }))).toBe(false)
  })

  it('returns a token and labels such as __proto__, which plain objects would lose', async () => {
    const ClientRequestToken = '__proto__'.padEnd(32, '_')
    await box.api.createSecret({ Name: 'prod/odd', SecretString: 'x', ClientRequestToken })
    await box.api.putSecretValue({
      SecretId: 'prod/odd',
      SecretString: 'y',
      VersionStages: ['__proto__', 'constructor', 'toString']
    })
    const { VersionIdsToStages } = await box.api.describeSecret({ SecretId: 'prod/odd' })
    expect(Object.values(VersionIdsToStages!)).toEqual([
      ['AWSCURRENT'],
      ['__proto__', 'constructor', 'toString']
    ])
  })
})

it('[REC] refuses a secret that does not exist', async () => {
  expect(await failure(box.api.describeSecret({ SecretId: 'prod/nowhere' }))).toEqual({
    code: 'ResourceNotFoundException',
    message: "Secrets Manager can't find the specified secret."
  })
})

it('changes nothing in the repository', async () => {
  const state = box.state()
  await box.api.describeSecret({ SecretId })
  expect(box.state()).toBe(state)
})
