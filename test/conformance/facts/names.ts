import { expect } from 'vitest'
import { expectRefused, fact, NOT_FOUND, type Fact } from '../fact.js'

const INVALID =
  'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!'

/** BEHAVIOUR: names and ARNs, limits, the token. */
export const names: Fact[] = [
  fact('REC', 'a name with other characters is refused by CreateSecret', ({ ask }) =>
    expectRefused(ask.CreateSecret({ Name: 'a name', SecretString: 'x' }), 'ValidationException', INVALID)
  ),
  fact('REC', 'and by every operation that takes a SecretId', async ({ ask }) => {
    const SecretId = 'a*name'
    const works = [
      ask.GetSecretValue({ SecretId }),
      ask.DescribeSecret({ SecretId }),
      ask.PutSecretValue({ SecretId, SecretString: 'x' }),
      ask.UpdateSecret({ SecretId, Description: 'x' }),
      ask.DeleteSecret({ SecretId }),
      ask.RestoreSecret({ SecretId }),
      ask.TagResource({ SecretId, Tags: [{ Key: 'a', Value: 'b' }] }),
      ask.UntagResource({ SecretId, TagKeys: ['a'] }),
      ask.ListSecretVersionIds({ SecretId }),
      ask.GetResourcePolicy({ SecretId }),
      ask.RotateSecret({ SecretId }),
      ask.CancelRotateSecret({ SecretId })
    ]
    await Promise.all(works.map(work => expectRefused(work, 'ValidationException', INVALID)))
  }),
  fact('REC', 'an ARN ends in a hyphen and six alphanumerics', async ({ ask, name }) => {
    const { ARN } = await ask.CreateSecret({ Name: name })
    expect(ARN).toMatch(
      new RegExp(`^arn:aws:secretsmanager:[a-z0-9-]+:\\d{12}:secret:${name}-[A-Za-z0-9]{6}$`)
    )
  }),
  fact('REC', 'a name, a full ARN and an ARN without its suffix all resolve', async ({ ask, name }) => {
    const { ARN } = await ask.CreateSecret({ Name: name, SecretString: 'x' })
    for (const SecretId of [name, ARN, (ARN as string).slice(0, -7)])
      expect(await ask.GetSecretValue({ SecretId })).toMatchObject({ ARN, Name: name, SecretString: 'x' })
  }),
  fact(
    'REC',
    'the suffix-less ARN of a name that ends in a hyphen and six characters does not',
    async ({ ask, name }) => {
      const { ARN } = await ask.CreateSecret({ Name: `${name}-a1b2c3`, SecretString: 'x' })
      await expectRefused(ask.GetSecretValue({ SecretId: (ARN as string).slice(0, -7) }), ...NOT_FOUND)
      expect(await ask.GetSecretValue({ SecretId: ARN })).toMatchObject({ SecretString: 'x' })
    }
  ),
  fact('REC', 'that of a name such as x-a1b2c3- does', async ({ ask, name }) => {
    const { ARN } = await ask.CreateSecret({ Name: `${name}-a1b2c3-`, SecretString: 'x' })
    expect(await ask.GetSecretValue({ SecretId: (ARN as string).slice(0, -7) })).toMatchObject({ ARN })
  }),
  fact('REC', 'a secret that was deleted and made again gets a new suffix', async ({ ask, name }) => {
    const { ARN } = await ask.CreateSecret({ Name: name })
    await ask.DeleteSecret({ SecretId: name, ForceDeleteWithoutRecovery: true })
    const { ARN: again } = await ask.CreateSecret({ Name: name })
    expect(again).not.toBe(ARN)
    expect((again as string).slice(0, -6)).toBe((ARN as string).slice(0, -6))
    await expectRefused(ask.DescribeSecret({ SecretId: ARN }), ...NOT_FOUND)
  }),
  fact('REC', 'an unknown secret', async ({ ask, name }) => {
    await expectRefused(ask.GetSecretValue({ SecretId: name }), ...NOT_FOUND)
    await expectRefused(ask.DescribeSecret({ SecretId: name }), ...NOT_FOUND)
    await expectRefused(ask.PutSecretValue({ SecretId: name, SecretString: 'x' }), ...NOT_FOUND)
  }),

  fact('MODEL', 'a value has at most 65,536 bytes', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name, SecretString: 'x'.repeat(65_536) })
    expect((await ask.GetSecretValue({ SecretId: name }))['SecretString']).toHaveLength(65_536)
  }),
  fact('USR', 'a longer one is refused, and not repeated in the refusal', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name })
    await expectRefused(
      ask.PutSecretValue({ SecretId: name, SecretString: 'x'.repeat(65_537) }),
      'ValidationException',
      "1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have length less than or equal to 65536"
    )
  }),
  fact('MODEL', 'bytes come back as bytes', async ({ ask, name }) => {
    const SecretBinary = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    await ask.CreateSecret({ Name: name, SecretBinary })
    const { SecretBinary: back, ...rest } = await ask.GetSecretValue({ SecretId: name })
    expect([...(back as Uint8Array)]).toEqual([...SecretBinary])
    expect(rest).not.toHaveProperty('SecretString')
  }),
  fact('DOC', 'a token is 32 to 64 characters, and need not be a UUID', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name })
    const ClientRequestToken = `${name} ünïcödé`.padEnd(40, '/')
    expect(await ask.PutSecretValue({ SecretId: name, SecretString: 'x', ClientRequestToken })).toMatchObject(
      {
        VersionId: ClientRequestToken
      }
    )
    const long = await ask
      .PutSecretValue({ SecretId: name, SecretString: 'x', ClientRequestToken: 'x'.repeat(65) })
      .catch((error: { code: string }) => error)
    expect(long).toMatchObject({ code: 'ValidationException' })
  }),
  fact(
    'DOC',
    'a version takes at most 20 labels, and all versions together, too',
    async ({ ask, name, token }) => {
      await ask.CreateSecret({ Name: name, SecretString: 'x' })
      const some = (from: number, to: number) =>
        Array.from({ length: to - from }, (_, at) => `label${from + at}`)
      await ask.PutSecretValue({
        SecretId: name,
        SecretString: 'y',
        VersionStages: some(0, 19),
        ClientRequestToken: token()
      })
      const over = ask.PutSecretValue({ SecretId: name, SecretString: 'z', VersionStages: some(19, 20) })
      await expectRefused(over, 'LimitExceededException', expect.stringContaining('20 staging labels'))
      const many = ask.PutSecretValue({ SecretId: name, SecretString: 'z', VersionStages: some(0, 21) })
      await expectRefused(many, 'ValidationException', expect.stringContaining('versionStages'))
    }
  ),

  fact('VER', 'the same token and value: CreateSecret repeats its response', async ({ ask, name, token }) => {
    const request = { Name: name, SecretString: 'x', ClientRequestToken: token() }
    const first = await ask.CreateSecret(request)
    expect(first['VersionId']).toBe(request.ClientRequestToken)
    expect(await ask.CreateSecret(request)).toEqual(first)
  }),
  fact(
    'VER',
    'PutSecretValue answers with the same VersionId and its present labels',
    async ({ ask, name, token }) => {
      await ask.CreateSecret({ Name: name, SecretString: 'x' })
      const request = { SecretId: name, SecretString: 'y', ClientRequestToken: token() }
      const first = await ask.PutSecretValue(request)
      expect(first['VersionStages']).toEqual(['AWSCURRENT'])
      await ask.PutSecretValue({ SecretId: name, SecretString: 'z' })
      expect(await ask.PutSecretValue(request)).toEqual({ ...first, VersionStages: ['AWSPREVIOUS'] })
    }
  ),
  fact('VER', 'UpdateSecret succeeds with the VersionId', async ({ ask, name, token }) => {
    await ask.CreateSecret({ Name: name, SecretString: 'x' })
    const request = { SecretId: name, SecretString: 'y', ClientRequestToken: token() }
    const first = await ask.UpdateSecret(request)
    expect(first['VersionId']).toBe(request.ClientRequestToken)
    expect(await ask.UpdateSecret(request)).toEqual(first)
  }),
  fact('VER', 'the same token with another value is refused, by all three', async ({ ask, name, token }) => {
    const ClientRequestToken = token()
    const { ARN } = await ask.CreateSecret({ Name: name, SecretString: 'x', ClientRequestToken })
    const why = `You can't use ClientRequestToken ${ClientRequestToken} because that value is already in use for a version of secret ${ARN as string}.`
    const SecretString = 'other'
    const works = [
      ask.CreateSecret({ Name: name, SecretString, ClientRequestToken }),
      ask.PutSecretValue({ SecretId: name, SecretString, ClientRequestToken }),
      ask.UpdateSecret({ SecretId: name, SecretString, ClientRequestToken })
    ]
    await Promise.all(works.map(work => expectRefused(work, 'ResourceExistsException', why)))
  }),
  fact('REC', 'CreateSecret with a taken name and another token', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name, SecretString: 'x' })
    await expectRefused(
      ask.CreateSecret({ Name: name, SecretString: 'x' }),
      'ResourceExistsException',
      `The operation failed because the secret ${name} already exists.`
    )
  })
]
