import { beforeAll, describe, expect, it } from 'vitest'
import { failure, keys, makeScheduled, makeVault, token, type TestVault } from '../vault/fixture.js'

let box: TestVault
const names = ['prod/db', 'prod/api', 'dev/db']

beforeAll(async () => {
  box = await makeVault()
  for (const Name of names) {
    await box.api.createSecret({
      Name,
      SecretString: `value of ${Name}`,
      ClientRequestToken: token(Name),
      Tags: [{ Key: 'team', Value: Name.slice(0, 3) }]
    })
    box.clock.advance(1000)
  }
  await box.api.createSecret({ Name: 'prod/none' })
  await makeScheduled(box, 'prod/gone')
})

describe('by SecretIdList', () => {
  it('[MODEL] returns what GetSecretValue returns for each, in the order of the list', async () => {
    const response = await box.api.batchGetSecretValue({ SecretIdList: ['dev/db', 'prod/db'] })
    expect(response).toEqual({
      SecretValues: [
        await box.api.getSecretValue({ SecretId: 'dev/db' }),
        await box.api.getSecretValue({ SecretId: 'prod/db' })
      ],
      Errors: []
    })
    expect(keys(response)).toEqual(['SecretValues', 'Errors'])
    expect(keys(response.SecretValues![0]!)).toEqual([
      'ARN',
      'Name',
      'VersionId',
      'SecretString',
      'VersionStages',
      'CreatedDate'
    ])
  })

  it('[MODEL] returns binary values', async () => {
    const SecretBinary = Uint8Array.of(0, 255, 1)
    await box.api.createSecret({ Name: 'binary', SecretBinary })
    const { SecretValues } = await box.api.batchGetSecretValue({ SecretIdList: ['binary'] })
    expect(SecretValues![0]).toMatchObject({ Name: 'binary', SecretBinary })
  })

  it('[EMU] reports a failure in Errors, with the requested id, and returns the rest', async () => {
    const arn = (await box.api.describeSecret({ SecretId: 'prod/db' })).ARN!
    const SecretIdList = ['nowhere', arn, 'prod/gone', 'prod/none', 'not a name']
    const { SecretValues, Errors } = await box.api.batchGetSecretValue({ SecretIdList })
    expect(SecretValues!.map(({ SecretString }) => SecretString)).toEqual(['value of prod/db'])
    expect(Errors).toEqual([
      {
        SecretId: 'nowhere',
        ErrorCode: 'ResourceNotFoundException',
        Message: "Secrets Manager can't find the specified secret."
      },
      {
        SecretId: 'prod/gone',
        ErrorCode: 'InvalidRequestException',
        Message: "You can't perform this operation on the secret because it was marked for deletion."
      },
      {
        SecretId: 'prod/none',
        ErrorCode: 'ResourceNotFoundException',
        Message: "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"
      },
      {
        SecretId: 'not a name',
        ErrorCode: 'ValidationException',
        Message: expect.stringContaining('Invalid name.')
      }
    ])
    expect(keys(Errors![0]!)).toEqual(['SecretId', 'ErrorCode', 'Message'])
  })

  it('[REC] is a read of each secret', async () => {
    await box.api.createSecret({ Name: 'read', SecretString: 'x' })
    await box.api.batchGetSecretValue({ SecretIdList: ['read'] })
    expect(await box.api.describeSecret({ SecretId: 'read' })).toHaveProperty('LastAccessedDate')
  })

  it('[MODEL] accepts 1 to 20 ids', async () => {
    const many = Array.from({ length: 20 }, () => 'prod/db')
    expect((await box.api.batchGetSecretValue({ SecretIdList: many })).SecretValues).toHaveLength(20)
    for (const SecretIdList of [[], [...many, 'prod/db']])
      expect((await failure(box.api.batchGetSecretValue({ SecretIdList }))).code).toBe('ValidationException')
  })
})

