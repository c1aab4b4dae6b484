import { describe, expect, it } from 'vitest'
import { formatArn, isArnOf, parseArn, parseSecretId, partsOfArn } from '../../src/core/service/name.js'
import { oneSpelling, partitionOf, spellings, userArn } from '../../src/core/partition.js'

const account = '000000000000'

describe('the partition of a region', () => {
  it.each([
    ['local', 'aws'],
    ['us-east-1', 'aws'],
    ['eu-west-1', 'aws'],
    ['us-government', 'aws'],
    ['us-gov', 'aws'],
    ['cn', 'aws'],
    ['cn-north-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
    ['us-gov-east-1', 'aws-us-gov'],
    ['eusc-de-east-1', 'aws-eusc'],
    ['us-iso-east-1', 'aws-iso'],
    ['us-isob-east-1', 'aws-iso-b'],
    ['eu-isoe-west-1', 'aws-iso-e'],
    ['us-isof-south-1', 'aws-iso-f']
  ])('of %s is %s, and is in its ARNs', (region, partition) => {
    expect(partitionOf(region)).toBe(partition)
    const parts = { region, account, name: 'prod/db', suffix: 'AbCdEf' }
    const arn = formatArn(parts)
    expect(arn).toBe(`arn:${partition}:secretsmanager:${region}:${account}:secret:prod/db-AbCdEf`)
    expect(userArn('app1', { account, home: region })).toBe(`arn:${partition}:iam::${account}:user/app1`)

    const older = arn.replace(`arn:${partition}:`, 'arn:aws:')
    expect(spellings(arn)).toEqual([...new Set([arn, older])])
    expect(spellings(older)).toEqual([...new Set([older, arn])])
    expect(oneSpelling(arn)).toBe(older)
    for (const spelled of [arn, older]) {
      expect(parseSecretId(spelled)).toEqual({ kind: 'arn', ...parts })
      expect(parseSecretId(spelled.slice(0, -7))).toMatchObject({ kind: 'partialArn', region })
      expect(parseArn(spelled)).toEqual(parts)
      expect(isArnOf(spelled, parts)).toBe(true)
    }
  })
})

describe('another partition than the region’s', () => {
  it.each([
    ['aws-cn', 'us-gov-west-1'],
    ['aws-us-gov', 'cn-north-1'],
    ['aws-us-gov', 'local'],
    ['aws-iso', 'us-isob-east-1'],
    ['aws-', 'cn-north-1']
  ])('%s for %s is in no SecretId, and in no accepted document', (partition, region) => {
    const arn = `arn:${partition}:secretsmanager:${region}:${account}:secret:db-AbCdEf`
    const invalid = expect.objectContaining({ code: 'ValidationException' })
    expect(() => parseSecretId(arn)).toThrow(invalid)
    expect(() => parseSecretId(arn.slice(0, -7))).toThrow(invalid)
    expect(isArnOf(arn, { region, account, name: 'db' })).toBe(false)
    // a document that somebody pushed must not stop what reads all of them
    expect(partsOfArn(arn)).toEqual({ region, account, name: 'db', suffix: 'AbCdEf' })
  })
})

it('an ARN has no other spelling if it has no region, unless its partition is not aws', () => {
  expect(spellings(`arn:aws:iam::${account}:user/a`)).toEqual([`arn:aws:iam::${account}:user/a`])
  expect(spellings(`arn:aws-cn:iam::${account}:user/a`)).toEqual([
    `arn:aws-cn:iam::${account}:user/a`,
    `arn:aws:iam::${account}:user/a`
  ])
  for (const text of ['', '*', 'AWSCURRENT', 'arn:aws', 'arn:aws:x', 'arn:other:a:cn-north-1:b:c'])
    expect(spellings(text)).toEqual([text])
})

it('an accepted ARN has the region, account and name of its secret', () => {
  const parts = { region: 'us-gov-west-1', account, name: 'prod/db' }
  const arn = formatArn({ ...parts, suffix: 'AbCdEf' })
  for (const other of [{ region: 'us-gov-east-1' }, { account: '111111111111' }, { name: 'prod/d' }])
    expect(isArnOf(arn, { ...parts, ...other })).toBe(false)
})
