import { expect } from 'vitest'
import { expectRefused, fact, type Fact } from '../fact.js'
import { COPY } from './rotation.js'

const RULES = ['RotationEnabled', 'RotationLambdaARN', 'RotationRules', 'LastRotatedDate', 'NextRotationDate']

/** BEHAVIOUR: RotateSecret, schedules, and which fields DescribeSecret has. */
export const rotationRules: Fact[] = [
  fact('DOC', 'schedules: rate, cron and Duration', async ({ ask, name }) => {
    const all = [
      { ScheduleExpression: 'rate(4 hours)', Duration: '1h' },
      { ScheduleExpression: 'rate(1 day)', Duration: '24h' },
      { ScheduleExpression: 'cron(0 2 ? * SUN#1 *)', Duration: '3h' },
      { ScheduleExpression: 'cron(0 8 1 * ? *)', Duration: '12h' },
      { AutomaticallyAfterDays: 1000, Duration: '2h' }
    ]
    for (const [at, RotationRules] of all.entries()) {
      // the test of one function at a time may wait
      const SecretId = `${name}/${at}`
      await ask.CreateSecret({ Name: SecretId, SecretString: 'x' })
      const request = { SecretId, RotationLambdaARN: COPY, RotateImmediately: false }
      expect(await ask.RotateSecret({ ...request, RotationRules })).toMatchObject({ Name: SecretId })
      expect(await ask.DescribeSecret({ SecretId })).toMatchObject({
        RotationRules,
        NextRotationDate: expect.any(Date)
      })
    }
  }),
  ...[
    { ScheduleExpression: 'rate(3 hours)' },
    { ScheduleExpression: 'rate(0 days)' },
    { ScheduleExpression: 'cron(5 8 1 * ? *)' },
    { ScheduleExpression: 'cron(0 8 1 * ? 2027)' },
    { ScheduleExpression: 'cron(0 8 1 * MON *)' },
    { ScheduleExpression: 'rate(10 days)', Duration: '25h' }
  ].map(RotationRules =>
    fact('DOC', `no schedule: ${JSON.stringify(RotationRules)}`, async ({ ask, name: SecretId }) => {
      await ask.CreateSecret({ Name: SecretId, SecretString: 'x' })
      await expectRefused(
        ask.RotateSecret({ SecretId, RotationLambdaARN: COPY, RotationRules }),
        'InvalidParameterException',
        expect.any(String)
      )
      const described = await ask.DescribeSecret({ SecretId })
      expect(Object.keys(described).filter(key => RULES.includes(key))).toEqual([])
      expect(described).toHaveProperty('VersionIdsToStages')
    })
  ),
  fact('REC', 'DescribeSecret has no field of rotation before it is configured', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name, SecretString: 'x' })
    const described = await ask.DescribeSecret({ SecretId: name })
    expect(described).toMatchObject({ Name: name })
    for (const key of RULES) expect(described).not.toHaveProperty(key)
  }),
  fact('MODEL', 'ListSecrets has the same fields', async ({ ask, name: SecretId }) => {
    await ask.CreateSecret({ Name: SecretId, SecretString: 'x' })
    const RotationRules = { AutomaticallyAfterDays: 30 }
    await ask.RotateSecret({ SecretId, RotationLambdaARN: COPY, RotationRules, RotateImmediately: false })
    const { SecretList } = await ask.ListSecrets({ Filters: [{ Key: 'name', Values: [SecretId] }] })
    expect(SecretList).toMatchObject([
      { Name: SecretId, RotationEnabled: true, RotationLambdaARN: COPY, RotationRules }
    ])
  }),
  fact('USR', 'a secret that is scheduled for deletion is not rotated', async ({ ask, name: SecretId }) => {
    await ask.CreateSecret({ Name: SecretId, SecretString: 'x' })
    await ask.RotateSecret({ SecretId, RotationLambdaARN: COPY, RotateImmediately: false })
    await ask.DeleteSecret({ SecretId })
    const refusal = [
      'InvalidRequestException',
      "You can't perform this operation on the secret because it was marked for deletion."
    ] as const
    await expectRefused(ask.RotateSecret({ SecretId }), ...refusal)
    await expectRefused(ask.CancelRotateSecret({ SecretId }), ...refusal)
  }),
  fact('ours', 'CancelRotateSecret without a function', async ({ ask, name: SecretId }) => {
    await ask.CreateSecret({ Name: SecretId, SecretString: 'x' })
    await expectRefused(
      ask.CancelRotateSecret({ SecretId }),
      'InvalidRequestException',
      'No Lambda rotation function ARN is associated with this secret.'
    )
  })
]
