import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { operations } from '../../../src/core/generated/operations.js'
import { actionPattern, grant, resourcePattern } from '../../../src/core/policy/grant.js'
import { formatArn } from '../../../src/core/service/name.js'
import { decide, parsePolicy } from '../../../src/core/policy/policy.js'

const ACCOUNT = '000000000000'

const names = fc.stringMatching(/^[A-Za-z0-9\-/_+=.@!]{1,20}$/)
const suffixes = fc.stringMatching(/^[A-Za-z0-9]{6}$/)

describe('actions', () => {
  it.each([
    ['secretsmanager:GetSecretValue', 'secretsmanager:GetSecretValue'],
    ['GetSecretValue', 'secretsmanager:GetSecretValue'],
    ['SecretsManager:getsecretvalue', 'secretsmanager:GetSecretValue'],
    ['*', 'secretsmanager:*'],
    ['secretsmanager:*', 'secretsmanager:*'],
    ['Get*', 'secretsmanager:Get*'],
    ['Describe?ecret', 'secretsmanager:Describe?ecret'],
    ['GetSecret', undefined],
    ['Fetch*', undefined],
    ['s3:GetObject', undefined],
    ['Get.*', undefined],
    ['', undefined]
  ])('%s', (text, pattern) => expect(actionPattern(text)).toBe(pattern))

  it('every operation is an action', () => {
    for (const name of Object.keys(operations)) expect(actionPattern(name)).toBe(`secretsmanager:${name}`)
  })
})

describe('resources', () => {
  const arn = `arn:aws:secretsmanager:*:${ACCOUNT}:secret:`
  it.each([
    ['prod/*', `${arn}prod/*`],
    ['prod/db', `${arn}prod/db-??????`],
    ['prod/*/db', `${arn}prod/*/db-??????`],
    ['prod/db-??????', `${arn}prod/db-??????`],
    ['*', '*'],
    [
      'arn:aws:secretsmanager:local:000000000000:secret:a-AbCdEf',
      'arn:aws:secretsmanager:local:000000000000:secret:a-AbCdEf'
    ],
    ['arn:aws:s3:::bucket', undefined],
    ['arn:aws:secretsmanager:*', undefined],
    ['a b', undefined],
    ['${aws:username}', undefined],
    ['', undefined]
  ])('%s', (text, pattern) => expect(resourcePattern(text, ACCOUNT)).toBe(pattern))

  it('a name allows the secret of that name with any suffix and region, and no other', () => {
    fc.assert(
      fc.property(names, names, suffixes, (name, other, suffix) => {
        // otherwise it is a pattern that already has its suffix
        fc.pre(!name.endsWith('-??????'))
        const policy = parsePolicy(
          JSON.stringify(grant(['secretsmanager:GetSecretValue'], [resourcePattern(name, ACCOUNT)!])),
          'identity'
        )
        const decided = (of: string) =>
          decide([policy], {
            principal: { arn: `arn:aws:iam::${ACCOUNT}:user/a`, account: ACCOUNT },
            action: 'secretsmanager:GetSecretValue',
            resource: formatArn({ region: 'eu-west-1', account: ACCOUNT, name: of, suffix }),
            conditions: new Map()
          })
        expect(decided(name)).toBe('allow')
        expect(decided(other)).toBe(other === name ? 'allow' : 'none')
        expect(decided(`${name}-${other}`)).toBe('none')
      })
    )
  })
})

describe('a grant', () => {
  it('allows operations without a secret on `*`, if they are named', () => {
    expect(grant(['secretsmanager:GetSecretValue', 'secretsmanager:ListSecrets'], ['arn:x'])).toEqual({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: ['secretsmanager:GetSecretValue'], Resource: ['arn:x'] },
        { Effect: 'Allow', Action: ['secretsmanager:ListSecrets'], Resource: ['*'] }
      ]
    })
  })

  it('has no empty statement', () => {
    expect(grant(['secretsmanager:GetRandomPassword'], ['arn:x']).Statement).toEqual([
      { Effect: 'Allow', Action: ['secretsmanager:GetRandomPassword'], Resource: ['*'] }
    ])
    expect(grant(['secretsmanager:*'], ['arn:x']).Statement).toHaveLength(1)
  })
})
