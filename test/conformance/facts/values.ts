import { expect } from 'vitest'
import { expectRefused, fact, labels, NOT_FOUND, type Fact } from '../fact.js'

const BOTH = "You can't specify both a binary secret value and a string secret value in the same secret."
const DELETED = "You can't perform this operation on the secret because it was marked for deletion."
const cannotFind = (what: string) => `Secrets Manager can't find the specified secret value for ${what}`

/** BEHAVIOUR: CreateSecret, PutSecretValue, GetSecretValue, UpdateSecret. */
export const values: Fact[] = [
  fact(
    'REC',
    'CreateSecret without a value: no VersionId, and no VersionIdsToStages',
    async ({ ask, name }) => {
      expect(Object.keys(await ask.CreateSecret({ Name: name })).sort()).toEqual(['ARN', 'Name'])
      const described = await ask.DescribeSecret({ SecretId: name })
      expect(described).not.toHaveProperty('VersionIdsToStages')
      await expectRefused(
        ask.GetSecretValue({ SecretId: name }),
        'ResourceNotFoundException',
        cannotFind('staging label: AWSCURRENT')
      )
    }
  ),
  fact('REC', 'an empty Description and empty Tags are left out', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name, Description: '', Tags: [] })
    const described = await ask.DescribeSecret({ SecretId: name })
    expect(described['Name']).toBe(name)
    expect(described).not.toHaveProperty('Description')
    expect(described).not.toHaveProperty('Tags')
  }),
  fact('REC', 'CreateSecret of a name that is scheduled for deletion', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name })
    await ask.DeleteSecret({ SecretId: name })
    await expectRefused(
      ask.CreateSecret({ Name: name }),
      'InvalidRequestException',
      "You can't create this secret because a secret with this name is already scheduled for deletion."
    )
  }),
  fact('USR', 'both kinds of value', async ({ ask, name }) => {
    const both = { SecretString: 'x', SecretBinary: new Uint8Array([1]) }
    await expectRefused(ask.CreateSecret({ Name: name, ...both }), 'InvalidParameterException', BOTH)
  }),

  fact('EMU', 'PutSecretValue with neither kind of value', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name })
    await expectRefused(
      ask.PutSecretValue({ SecretId: name }),
      'InvalidRequestException',
      'You must provide either SecretString or SecretBinary.'
    )
  }),
  fact('REC', 'no VersionStages: AWSCURRENT comes, AWSPREVIOUS goes to the version it left', async at => {
    const { ask, name, token } = at
    const [a, b, c] = [token(), token(), token()]
    await ask.CreateSecret({ Name: name, SecretString: '1', ClientRequestToken: a })
    await ask.PutSecretValue({ SecretId: name, SecretString: '2', ClientRequestToken: b })
    expect(await labels(at)).toEqual({ [a]: ['AWSPREVIOUS'], [b]: ['AWSCURRENT'] })
    await ask.PutSecretValue({ SecretId: name, SecretString: '3', ClientRequestToken: c })
    expect(await labels(at)).toEqual({ [b]: ['AWSPREVIOUS'], [c]: ['AWSCURRENT'] })
  }),
  fact('REC', 'labels that are named move here, those that are not named stay', async at => {
    const { ask, name, token } = at
    const [a, b, c] = [token(), token(), token()]
    const put = (ClientRequestToken: string, VersionStages: string[]) =>
      ask.PutSecretValue({
        SecretId: name,
        SecretString: ClientRequestToken,
        ClientRequestToken,
        VersionStages
      })
    await ask.CreateSecret({ Name: name, SecretString: '1', ClientRequestToken: a })
    await put(b, ['blue', 'green'])
    await put(c, ['green'])
    expect(await labels(at)).toEqual({ [a]: ['AWSCURRENT'], [b]: ['blue'], [c]: ['green'] })
  }),
  fact('REC', 'AWSPENDING leaves the version that AWSCURRENT leaves', async at => {
    const { ask, name, token } = at
    const [a, b] = [token(), token()]
    await ask.CreateSecret({ Name: name, SecretString: '1' })
    const both = ['AWSCURRENT', 'AWSPENDING']
    await ask.PutSecretValue({
      SecretId: name,
      SecretString: '2',
      ClientRequestToken: a,
      VersionStages: both
    })
    await ask.PutSecretValue({ SecretId: name, SecretString: '3', ClientRequestToken: b })
    expect(await labels(at)).toEqual({ [a]: ['AWSPREVIOUS'], [b]: ['AWSCURRENT'] })
  }),
  fact('REC', 'labels of one’s own may begin with AWS', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name, SecretString: '1' })
    const put = { SecretId: name, SecretString: '2', VersionStages: ['AWSMINE'] }
    expect((await ask.PutSecretValue(put))['VersionStages']).toEqual(['AWSMINE'])
  }),
  fact('DOC', 'the first version gets AWSCURRENT even when other labels are asked for', async at => {
    const { ask, name, token } = at
    const a = token()
    await ask.CreateSecret({ Name: name })
    await ask.PutSecretValue({
      SecretId: name,
      SecretString: '1',
      VersionStages: ['blue'],
      ClientRequestToken: a
    })
    expect(await labels(at)).toEqual({ [a]: ['AWSCURRENT', 'blue'] })
  }),

  fact('REC', 'GetSecretValue cannot find a version', async ({ ask, name, token }) => {
    await ask.CreateSecret({ Name: name, SecretString: 'x' })
    const id = token()
    const notFound = 'ResourceNotFoundException'
    await expectRefused(
      ask.GetSecretValue({ SecretId: name, VersionId: id }),
      notFound,
      cannotFind(`VersionId: ${id}`)
    )
    const VersionStage = 'AWSPREVIOUS'
    await expectRefused(
      ask.GetSecretValue({ SecretId: name, VersionStage }),
      notFound,
      cannotFind(`staging label: ${VersionStage}`)
    )
  }),
  fact('REC', 'VersionId and VersionStage that disagree', async ({ ask, name, token }) => {
    const VersionId = token()
    await ask.CreateSecret({ Name: name, SecretString: '1', ClientRequestToken: VersionId })
    await ask.PutSecretValue({ SecretId: name, SecretString: '2' })
    await expectRefused(
      ask.GetSecretValue({ SecretId: name, VersionId, VersionStage: 'AWSCURRENT' }),
      'InvalidRequestException',
      'You provided a VersionStage that is not associated to the provided VersionId.'
    )
    expect(
      await ask.GetSecretValue({ SecretId: name, VersionId, VersionStage: 'AWSPREVIOUS' })
    ).toMatchObject({
      SecretString: '1',
      VersionStages: ['AWSPREVIOUS']
    })
  }),
  fact('USR', 'versions without a label stay readable by id', async ({ ask, name, token }) => {
    const VersionId = token()
    await ask.CreateSecret({ Name: name, SecretString: '1', ClientRequestToken: VersionId })
    await ask.PutSecretValue({ SecretId: name, SecretString: '2' })
    await ask.PutSecretValue({ SecretId: name, SecretString: '3' })
    const answer = await ask.GetSecretValue({ SecretId: name, VersionId })
    expect(answer['SecretString']).toBe('1')
    expect(answer).not.toHaveProperty('VersionStages')
  }),
  fact('USR', 'GetSecretValue of one that is marked for deletion', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name, SecretString: 'x' })
    await ask.DeleteSecret({ SecretId: name })
    await expectRefused(ask.GetSecretValue({ SecretId: name }), 'InvalidRequestException', DELETED)
  }),
  fact('REC', 'LastAccessedDate: absent until the first read, then a date without a time', async at => {
    const { ask, name } = at
    await ask.CreateSecret({ Name: name, SecretString: 'x' })
    expect(await ask.DescribeSecret({ SecretId: name })).not.toHaveProperty('LastAccessedDate')
    await ask.GetSecretValue({ SecretId: name })
    const { LastAccessedDate } = await ask.DescribeSecret({ SecretId: name })
    expect((LastAccessedDate as Date).getTime() % 86_400_000).toBe(0)
    const { Versions } = await ask.ListSecretVersionIds({ SecretId: name })
    expect((Versions as { LastAccessedDate: Date }[])[0]?.LastAccessedDate).toEqual(LastAccessedDate)
  }),

  fact('REC', 'UpdateSecret of the description alone: no VersionId', async at => {
    const { ask, name } = at
    await ask.CreateSecret({ Name: name, SecretString: 'x' })
    const before = await labels(at)
    const answer = await ask.UpdateSecret({ SecretId: name, Description: 'new' })
    expect(Object.keys(answer).sort()).toEqual(['ARN', 'Name'])
    expect(await ask.DescribeSecret({ SecretId: name })).toMatchObject({ Description: 'new' })
    expect(await labels(at)).toEqual(before)
  }),
  fact('REC', 'UpdateSecret without arguments succeeds and changes nothing', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name, SecretString: 'x' })
    const before = await ask.DescribeSecret({ SecretId: name })
    expect(await ask.UpdateSecret({ SecretId: name })).toMatchObject({ Name: name })
    expect(await ask.DescribeSecret({ SecretId: name })).toEqual(before)
  }),
  fact('REC', 'UpdateSecret with a value: AWSCURRENT and AWSPREVIOUS move', async at => {
    const { ask, name, token } = at
    const [a, b] = [token(), token()]
    await ask.CreateSecret({ Name: name, SecretString: '1', ClientRequestToken: a })
    expect(
      await ask.UpdateSecret({ SecretId: name, SecretString: '2', ClientRequestToken: b })
    ).toMatchObject({
      VersionId: b
    })
    expect(await labels(at)).toEqual({ [a]: ['AWSPREVIOUS'], [b]: ['AWSCURRENT'] })
  }),
  fact(
    'REC',
    'LastChangedDate strictly increases, also for the same value under a new token',
    async ({ ask, name }) => {
      await ask.CreateSecret({ Name: name, SecretString: 'x' })
      const changed = async () =>
        ((await ask.DescribeSecret({ SecretId: name }))['LastChangedDate'] as Date).getTime()
      const times = [await changed()]
      for (const more of [
        { SecretString: 'x' },
        { SecretString: 'x' },
        { Description: 'a' },
        { Description: 'b' }
      ]) {
        await ask.UpdateSecret({ SecretId: name, ...more })
        times.push(await changed())
      }
      expect(times).toEqual([...new Set(times)].sort((a, b) => a - b))
    }
  ),
  fact('REC', 'UpdateSecret of an unknown secret', ({ ask, name }) =>
    expectRefused(ask.UpdateSecret({ SecretId: name, Description: 'x' }), ...NOT_FOUND)
  )
]
