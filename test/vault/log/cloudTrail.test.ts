import { beforeAll, describe, expect, it } from 'vitest'
import { addMember } from '../../../src/vault/team/team.js'
import { cloudTrail, type CloudTrailEvent } from '../../../src/vault/log/cloudTrail.js'
import type { LogOptions } from '../../../src/vault/log/log.js'
import { makeVault, token, type TestVault } from '../fixture.js'
import { newPerson, rights } from '../people.js'

const VALUE = 'the-value-itself'
let box: TestVault

async function events(options: LogOptions = {}): Promise<CloudTrailEvent[]> {
  const vault = await box.internal()
  const found: CloudTrailEvent[] = []
  for await (const event of cloudTrail(vault, options)) found.push(event)
  await vault.close()
  return found
}

beforeAll(async () => {
  box = await makeVault()
  await box.api.createSecret({ Name: 'a', SecretString: VALUE, ClientRequestToken: token('one') })
  box.clock.advance(1500)
  await box.api.tagResource({ SecretId: 'a', Tags: [{ Key: 'k', Value: VALUE }] })
  const { publicKey } = await newPerson('bob')
  await addMember(await box.internal(), { name: 'bob', publicKey, admin: false, rights: rights({}) })
  const { ARN } = await box.api.createSecret({ Name: 'gone', SecretString: VALUE })
  expect(ARN).toBeDefined()
  await box.api.deleteSecret({ SecretId: 'gone', ForceDeleteWithoutRecovery: true })
  box.write('vault/notes.txt', 'x')
  box.git('add', '-A')
  box.git('commit', '-q', '-m', `by hand \u001b[31m${'x'.repeat(9)}\n\nmore`)
})

describe('an event', () => {
  it('of a signed change has the fields of CloudTrail', async () => {
    const [tagged, created, ...rest] = await events({ secretId: 'a' })
    expect(rest).toEqual([])
    const { ARN } = await box.api.describeSecret({ SecretId: 'a' })
    expect(created).toEqual({
      eventVersion: '1.08',
      userIdentity: {
        type: 'IAMUser',
        principalId: expect.stringMatching(/^[\w-]{22}$/) as string,
        accountId: '000000000000',
        userName: 'alice'
      },
      eventTime: '2027-03-01T10:00:00Z',
      eventSource: 'secretsmanager.amazonaws.com',
      eventName: 'CreateSecret',
      awsRegion: 'local',
      requestParameters: { name: 'a', clientRequestToken: token('one') },
      responseElements: { arn: ARN, name: 'a', versionId: token('one') },
      additionalEventData: { commit: box.git('rev-parse', 'HEAD~5').trim(), signed: true },
      eventID: expect.stringMatching(
        /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
      ) as string,
      readOnly: false,
      resources: [{ ARN, accountId: '000000000000', type: 'AWS::SecretsManager::Secret' }],
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: '000000000000',
      eventCategory: 'Management'
    })
    expect(tagged).toMatchObject({
      eventName: 'TagResource',
      eventTime: '2027-03-01T10:00:01Z',
      requestParameters: { secretId: 'a' }
    })
  })

  it('of a message alone names nobody as certain', async () => {
    const [byHand, removed] = await events()
    expect(removed).toMatchObject({
      eventName: 'DeleteSecret',
      userIdentity: { type: 'Unknown', userName: 'alice' },
      requestParameters: { secretId: 'gone' },
      responseElements: null,
      additionalEventData: { signed: false },
      resources: [{ ARN: expect.stringContaining(':secret:gone-') as string }]
    })
    expect(byHand).toMatchObject({
      eventName: 'GitCommit',
      eventType: 'AwsServiceEvent',
      userIdentity: { type: 'Unknown', userName: 'Test' },
      requestParameters: null,
      additionalEventData: { message: `by hand \u001b[31m${'x'.repeat(9)}` },
      resources: []
    })
  })

  it('of the access log names its subject', async () => {
    const added = (await events()).find(({ eventName }) => eventName === 'AddMember')
    expect(added).toMatchObject({
      eventType: 'AwsServiceEvent',
      requestParameters: { subject: 'bob' },
      responseElements: null,
      additionalEventData: { signed: true }
    })
  })

  it('has an id of its own, which is the same each time', async () => {
    const ids = (await events()).map(({ eventID }) => eventID)
    expect(new Set(ids).size).toBe(ids.length)
    expect((await events()).map(({ eventID }) => eventID)).toEqual(ids)
    expect((await events({ secretId: 'a' })).every(({ eventID }) => ids.includes(eventID))).toBe(true)
  })

  it('has no value', async () => {
    expect(JSON.stringify(await events())).not.toContain(VALUE)
  })
})
