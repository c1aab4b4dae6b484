import { expect, it } from 'vitest'
import { appliesAlike } from '../../../src/core/policy/appliesAlike.js'

const arn = (name: string, region = 'local') => `arn:aws:secretsmanager:${region}:000000000000:secret:${name}`
const OLD = arn('dev/db-AbCdEf')
const NEW = arn('prod/db-GhIjKl')

const policy = (more: object) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Principal: '*', Action: 'secretsmanager:*', ...more }]
  })

it.each<[string, object, boolean]>([
  ['every resource', { Resource: '*' }, true],
  ['the ARN', { Resource: OLD }, false],
  ['the ARN among others', { Resource: [arn('x-AbCdEf'), OLD] }, false],
  ['a pattern of the old name', { Resource: arn('dev/*') }, false],
  ['a pattern of the new name', { Resource: arn('prod/*') }, false],
  ['a pattern of both', { Resource: arn('*/db-??????') }, true],
  ['a pattern of neither', { Resource: arn('test/*') }, true],
  ['all but the old name', { NotResource: arn('dev/*') }, false],
  ['all but another name', { NotResource: arn('test/*') }, true],
  [
    'the ARN in a condition',
    { Resource: '*', Condition: { StringEquals: { 'secretsmanager:SecretId': OLD } } },
    false
  ]
])('a policy for %s', (_, statement, expected) => {
  expect(appliesAlike(policy(statement), OLD, NEW)).toBe(expected)
})

it('an ARN in the other spelling of its partition is the same ARN', () => {
  const old = 'arn:aws-cn:secretsmanager:cn-north-1:000000000000:secret:dev/db-AbCdEf'
  const other = 'arn:aws-cn:secretsmanager:cn-north-1:000000000000:secret:prod/db-GhIjKl'
  expect(appliesAlike(policy({ Resource: arn('dev/*', 'cn-north-1') }), old, other)).toBe(false)
})
