import { describe, expect, it } from 'vitest'
import { resourcePattern } from '../../../src/core/policy/grant.js'
import { decide, parsePolicy } from '../../../src/core/policy/policy.js'
import { unusableParts } from '../../../src/core/policy/unusable.js'

const ACCOUNT = '000000000000'
const NEW = `arn:aws-us-gov:secretsmanager:us-gov-west-1:${ACCOUNT}:secret:prod/db-AbCdEf`
const OLD = NEW.replace('aws-us-gov', 'aws')
const USER = `arn:aws-us-gov:iam::${ACCOUNT}:user/app1`
const OLD_USER = USER.replace('aws-us-gov', 'aws')
const ALL = { Effect: 'Allow', Action: '*', Resource: '*' }

type Json = Record<string, unknown>

function decided(statements: Json[], resource: string, principal = USER): string {
  const kind = statements.some(({ Principal }) => Principal !== undefined) ? 'resource' : 'identity'
  const policy = parsePolicy(JSON.stringify({ Statement: statements }), kind)
  return decide([policy], {
    principal: { arn: principal, account: ACCOUNT },
    action: 'secretsmanager:GetSecretValue',
    resource,
    conditions: new Map([
      ['aws:principalarn', [principal]],
      ['secretsmanager:secretid', [resource]]
    ])
  })
}

describe('the partition in a policy', () => {
  it('an Allow allows the ARN as it is', () => {
    const allow = (Resource: string) => [{ ...ALL, Resource }]
    expect(decided(allow(NEW), NEW)).toBe('allow')
    expect(decided(allow(OLD), NEW)).toBe('none')
    expect(decided(allow(NEW), OLD)).toBe('none')
    expect(decided(allow(OLD), OLD)).toBe('allow')
    expect(decided(allow('arn:aws*:secretsmanager:*:*:secret:prod/*'), NEW)).toBe('allow')
  })

  it.each([NEW, OLD])('a Deny of either spelling denies %s', resource => {
    for (const Resource of [NEW, OLD, 'arn:aws:*:us-gov-*', 'arn:aws-us-gov:*'])
      expect(decided([ALL, { ...ALL, Effect: 'Deny', Resource }], resource)).toBe('deny')
    const others = { Effect: 'Deny', Action: '*', Resource: NEW.replace('prod', 'test') }
    expect(decided([ALL, others], resource)).toBe('allow')
  })

  it('an exception from an Allow is for both spellings, one from a Deny for the ARN as it is', () => {
    const inverse = (Effect: string, NotResource: string) => ({ Effect, Action: '*', NotResource })
    expect(decided([inverse('Allow', NEW)], OLD)).toBe('none')
    expect(decided([inverse('Allow', OLD)], NEW)).toBe('none')
    expect(decided([ALL, inverse('Deny', NEW)], NEW)).toBe('allow')
    expect(decided([ALL, inverse('Deny', OLD)], NEW)).toBe('deny')
  })

  it.each([USER, OLD_USER])('a principal is the same in every partition: %s', AWS => {
    for (const principal of [USER, OLD_USER]) {
      const statement = { ...ALL, Principal: { AWS } }
      expect(decided([statement], NEW, principal)).toBe('allow')
      expect(decided([{ ...statement, Effect: 'Deny' }], NEW, principal)).toBe('deny')
      expect(decided([{ ...statement, Principal: { AWS: `${AWS}2` } }], NEW, principal)).toBe('none')
    }
  })

  it.each([
    ['secretsmanager:SecretId', NEW, OLD],
    ['aws:PrincipalArn', USER, OLD_USER]
  ])('a condition on %s is compared like a resource', (key, own, other) => {
    for (const [is, isNot] of [
      ['StringEquals', 'StringNotEquals'],
      ['StringLike', 'StringNotLike'],
      ['ArnEquals', 'ArnNotEquals'],
      ['ForAnyValue:ArnLike', 'ForAllValues:ArnNotLike']
    ] as const) {
      const one = (Effect: string, operator: string, value: string) =>
        decided(
          [
            ...(Effect === 'Deny' ? [ALL] : []),
            { ...ALL, Effect, Condition: { [operator]: { [key]: value } } }
          ],
          NEW
        )
      expect(one('Allow', is, own)).toBe('allow')
      expect(one('Allow', is, other)).toBe('none')
      expect(one('Deny', is, own)).toBe('deny')
      expect(one('Deny', is, other)).toBe('deny')
      expect(one('Allow', isNot, own)).toBe('none')
      expect(one('Allow', isNot, other)).toBe('none')
      expect(one('Deny', isNot, own)).toBe('allow')
      expect(one('Deny', isNot, other)).toBe('deny')
    }
  })
})

describe('the resources of a credential', () => {
  it('have the partition of the home region', () => {
    expect(resourcePattern('prod/*', ACCOUNT, 'aws-us-gov')).toBe(
      `arn:aws-us-gov:secretsmanager:*:${ACCOUNT}:secret:prod/*`
    )
  })

  it.each([NEW, OLD, 'arn:aws*:secretsmanager:*:*:secret:a-*', 'arn:*:secretsmanager:*:*:secret:a-*'])(
    'may be the ARN %s',
    arn => {
      expect(resourcePattern(arn, ACCOUNT)).toBe(arn)
      const policy = parsePolicy(JSON.stringify({ Statement: { ...ALL, Resource: arn } }), 'identity')
      expect(unusableParts(policy)).toEqual([])
    }
  )

  it.each(['arn:AWS:secretsmanager:*:*:secret:a-*', 'arn::secretsmanager:*:*:secret:a-*'])(
    'may not be %s',
    arn => expect(resourcePattern(arn, ACCOUNT)).toBeUndefined()
  )
})
