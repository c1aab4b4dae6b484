import { describe, expect, it } from 'vitest'
import { answeredValue, batchOfValues, listedSecrets } from '../../../src/core/exchange/endpointAnswers.js'

const bytes = (answer: unknown) => new TextEncoder().encode(JSON.stringify(answer))
const list = (answer: unknown) => listedSecrets(bytes(answer), 'there')
const batch = (answer: unknown) => batchOfValues(bytes(answer), 'there')

describe('what an endpoint answers', () => {
  it('a list gives names, descriptions and tags, without those that AWS has set', () => {
    const Tags = [{ Key: 'team', Value: 'a' }, { Key: 'aws:secretsmanager:owningService', Value: 'rds' }, {}]
    expect(list({ SecretList: [{ ARN: 'arn:1', Name: 'a', Description: 'd', Tags }] })).toEqual([
      { arn: 'arn:1', name: 'a', description: 'd', tags: [{ key: 'team', value: 'a' }] }
    ])
    expect(list({ SecretList: [{ ARN: 'arn:1', Name: 'a', Description: '' }] })).toEqual([
      { arn: 'arn:1', name: 'a', description: undefined, tags: [] }
    ])
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
