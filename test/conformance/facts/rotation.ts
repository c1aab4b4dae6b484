import { expect } from 'vitest'
import type { Fields } from '../faces.js'
import { expectRefused, fact, type At, type Fact } from '../fact.js'

/** The functions that the test registers: `copy` rotates, `fails` ends with an exit code. */
export const COPY = 'arn:aws:lambda:us-east-1:000000000000:function:copy'
const FAILS = 'arn:aws:lambda:us-east-1:000000000000:function:fails'
const NOT_COMPLETE = [
  'InvalidRequestException',
  "A previous rotation isn't complete. That rotation will be reattempted."
] as const

const described = ({ ask, name }: At): Promise<Fields> => ask.DescribeSecret({ SecretId: name })

/** The labels of each version. */
const stages = async (at: At) => (await described(at))['VersionIdsToStages'] as Record<string, string[]>

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let at = 0; at < 200; at++) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error('it did not happen')
}

/** Starts a rotation whose first step fails. The command line reports that; the service answers before it. */
async function started({ ask, name, token }: At): Promise<[current: string, pending: string]> {
  const [current, pending] = [token(), token()]
  await ask.CreateSecret({ Name: name, SecretString: 'x', ClientRequestToken: current })
  const request = { SecretId: name, RotationLambdaARN: FAILS, ClientRequestToken: pending }
  await ask.RotateSecret(request).catch((error: Error) => {
    if (!error.message.includes('failed at createSecret')) throw error
  })
  return [current, pending]
}

/** BEHAVIOUR: RotateSecret. */
export const rotation: Fact[] = [
  fact('DOC', 'a rotation begins with AWSPENDING on an empty version', async at => {
    const { ask, name: SecretId } = at
    const [current, pending] = await started(at)
    expect(await described(at)).toMatchObject({
      RotationEnabled: true,
      RotationLambdaARN: FAILS,
      VersionIdsToStages: { [current]: ['AWSCURRENT'], [pending]: ['AWSPENDING'] }
    })
    await expectRefused(
      ask.GetSecretValue({ SecretId, VersionId: pending, VersionStage: 'AWSPENDING' }),
      'ResourceNotFoundException',
      `Secrets Manager can't find the specified secret value for VersionId: ${pending}`
    )
    expect(await ask.GetSecretValue({ SecretId })).toMatchObject({ VersionId: current, SecretString: 'x' })
  }),
  fact('DOC', 'PutSecretValue fills it, and UpdateSecretVersionStage finishes', async at => {
    const { ask, name: SecretId } = at
    const [current, pending] = await started(at)
    const put = { SecretId, ClientRequestToken: pending, SecretString: 'y', VersionStages: ['AWSPENDING'] }
    expect(await ask.PutSecretValue(put)).toMatchObject({ VersionId: pending, VersionStages: ['AWSPENDING'] })
    expect(await ask.GetSecretValue({ SecretId, VersionStage: 'AWSPENDING' })).toMatchObject({
      SecretString: 'y'
    })
    await ask.UpdateSecretVersionStage({
      SecretId,
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: pending,
      RemoveFromVersionId: current
    })
    expect(await stages(at)).toEqual({ [current]: ['AWSPREVIOUS'], [pending]: ['AWSCURRENT', 'AWSPENDING'] })
    expect((await described(at))['LastRotatedDate']).toBeInstanceOf(Date)
  }),
  fact('USR', 'a previous rotation is not complete', async at => {
    const { ask, name: SecretId, token } = at
    const [, pending] = await started(at)
    const request = { SecretId, ClientRequestToken: token() }
    if (at.face === 'git-vault') {
      // the command line runs it again first, and reports how that failed
      await expect(ask.RotateSecret(request)).rejects.toThrow('failed at createSecret')
      await ask.CancelRotateSecret({ SecretId })
      await expectRefused(ask.RotateSecret({ ...request, ClientRequestToken: token() }), ...NOT_COMPLETE)
    } else await expectRefused(ask.RotateSecret(request), ...NOT_COMPLETE)
    expect((await stages(at))[pending]).toEqual(['AWSPENDING'])
  }),
  fact('REC', 'a later call uses the stored function and rules', async at => {
    const { ask, name: SecretId, token } = at
    const [one, two] = [token(), token()]
    await ask.CreateSecret({ Name: SecretId, SecretString: 'x' })
    const asked = { SecretId, RotationLambdaARN: COPY, RotationRules: { AutomaticallyAfterDays: 30 } }
    const first = await ask.RotateSecret({ ...asked, ClientRequestToken: one })
    expect(first).toMatchObject({ Name: SecretId, VersionId: one })
    const isCurrent = (version: string) => async () =>
      (await stages(at))[version]?.includes('AWSCURRENT') || undefined
    await until(isCurrent(one))
    await ask.RotateSecret({ SecretId, ClientRequestToken: two })
    await until(isCurrent(two))
    expect((await stages(at))[one]).toEqual(['AWSPREVIOUS'])
    expect(await described(at)).toMatchObject({
      RotationEnabled: true,
      RotationLambdaARN: COPY,
      RotationRules: { AutomaticallyAfterDays: 30 },
      LastRotatedDate: expect.any(Date),
      NextRotationDate: expect.any(Date)
    })
    // The same token again is the same rotation. The endpoint runs no write twice that was signed in the same second.
    await new Promise(resolve => setTimeout(resolve, 1_000))
    expect(await ask.RotateSecret({ SecretId, ClientRequestToken: two })).toMatchObject({ VersionId: two })
    expect((await stages(at))[two]).toContain('AWSCURRENT')
  }),
  fact('DOC', 'RotateImmediately=false only tests, on a version that is removed', async at => {
    const { ask, name: SecretId, token } = at
    const current = token()
    await ask.CreateSecret({ Name: SecretId, SecretString: 'x', ClientRequestToken: current })
    await ask.RotateSecret({ SecretId, RotationLambdaARN: COPY, RotateImmediately: false })
    expect(await described(at)).toMatchObject({
      RotationEnabled: true,
      VersionIdsToStages: { [current]: ['AWSCURRENT'] }
    })
    expect(await described(at)).not.toHaveProperty('LastRotatedDate')
    const { Versions } = await ask.ListSecretVersionIds({ SecretId, IncludeDeprecated: true })
    expect(Versions).toHaveLength(1)
  }),
  fact('DOC', 'CancelRotateSecret turns rotation off, and names the version in progress', async at => {
    const { ask, name: SecretId } = at
    const [, pending] = await started(at)
    expect(await ask.CancelRotateSecret({ SecretId })).toMatchObject({ Name: SecretId, VersionId: pending })
    expect(await described(at)).toMatchObject({ RotationEnabled: false, RotationLambdaARN: FAILS })
    expect((await stages(at))[pending]).toEqual(['AWSPENDING'])
  })
]
