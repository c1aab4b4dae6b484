import { expect } from 'vitest'
import { expectRefused, fact, NOT_FOUND, type Fact } from '../fact.js'

const DELETED = "You can't perform this operation on the secret because it was marked for deletion."
const DAY = 86_400_000

/** BEHAVIOUR: DeleteSecret and RestoreSecret, RotateSecret, tags. */
export const lifecycle: Fact[] = [
  fact('MODEL', 'the recovery window is 30 days, or what is asked', async ({ ask, name }) => {
    for (const [more, days] of [
      [{}, 30],
      [{ RecoveryWindowInDays: 7 }, 7]
    ] as const) {
      const Name = `${name}-${days}d`
      await ask.CreateSecret({ Name })
      const { DeletionDate } = await ask.DeleteSecret({ SecretId: Name, ...more })
      const away = ((DeletionDate as Date).getTime() - Date.now()) / DAY
      expect(Math.abs(away - days)).toBeLessThan(0.01)
    }
  }),
  fact('EMU', 'a recovery window that is too short or too long', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name })
    for (const RecoveryWindowInDays of [6, 31]) {
      await expectRefused(
        ask.DeleteSecret({ SecretId: name, RecoveryWindowInDays }),
        'InvalidParameterException',
        'The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).'
      )
    }
  }),
  fact('EMU', 'a recovery window and force at once', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name })
    await expectRefused(
      ask.DeleteSecret({ SecretId: name, RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true }),
      'InvalidParameterException',
      "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
    )
  }),
  fact(
    'REC',
    'force-deleting an unknown secret succeeds with Name, an ARN and DeletionDate',
    async ({ ask, name }) => {
      const answer = await ask.DeleteSecret({ SecretId: name, ForceDeleteWithoutRecovery: true })
      expect(Object.keys(answer).sort()).toEqual(['ARN', 'DeletionDate', 'Name'])
      expect(answer['Name']).toBe(name)
      await expectRefused(ask.DeleteSecret({ SecretId: name }), ...NOT_FOUND)
    }
  ),
  fact('REC', 'a scheduled secret can be force-deleted', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name })
    await ask.DeleteSecret({ SecretId: name })
    await ask.DeleteSecret({ SecretId: name, ForceDeleteWithoutRecovery: true })
    await expectRefused(ask.DescribeSecret({ SecretId: name }), ...NOT_FOUND)
  }),
  fact('REC', 'DescribeSecret shows DeletedDate while it is scheduled', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name })
    const { DeletionDate } = await ask.DeleteSecret({ SecretId: name })
    expect(DeletionDate).toBeInstanceOf(Date)
    expect((await ask.DescribeSecret({ SecretId: name }))['DeletedDate']).toEqual(DeletionDate)
    await ask.RestoreSecret({ SecretId: name })
    expect(await ask.DescribeSecret({ SecretId: name })).not.toHaveProperty('DeletedDate')
  }),
  fact('REC', 'RestoreSecret answers ARN and Name', async ({ ask, name }) => {
    const { ARN } = await ask.CreateSecret({ Name: name, SecretString: 'x' })
    await ask.DeleteSecret({ SecretId: name })
    expect(await ask.RestoreSecret({ SecretId: name })).toEqual({ ARN, Name: name })
    expect(await ask.GetSecretValue({ SecretId: name })).toMatchObject({ SecretString: 'x' })
  }),
  fact('USR', 'a scheduled secret takes no new value', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name })
    await ask.DeleteSecret({ SecretId: name })
    const works = [
      ask.PutSecretValue({ SecretId: name, SecretString: 'x' }),
      ask.UpdateSecret({ SecretId: name, Description: 'x' })
    ]
    await Promise.all(works.map(work => expectRefused(work, 'InvalidRequestException', DELETED)))
  }),

  fact('REC', 'RotateSecret where no function was ever configured', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name, SecretString: 'x' })
    await expectRefused(
      ask.RotateSecret({ SecretId: name }),
      'InvalidRequestException',
      'No Lambda rotation function ARN is associated with this secret.'
    )
  }),
  fact('REC', 'a function that cannot be invoked: the configuration stays unset', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name, SecretString: 'x' })
    await expectRefused(
      ask.RotateSecret({
        SecretId: name,
        RotationLambdaARN: 'arn:aws:lambda:us-east-1:000000000000:function:rotate',
        RotationRules: { AutomaticallyAfterDays: 30 }
      }),
      'AccessDeniedException',
      'Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.'
    )
    const described = await ask.DescribeSecret({ SecretId: name })
    for (const key of ['RotationEnabled', 'RotationLambdaARN', 'RotationRules'])
      expect(described).not.toHaveProperty(key)
  }),
  fact('USR', 'days and a schedule at once', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name, SecretString: 'x' })
    await expectRefused(
      ask.RotateSecret({
        SecretId: name,
        RotationRules: { AutomaticallyAfterDays: 30, ScheduleExpression: 'rate(10 days)' }
      }),
      'InvalidParameterException',
      'You cannot specify both rotation frequency and schedule expression together.'
    )
  }),

  fact('REC', 'TagResource merges and answers {}', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name, Tags: [{ Key: 'a', Value: '1' }] })
    const Tags = [
      { Key: 'a', Value: '2' },
      { Key: 'b', Value: '3' }
    ]
    expect(await ask.TagResource({ SecretId: name, Tags })).toEqual({})
    expect((await ask.DescribeSecret({ SecretId: name }))['Tags']).toEqual(Tags)
  }),
  fact(
    'REC',
    'after the last untag DescribeSecret shows Tags: []; a secret never tagged has no such key',
    async ({ ask, name }) => {
      await ask.CreateSecret({ Name: name })
      expect(await ask.DescribeSecret({ SecretId: name })).not.toHaveProperty('Tags')
      await ask.TagResource({ SecretId: name, Tags: [{ Key: 'a', Value: '1' }] })
      expect(await ask.UntagResource({ SecretId: name, TagKeys: ['a'] })).toEqual({})
      expect((await ask.DescribeSecret({ SecretId: name }))['Tags']).toEqual([])
    }
  ),
  fact('REC', 'TagResource and UntagResource of one that is marked for deletion', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name, Tags: [{ Key: 'a', Value: '1' }] })
    await ask.DeleteSecret({ SecretId: name })
    const Tags = [{ Key: 'b', Value: '1' }]
    await expectRefused(ask.TagResource({ SecretId: name, Tags }), 'InvalidRequestException', DELETED)
    await expectRefused(
      ask.UntagResource({ SecretId: name, TagKeys: ['a'] }),
      'InvalidRequestException',
      DELETED
    )
  })
]
