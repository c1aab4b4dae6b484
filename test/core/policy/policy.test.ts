import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { VaultError } from '../../../src/core/errors.js'
import { decide, isPublic, parsePolicy, type PolicyRequest } from '../../../src/core/policy/policy.js'

const ACCOUNT = '000000000000'
const ARN = `arn:aws:secretsmanager:local:${ACCOUNT}:secret:prod/db-AbCdEf`
const USER = `arn:aws:iam::${ACCOUNT}:user/app1`

type Json = Record<string, unknown>

const allow = { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' }
const text = (...Statement: Json[]) => JSON.stringify({ Version: '2012-10-17', Statement })
const identity = (...statements: Json[]) => parsePolicy(text(...statements), 'identity')
const resource = (...statements: Json[]) => parsePolicy(text(...statements), 'resource')

function request({
  conditions = {},
  ...changes
}: Partial<Omit<PolicyRequest, 'conditions'>> & {
  conditions?: Record<string, string[]>
} = {}): PolicyRequest {
  return {
    principal: { arn: USER, account: ACCOUNT },
    action: 'secretsmanager:GetSecretValue',
    resource: ARN,
    ...changes,
    conditions: new Map(Object.entries(conditions))
  }
}

function refused(policy: string, kind: 'identity' | 'resource' = 'identity'): boolean {
  try {
    parsePolicy(policy, kind)
    return false
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    expect(error).toMatchObject({
      code: 'MalformedPolicyDocumentException',
      message: 'This policy has invalid syntax.'
    })
    return true
  }
}

describe('a valid policy', () => {
  it.each<[string, Json]>([
    ['a list of actions', { ...allow, Action: ['secretsmanager:Get*', 's3:GetObject'] }],
    ['every action', { ...allow, Action: '*' }],
    ['NotAction', { Effect: 'Deny', NotAction: 'secretsmanager:*', Resource: '*' }],
    ['NotResource', { Effect: 'Deny', Action: '*', NotResource: ARN }],
    ['a Sid', { ...allow, Sid: 'one' }],
    ['an empty Condition', { ...allow, Condition: {} }],
    [
      'scalars in a Condition',
      { ...allow, Condition: { Bool: { 'a:b': true }, NumericEquals: { 'a:b': 1.5 } } }
    ]
  ])('%s', (_, statement) => {
    expect(refused(text(statement))).toBe(false)
  })

  it('may have one statement without a list, an Id, and the older version or none', () => {
    expect(refused(JSON.stringify({ Version: '2008-10-17', Id: 'x', Statement: allow }))).toBe(false)
    expect(refused(JSON.stringify({ Statement: allow }))).toBe(false)
  })

  it.each([
    '',
    'x',
    'null',
    '[]',
    '{}',
    '"*"',
    JSON.stringify({ Statement: [] }),
    JSON.stringify({ Statement: null }),
    JSON.stringify({ Statement: [[]] }),
    JSON.stringify({ Version: '2012-10-18', Statement: allow }),
    JSON.stringify({ Id: 1, Statement: allow }),
    JSON.stringify({ Statement: allow, Extra: 1 }),
    `{"Statement":{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}}`,
    `{"Statement":{"Effect":"Deny","\\u0045ffect":"Allow","Action":"*","Resource":"*"}}`,
    text({ ...allow, Sid: 'a' }, { ...allow, Sid: 'a' }),
    text({ ...allow, Sid: 1 }),
    text({ ...allow, Effect: 'allow' }),
    text({ Effect: 'Allow', Action: '*' }),
    text({ Effect: 'Allow', Resource: '*' }),
    text({ ...allow, NotAction: 's3:*' }),
    text({ ...allow, NotResource: '*' }),
    text({ ...allow, Action: [] }),
    text({ ...allow, Action: 'GetSecretValue' }),
    text({ ...allow, Action: 'secrets*:Get' }),
    text({ ...allow, Action: 1 }),
    text({ ...allow, Resource: 'prod/db' }),
    text({ ...allow, Resource: `${ARN.slice(0, -3)}\${aws:username}` }),
    text({ ...allow, Resource: [[]] }),
    text({ ...allow, condition: {} }),
    text({ ...allow, Condition: [] }),
    text({ ...allow, Condition: { StringEquals: 'x' } }),
    text({ ...allow, Condition: { StringEquals: { 'a:b': [] } } }),
    text({ ...allow, Condition: { StringEquals: { 'a:b': null } } }),
    text({ ...allow, Condition: { StringEquals: { 'a:b': '${aws:username}' } } }),
    text({ ...allow, Condition: { StringEquals: { b: 'x' } } }),
    text({ ...allow, Condition: { StringMatches: { 'a:b': 'x' } } }),
    text({ ...allow, Condition: { constructor: { 'a:b': 'x' } } }),
    text({ ...allow, Condition: { 'ForSome:StringEquals': { 'a:b': 'x' } } }),
    text({ ...allow, Condition: { NullIfExists: { 'a:b': 'true' } } }),
    text({ ...allow, Condition: { Null: { 'a:b': 'x' } } }),
    text({ ...allow, Condition: { Bool: { 'a:b': 'yes' } } }),
    text({ ...allow, Condition: { NumericEquals: { 'a:b': 'one' } } }),
    text({ ...allow, Condition: { DateLessThan: { 'a:b': '2027-13-01' } } }),
    text({ ...allow, Condition: { DateLessThan: { 'a:b': '2027-01-01T00:00' } } }),
    text({ ...allow, Condition: { ArnLike: { 'a:b': 'arn:aws:iam' } } }),
    text({ ...allow, Principal: '*' }),
    text({ ...allow, NotPrincipal: '*' }),
    text({ ...allow, Sid: 'x'.repeat(20_480) })
  ])('malformed: %.90s', policy => {
    expect(refused(policy)).toBe(true)
  })

  const VALUES = ['x', 'true', '1', '2027-01-01', USER, '*']
  it.each<[string, string[], string[]]>([
    [
      'strings',
      [
        'StringEquals',
        'StringNotEquals',
        'StringEqualsIgnoreCase',
        'StringNotEqualsIgnoreCase',
        'StringLike',
        'StringNotLike'
      ],
      VALUES
    ],
    ['ARNs', ['ArnEquals', 'ArnNotEquals', 'ArnLike', 'ArnNotLike'], [USER, '*']],
    ['true and false', ['Bool', 'Null'], ['true']],
    [
      'numbers',
      [
        'NumericEquals',
        'NumericNotEquals',
        'NumericLessThan',
        'NumericLessThanEquals',
        'NumericGreaterThan',
        'NumericGreaterThanEquals'
      ],
      ['1']
    ],
    [
      'dates and seconds',
      [
        'DateEquals',
        'DateNotEquals',
        'DateLessThan',
        'DateLessThanEquals',
        'DateGreaterThan',
        'DateGreaterThanEquals'
      ],
      ['1', '2027-01-01']
    ]
  ])('the operators for %s take these values alone', (_, operators, accepted) => {
    for (const operator of operators) {
      const taken = VALUES.filter(
        value => !refused(text({ ...allow, Condition: { [operator]: { 'a:b': value } } }))
      )
      expect(taken, operator).toEqual(accepted)
    }
  })

  it('on a secret has a principal in each statement', () => {
    for (const Principal of [
      '*',
      { AWS: '*' },
      { AWS: [ACCOUNT, USER, `arn:aws:iam::${ACCOUNT}:root`, `arn:aws:sts::${ACCOUNT}:assumed-role/r/s`] },
      { Service: 'lambda.amazonaws.com', Federated: 'cognito-identity.amazonaws.com' }
    ]) {
      expect(refused(text({ ...allow, Principal }), 'resource')).toBe(false)
      expect(refused(text({ ...allow, NotPrincipal: Principal }), 'resource')).toBe(false)
    }
    for (const statement of [
      allow,
      { ...allow, Principal: 'app1' },
      { ...allow, Principal: {} },
      { ...allow, Principal: { AWS: [] } },
      { ...allow, Principal: { AWS: 'app1' } },
      { ...allow, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/*` } },
      { ...allow, Principal: { Service: '*' } },
      { ...allow, Principal: { Everybody: '*' } },
      { ...allow, Principal: { constructor: '*' } },
      { ...allow, Principal: '*', NotPrincipal: '*' }
    ]) {
      expect(refused(text(statement), 'resource')).toBe(true)
    }
  })

  it('is the only text that parses: any other is malformed, never another error', () => {
    const names = [
      'Version',
      'Statement',
      'Effect',
      'Action',
      'Resource',
      'Condition',
      'Principal',
      '__proto__'
    ]
    const json = fc.letrec(tie => ({
      value: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom('*', 'Allow', 'a:b', 'arn:x', 1, null, true),
        fc.array(tie('value'), { maxLength: 2 }),
        fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 5 })
      )
    })).value
    fc.assert(
      fc.property(
        fc.oneof(
          json.map(value => JSON.stringify(value)),
          fc.string()
        ),
        policy => {
          for (const kind of ['identity', 'resource'] as const) refused(policy, kind)
        }
      )
    )
  })
})

describe('a statement that applies', () => {
  it.each([
    ['secretsmanager:GetSecretValue', 'allow'],
    ['SecretsManager:getsecretvalue', 'allow'],
    ['secretsmanager:Get*', 'allow'],
    ['secretsmanager:GetSecretValu?', 'allow'],
    ['*', 'allow'],
    ['secretsmanager:Put*', 'none'],
    ['s3:*', 'none']
  ])('the action %s: %s', (Action, decision) => {
    expect(decide([identity({ ...allow, Action })], request())).toBe(decision)
    const inverse = { Effect: 'Allow', NotAction: Action, Resource: '*' }
    expect(decide([identity(inverse)], request())).toBe(decision === 'allow' ? 'none' : 'allow')
  })

  it.each([
    [ARN, 'allow'],
    [`arn:aws:secretsmanager:local:${ACCOUNT}:secret:prod/*`, 'allow'],
    [`arn:aws:secretsmanager:*:*:secret:prod/db-??????`, 'allow'],
    [`arn:aws:secretsmanager:local:${ACCOUNT}:secret:prod/db`, 'none'],
    [ARN.toLowerCase(), 'none']
  ])('the resource %s: %s', (Resource, decision) => {
    expect(decide([identity({ ...allow, Resource })], request())).toBe(decision)
    const inverse = { Effect: 'Allow', Action: '*', NotResource: Resource }
    expect(decide([identity(inverse)], request())).toBe(decision === 'allow' ? 'none' : 'allow')
  })

  it('an operation without a resource needs one for all', () => {
    const list = { action: 'secretsmanager:ListSecrets', resource: '*' }
    expect(decide([identity({ ...allow, Action: '*', Resource: ARN })], request(list))).toBe('none')
    expect(decide([identity({ ...allow, Action: '*' })], request(list))).toBe('allow')
  })

  it.each<[unknown, string, string]>([
    ['*', 'allow', 'deny'],
    [{ AWS: '*' }, 'allow', 'deny'],
    [{ AWS: USER }, 'allow', 'deny'],
    [{ AWS: [`${USER}2`, USER] }, 'allow', 'deny'],
    [{ AWS: `${USER}2` }, 'none', 'none'],
    // an Allow for an account permits the account's own policies to allow
    [{ AWS: ACCOUNT }, 'none', 'deny'],
    [{ AWS: `arn:aws:iam::${ACCOUNT}:root` }, 'none', 'deny'],
    [{ AWS: '111111111111' }, 'none', 'none'],
    [{ Service: 'lambda.amazonaws.com' }, 'none', 'none']
  ])('the principal %j: Allow %s, Deny %s', (Principal, allowed, denied) => {
    expect(decide([resource({ ...allow, Principal })], request())).toBe(allowed)
    expect(decide([resource({ ...allow, Principal, Effect: 'Deny' })], request())).toBe(denied)
    const others = resource({ ...allow, NotPrincipal: Principal, Effect: 'Deny' })
    expect(decide([others], request())).toBe(denied === 'deny' ? 'none' : 'deny')
  })

  it('an account’s root is allowed by the account’s name', () => {
    const root = { arn: `arn:aws:iam::${ACCOUNT}:root`, account: ACCOUNT }
    const policy = resource({ ...allow, Principal: { AWS: ACCOUNT } })
    expect(decide([policy], request({ principal: root }))).toBe('allow')
  })
})

describe('conditions', () => {
  const stage = 'secretsmanager:versionstage'
  const met = (Condition: Json, conditions: Record<string, string[]> = {}) =>
    decide([identity({ ...allow, Condition })], request({ conditions })) === 'allow'

  it.each<[string, unknown, string[], boolean]>([
    ['StringEquals', 'AWSCURRENT', ['AWSCURRENT'], true],
    ['StringEquals', ['A', 'AWSCURRENT'], ['AWSCURRENT'], true],
    ['StringEquals', 'awscurrent', ['AWSCURRENT'], false],
    ['StringEquals', 'AWS*', ['AWSCURRENT'], false],
    ['StringNotEquals', 'AWSCURRENT', ['AWSCURRENT'], false],
    ['StringNotEquals', ['A', 'B'], ['AWSCURRENT'], true],
    ['StringEqualsIgnoreCase', 'awscurrent', ['AWSCURRENT'], true],
    ['StringNotEqualsIgnoreCase', 'awscurrent', ['AWSCURRENT'], false],
    ['StringLike', 'AWS*', ['AWSCURRENT'], true],
    ['StringLike', 'aws*', ['AWSCURRENT'], false],
    ['StringNotLike', 'AWS*', ['AWSCURRENT'], false],
    ['StringNotLike', 'B*', ['AWSCURRENT'], true],
    ['Bool', 'true', ['True'], true],
    ['Bool', false, ['true'], false],
    ['NumericEquals', '1.0', ['1'], true],
    ['NumericNotEquals', 1, ['1'], false],
    ['NumericNotEquals', 1, ['x'], true],
    ['NumericEquals', 1, ['x'], false],
    ['NumericLessThan', 10, ['9'], true],
    ['NumericLessThan', 10, ['10'], false],
    ['NumericLessThanEquals', 10, ['10'], true],
    ['NumericLessThanEquals', 10, ['11'], false],
    ['NumericGreaterThan', 10, ['11'], true],
    ['NumericGreaterThan', 10, ['10'], false],
    ['NumericGreaterThanEquals', -10, ['-10'], true],
    ['NumericGreaterThanEquals', -10, ['-11'], false],
    ['DateEquals', '2027-01-01', ['2027-01-01T00:00:00Z'], true],
    ['DateNotEquals', '2027-01-01', ['2027-01-01T00:00:00Z'], false],
    ['DateLessThan', '2027-01-01T00:00:00+01:00', ['2026-12-31T22:59:59Z'], true],
    ['DateLessThan', '2027-01-01T00:00:00+01:00', ['2026-12-31T23:00:00Z'], false],
    ['DateLessThanEquals', '2027-01-01', ['2027-01-01'], true],
    ['DateGreaterThan', 1_798_761_600, ['2027-01-01T00:00:01Z'], true],
    ['DateGreaterThan', 1_798_761_600, ['2027-01-01T00:00:00Z'], false],
    ['DateGreaterThanEquals', '2027-01-01', ['never'], false],
    ['DateGreaterThanEquals', '2027-01-01', ['2027-01-02'], true],
    ['ArnEquals', 'arn:aws:iam::*:user/app?', [USER], true],
    ['ArnLike', 'arn:aws:iam:x*:*:user/app1', [USER], false],
    ['ArnLike', 'arn:aws:lambda:*:*:function:*', ['arn:aws:lambda:l:0:function:a:b'], true],
    ['ArnLike', '*', ['anything'], true],
    ['ArnLike', USER, ['anything'], false],
    ['ArnNotEquals', USER, [USER], false],
    ['ArnNotLike', 'arn:aws:iam::1:*', [USER], true],
    // several values for a key that should have one
    ['StringEquals', 'A', ['A', 'B'], true],
    ['StringNotEquals', 'A', ['A', 'B'], false],
    ['ForAnyValue:StringEquals', 'A', ['A', 'B'], true],
    ['ForAnyValue:StringEquals', 'C', ['A', 'B'], false],
    ['ForAnyValue:StringNotEquals', 'A', ['A', 'B'], true],
    ['ForAllValues:StringEquals', 'A', ['A', 'B'], false],
    ['ForAllValues:StringEquals', ['A', 'B', 'C'], ['A', 'B'], true],
    ['ForAllValues:StringNotEquals', 'A', ['A', 'B'], false],
    ['ForAllValues:StringNotLike', 'C*', ['A', 'B'], true],
    ['Null', 'false', ['A'], true],
    ['Null', true, ['A'], false]
  ])('%s %j, given %j: %j', (operator, values, given, expected) => {
    expect(met({ [operator]: { 'secretsmanager:VersionStage': values } }, { [stage]: given })).toBe(expected)
  })

  it.each<[string, unknown, boolean]>([
    ['StringEquals', 'A', false],
    ['StringNotEquals', 'A', true],
    ['StringEqualsIfExists', 'A', true],
    ['StringNotLikeIfExists', 'A', true],
    ['ForAnyValue:StringEquals', 'A', false],
    ['ForAnyValue:StringNotEquals', 'A', false],
    ['ForAnyValue:StringEqualsIfExists', 'A', true],
    ['ForAllValues:StringEquals', 'A', true],
    ['NumericLessThan', 1, false],
    ['NumericNotEquals', 1, true],
    ['Bool', true, false],
    ['Null', 'true', true],
    ['Null', 'false', false]
  ])('%s %j, if the request has no such key: %j', (operator, value, expected) => {
    expect(met({ [operator]: { 'aws:ResourceTag/Team': value } })).toBe(expected)
    expect(met({ [operator]: { 'aws:ResourceTag/Team': value } }, { 'aws:resourcetag/team': [] })).toBe(
      expected
    )
  })

  it('must all be met', () => {
    const both = { StringEquals: { 'a:b': 'x', 'a:c': 'y' }, Bool: { 'a:d': true } }
    expect(met(both, { 'a:b': ['x'], 'a:c': ['y'], 'a:d': ['true'] })).toBe(true)
    expect(met(both, { 'a:b': ['x'], 'a:c': ['z'], 'a:d': ['true'] })).toBe(false)
    expect(met(both, { 'a:b': ['x'], 'a:c': ['y'], 'a:d': ['false'] })).toBe(false)
  })
})

describe('a public policy', () => {
  const isPublicWith = (statement: Json) => isPublic(resource({ ...allow, ...statement }))

  it('allows the principal everybody', () => {
    expect(isPublicWith({ Principal: '*' })).toBe(true)
    expect(isPublicWith({ Principal: { AWS: [USER, '*'] } })).toBe(true)
    expect(isPublic(resource({ ...allow, NotPrincipal: { AWS: USER } }))).toBe(true)
    expect(isPublic(resource({ ...allow, Principal: { AWS: USER } }, { ...allow, Principal: '*' }))).toBe(
      true
    )
  })

  it('is not one that names its principals or only denies', () => {
    expect(isPublicWith({ Principal: { AWS: [USER, ACCOUNT] } })).toBe(false)
    expect(isPublicWith({ Principal: { Service: 'lambda.amazonaws.com' } })).toBe(false)
    expect(isPublicWith({ Principal: '*', Effect: 'Deny' })).toBe(false)
  })

  it.each<[Json, boolean]>([
    [{ StringEquals: { 'aws:PrincipalAccount': ACCOUNT } }, false],
    [{ StringLike: { 'aws:PrincipalOrgID': 'o-123' } }, false],
    [{ ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:user/*` } }, false],
    [{ 'ForAnyValue:StringEquals': { 'aws:SourceVpc': 'vpc-1' } }, false],
    [{ StringLike: { 'aws:PrincipalAccount': '*' } }, true],
    [{ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:user/*' } }, true],
    [{ ArnLike: { 'aws:PrincipalArn': '*' } }, true],
    [{ StringNotEquals: { 'aws:PrincipalAccount': ACCOUNT } }, true],
    [{ StringEqualsIfExists: { 'aws:PrincipalAccount': ACCOUNT } }, true],
    [{ 'ForAllValues:StringEquals': { 'aws:SourceVpc': 'vpc-1' } }, true],
    [{ Null: { 'aws:SourceVpc': 'false' } }, true],
    [{ StringEquals: { 'secretsmanager:VersionStage': 'AWSCURRENT' } }, true]
  ])('stays public with the condition %j: %j', (Condition, expected) => {
    expect(isPublicWith({ Principal: '*', Condition })).toBe(expected)
  })
})

describe('the laws of deciding', () => {
  const statement = fc.record({
    Effect: fc.constantFrom('Allow', 'Deny'),
    Action: fc.constantFrom('*', 'secretsmanager:Get*', 'secretsmanager:PutSecretValue'),
    Resource: fc.constantFrom('*', ARN, `arn:aws:secretsmanager:*:*:secret:dev/*`),
    Condition: fc.constantFrom({}, { StringEquals: { 'a:b': 'x' } }, { StringNotEquals: { 'a:b': 'x' } })
  })
  const statements = fc.array(statement, { minLength: 1, maxLength: 6 })
  const asked = fc
    .record({
      action: fc.constantFrom('secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'),
      resource: fc.constantFrom(ARN, '*'),
      conditions: fc.constantFrom<Record<string, string[]>>({}, { 'a:b': ['x'] }, { 'a:b': ['y'] })
    })
    .map(request)
  const rank = { deny: 0, none: 1, allow: 2 }

  it('without a policy, the decision is none', () => {
    expect(decide([], request())).toBe('none')
  })

  it('the order of statements and their split into policies do not matter', () => {
    fc.assert(
      fc.property(statements, asked, (list, query) => {
        const whole = decide([identity(...list)], query)
        expect(decide([identity(...list.toReversed())], query)).toBe(whole)
        expect(
          decide(
            list.map(one => identity(one)),
            query
          )
        ).toBe(whole)
      })
    )
  })

  it('one Deny that applies wins over every Allow', () => {
    fc.assert(
      fc.property(statements, asked, (list, query) => {
        expect(decide([identity(...list, { ...allow, Action: '*' })], query)).not.toBe('none')
        expect(decide([identity(...list, { ...allow, Action: '*', Effect: 'Deny' })], query)).toBe('deny')
      })
    )
  })

  it('removing an Allow never allows more, removing a Deny never allows less', () => {
    fc.assert(
      fc.property(statements, statement, asked, (list, extra, query) => {
        const less = rank[decide([identity(...list)], query)]
        const more = rank[decide([identity(...list, extra)], query)]
        if (extra.Effect === 'Allow') expect(more).toBeGreaterThanOrEqual(less)
        else expect(more).toBeLessThanOrEqual(less)
      })
    )
  })
})
