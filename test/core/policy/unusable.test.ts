import { describe, expect, it } from 'vitest'
import { unusableParts } from '../../../src/core/policy/unusable.js'
import { parsePolicy } from '../../../src/core/policy/policy.js'

const parts = (statement: object): string[] => {
  const action = 'NotAction' in statement ? {} : { Action: '*' }
  const whole = { Effect: 'Deny', ...action, Resource: '*', ...statement }
  return unusableParts(parsePolicy(JSON.stringify({ Statement: [whole] }), 'identity'))
}
const secret = 'arn:aws:secretsmanager:local:000000000000:secret:prod/db'

describe('the parts of a policy that can never match', () => {
  it.each<[object, string]>([
    [{ Action: 'secretsmanager:GetSecretsValue' }, 'no operation is named "secretsmanager:GetSecretsValue"'],
    [{ NotAction: 'SecretsManager:Gett*' }, 'no operation is named "SecretsManager:Gett*"'],
    [{ Resource: secret }, `no secret has the ARN "${secret}": it must end in a hyphen and six characters`],
    [
      { Condition: { StringEquals: { 'secretsmanager:ResourceTags/team': 'x' } } },
      'no request has the condition key "secretsmanager:resourcetags/team"'
    ],
    [{ Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } }, '"aws:multifactorauthpresent"']
  ])('%j', (statement, text) => {
    const [found, ...others] = parts(statement)
    expect(found).toContain(text)
    expect(others).toEqual([])
  })

  it.each<[object]>([
    [{}],
    [{ Action: ['s3:GetObject', 'secretsmanager:Get*', 'secretsmanager:getsecretvalue'] }],
    [{ Resource: [`${secret}-AbC123`, `${secret}-??????`, `${secret}*`, 'arn:aws:s3:::bucket/key'] }],
    [{ Condition: { StringEquals: { 'secretsmanager:VersionStage': 'x', 'aws:ResourceTag/a/b': 'y' } } }]
  ])('are none in %j', statement => {
    expect(parts(statement)).toEqual([])
  })
})