describe('by Filters', () => {
  const Filters = [{ Key: 'name' as const, Values: ['prod', 'dev'] }]

  it('oldest first, without secrets scheduled for deletion; a secret without a value is an error', async () => {
    const { SecretValues, Errors } = await box.api.batchGetSecretValue({ Filters })
    expect(SecretValues!.map(({ Name }) => Name)).toEqual(names)
    const { ARN } = await box.api.describeSecret({ SecretId: 'prod/none' })
    expect(Errors).toEqual([
      {
        SecretId: ARN,
        ErrorCode: 'ResourceNotFoundException',
        Message: "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"
      }
    ])
  })

  it('[MODEL] pages', async () => {
    for (const MaxResults of [1, 2, 3, 4, 20]) {
      const found: (string | undefined)[] = []
      let NextToken: string | undefined
      do {
        const page = await box.api.batchGetSecretValue({ Filters, MaxResults, NextToken })
        expect(page.SecretValues!.length + page.Errors!.length).toBeLessThanOrEqual(MaxResults)
        found.push(...page.SecretValues!.map(({ Name }) => Name))
        NextToken = page.NextToken
      } while (NextToken !== undefined)
      expect(found).toEqual(names)
    }
  })

  it('returns 20 by default', async () => {
    const many = await makeVault('many')
    for (let index = 0; index < 21; index++) {
      await many.api.createSecret({ Name: `s${index}`, SecretString: 'x' })
      many.clock.advance(1000)
    }
    const request = { Filters: [{ Key: 'name' as const, Values: ['s'] }] }
    const first = await many.api.batchGetSecretValue(request)
    expect(first.SecretValues).toHaveLength(20)
    const second = await many.api.batchGetSecretValue({ ...request, NextToken: first.NextToken })
    expect(second.SecretValues!.map(({ Name }) => Name)).toEqual(['s20'])
    expect(second).not.toHaveProperty('NextToken')
  })

  it('a token of other filters or of another list is refused', async () => {
    const { NextToken } = await box.api.batchGetSecretValue({ Filters, MaxResults: 1 })
    const others = [{ Key: 'name' as const, Values: ['prod'] }]
    const { NextToken: listed } = await box.api.listSecrets({ Filters, MaxResults: 1 })
    for (const request of [
      { Filters: others, NextToken },
      { Filters, NextToken: listed }
    ]) {
      expect((await failure(box.api.batchGetSecretValue(request))).code).toBe('InvalidNextTokenException')
    }
  })
})

describe('parameters that exclude each other', () => {
  const Filters = [{ Key: 'name' as const, Values: ['prod'] }]
  const SecretIdList = ['prod/db']
  const both = "Either 'SecretIdList' or 'Filters' must be provided, but not both."

  it.each([
    [{ SecretIdList, Filters }, both],
    [{}, both],
    [{ Filters: [] }, both],
    [
      { SecretIdList, MaxResults: 1 },
      "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided."
    ],
    [
      { SecretIdList, NextToken: 'x' },
      "'Filters' not specified. 'Filters' must also be specified when 'NextToken' is provided."
    ]
  ])('[EMU] %j', async (request, message) => {
    expect(await failure(box.api.batchGetSecretValue(request))).toEqual({
      code: 'InvalidParameterException',
      message
    })
  })

  it('[EMU] a filter without values', async () => {
    expect(await failure(box.api.batchGetSecretValue({ Filters: [{ Key: 'name' }] }))).toEqual({
      code: 'InvalidParameterException',
      message: 'Invalid filter values for key: name'
    })
  })
})

describe('a document that was tampered with', () => {
  it('is in Errors and in a notice, and does not stop the others', async () => {
    const other = await makeVault('tampered')
    for (const Name of ['a', 'b', 'c']) await other.api.createSecret({ Name, SecretString: `value ${Name}` })
    const path = 'vault/secrets/b/stages.yaml'
    other.write(path, other.read(path).replace('AWSCURRENT', 'OTHER'))
    const listed = await other.api.batchGetSecretValue({ SecretIdList: ['a', 'b', 'c'] })
    expect(listed.SecretValues?.map(({ SecretString }) => SecretString)).toEqual(['value a', 'value c'])
    expect(listed.Errors).toEqual([
      { SecretId: 'b', ErrorCode: 'DocumentRefused', Message: expect.stringContaining(path) as string }
    ])
    expect(other.notices).toEqual([expect.stringMatching(/^skipped: .*; mend it with: git-vault resolve b$/)])
    const filtered = await other.api.batchGetSecretValue({ Filters: [{ Key: 'name', Values: ['a', 'c'] }] })
    expect(filtered.SecretValues?.map(({ Name }) => Name)).toEqual(['a', 'c'])
    expect(other.notices).toHaveLength(2)
  })

  it.each([
    ['a version', 'vault/secrets/b/versions/', 'b'],
    ['a key', 'vault/keys/default/1.yaml', 'a']
  ])('%s: its secrets are in Errors', async (_, start, first) => {
    const other = await makeVault('tampered')
    for (const Name of ['a', 'b']) await other.api.createSecret({ Name, SecretString: 'x' })
    const path = other.files('vault').find(file => file.startsWith(start))!
    other.write(path, 'kind: nothing\n')
    const { SecretValues, Errors } = await other.api.batchGetSecretValue({ SecretIdList: ['a', 'b'] })
    expect(SecretValues).toHaveLength(first === 'a' ? 0 : 1)
    expect(Errors?.map(({ SecretId, ErrorCode }) => [SecretId, ErrorCode])).toEqual(
      (first === 'a' ? ['a', 'b'] : ['b']).map(id => [id, 'DocumentRefused'])
    )
  })

  it('a missing identity still fails the whole request', async () => {
    const other = await makeVault('locked')
    await other.api.createSecret({ Name: 'a', SecretString: 'x' })
    process.env['GIT_VAULT_IDENTITY_FILE'] = other.path('none')
    try {
      const request = (await other.reopen()).batchGetSecretValue({ SecretIdList: ['a'] })
      expect(['IdentityNotFound', 'FileFailed']).toContain((await failure(request)).code)
    } finally {
      delete process.env['GIT_VAULT_IDENTITY_FILE']
    }
  })
})
