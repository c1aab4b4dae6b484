import { describe, expect, it } from 'vitest'
import { answeredValue, batchOfValues, listedSecrets } from '../../../src/core/exchange/endpointAnswers.js'

const ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:a-AbCdEf'
const bytes = (answer: unknown) => new TextEncoder().encode(JSON.stringify(answer))
const list = (answer: unknown) => listedSecrets(bytes(answer), 'there')
const batch = (answer: unknown) => batchOfValues(bytes(answer), 'there')

describe('what an endpoint answers', () => {
  it('a list gives names, descriptions and tags, without those that AWS has set', () => {
    const Tags = [{ Key: 'team', Value: 'a' }, { Key: 'aws:secretsmanager:owningService', Value: 'rds' }, {}]
    expect(list({ SecretList: [{ ARN, Name: 'a', Description: 'd', Tags }] })).toEqual([
      { arn: ARN, name: 'a', description: 'd', tags: [{ key: 'team', value: 'a' }] }
    ])
    expect(list({ SecretList: [{ ARN, Name: 'a', Description: '' }] })).toEqual([
      { arn: ARN, name: 'a', description: undefined, tags: [] }
    ])
  })

  it.each(['file:///etc/passwd', 'fileb://x', 'http://x', '--profile=x', 'arn:1', `${ARN} x`, `${ARN}\n`])(
    'refuses %j as an ARN: the AWS CLI would not take it for one',
    arn => {
      expect(() => list({ SecretList: [{ ARN: arn, Name: 'a' }] })).toThrow(
        `cannot import there: ${JSON.stringify(arn)} in its list is not the ARN of a secret`
      )
    }
  )

  it('refuses a name that is listed twice', () => {
    const SecretList = ['a-AbCdEf', 'a-GhIjKl'].map(end => ({ ARN: ARN.replace('a-AbCdEf', end), Name: 'a' }))
    expect(() => list({ SecretList })).toThrow('cannot import there: "a" occurs twice')
  })

  it.each(['rds!db-1-AbCdEf', 'a/b_c+d=e.f@g-h-AbCdEf'])('takes the ARN of %s', end => {
    const arn = ARN.replace('a-AbCdEf', end)
    expect(list({ SecretList: [{ ARN: arn, Name: 'a' }] })[0]?.arn).toBe(arn)
  })

  it('a batch gives texts and bytes by ARN, and the secrets that have no value', () => {
    const { values, without } = batch({
      SecretValues: [
        { ARN: '1', Name: 'a', SecretString: 'x' },
        { ARN: '2', Name: 'b', SecretBinary: 'AP8=' }
      ],
      Errors: [{ SecretId: '3', ErrorCode: 'ResourceNotFoundException' }]
    })
    expect([...values]).toEqual([
      ['1', 'x'],
      ['2', Uint8Array.of(0, 255)]
    ])
    expect(without).toEqual(['3'])
    expect(batch({ SecretValues: [] }).without).toEqual([])
  })

  it.each([
    [() => list({}), 'cannot import there: its answer has no SecretList'],
    [() => list([]), 'cannot import there: its answer has no SecretList'],
    [() => list({ SecretList: [1] }), 'cannot import there: its answer has no SecretList'],
    [() => list({ SecretList: [{}] }), 'cannot import there: an entry of its list has no ARN and Name'],
    [() => batch({ SecretValues: [{}] }), 'cannot import there: an entry of its values has no ARN'],
    [
      () => batch({ SecretValues: [{ ARN: '1', Name: 'a' }] }),
      'cannot import there: "a" has no SecretString and no SecretBinary'
    ],
    [
      () => batch({ SecretValues: [], Errors: [{ SecretId: 'a', ErrorCode: 'DecryptionFailure' }] }),
      'cannot import there: "a" cannot be read ("DecryptionFailure")'
    ],
    [
      () => batch({ SecretValues: [], Errors: [{}] }),
      'cannot import there: "unknown" cannot be read ("unknown")'
    ]
  ])('refuses what is incomplete', (read, message) => {
    expect(read).toThrow(message)
  })
})

it('reads the value of one secret', () => {
  expect(answeredValue(bytes({ SecretString: 'x' }), 'a', 'there')).toBe('x')
  expect(() => answeredValue(bytes([]), 'a', 'there')).toThrow(
    'cannot import there: it gave no answer for "a"'
  )
})
