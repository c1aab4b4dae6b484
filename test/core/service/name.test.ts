import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arnSuffix, checkName, formatArn, parseArn, parseSecretId } from '../../../src/core/service/name.js'

const region = 'local'
const account = '000000000000'
const INVALID =
  'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!'
const refusal = expect.objectContaining({ code: 'ValidationException', message: INVALID })

const alphanumerics = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789']
const names = fc.string({
  unit: fc.oneof(fc.constant('-'), fc.constantFrom(...alphanumerics, ...'-/_+=.@!')),
  minLength: 1,
  maxLength: 40
})
const suffixes = fc.string({ unit: fc.constantFrom(...alphanumerics), minLength: 6, maxLength: 6 })

describe('a name', () => {
  it('may hold letters, digits and -/_+=.@!', () => {
    fc.assert(fc.property(names, name => checkName(name)))
  })

  it.each(['', 'a b', 'a:b', 'a\n', 'é', 'a,b', 'a~b', 'a\\b', 'a*', '😀'])('is not %j', name => {
    expect(() => checkName(name)).toThrow(refusal)
  })
})

describe('a SecretId', () => {
  it('may be a name', () => {
    fc.assert(
      fc.property(names, name => {
        expect(parseSecretId(name)).toEqual({ kind: 'name', name })
      })
    )
  })

  it('may be a full ARN', () => {
    fc.assert(
      fc.property(names, suffixes, (name, suffix) => {
        const arn = formatArn({ region, account, name, suffix })
        expect(arn).toBe(`arn:aws:secretsmanager:local:000000000000:secret:${name}-${suffix}`)
        expect(parseSecretId(arn)).toEqual({ kind: 'arn', region, account, name, suffix })
      })
    )
  })

  it.each(['db', 'prod/db', 'x-a1b2c3-', 'x-a1b2c', 'x-a1b2c3d', 'x-a1b2c_', '-a1b2c3', 'a1b2c3'])(
    'may be the ARN of %s without its suffix',
    name => {
      const arn = `arn:aws:secretsmanager:${region}:${account}:secret:${name}`
      expect(parseSecretId(arn)).toEqual({ kind: 'partialArn', region, account, name })
    }
  )

  it('takes a hyphen and six alphanumerics as a suffix', () => {
    const arn = `arn:aws:secretsmanager:us-east-1:123456789012:secret:my-secret`
    const parts = { region: 'us-east-1', account: '123456789012', name: 'my', suffix: 'secret' }
    expect(parseSecretId(arn)).toEqual({ kind: 'arn', ...parts })
    expect(parseSecretId(`${arn}-a1b2c3`)).toMatchObject({ name: 'my-secret', suffix: 'a1b2c3' })
  })

  it.each([
    '',
    'a b',
    'arn:aws:secretsmanager:local:000000000000:secret:',
    'arn:aws:secretsmanager:local:000000000000:secret:a b-a1b2c3',
    'arn:aws:secretsmanager:local:000000000000:secret:a:b',
    'arn:aws:secretsmanager:local:00000000000:secret:a',
    'arn:aws:secretsmanager::000000000000:secret:a',
    'arn:aws:s3:local:000000000000:secret:a',
    'arn:aws:secretsmanager:local:000000000000:key:a',
    ' arn:aws:secretsmanager:local:000000000000:secret:a',
    'arn:aws:secretsmanager:local:000000000000:secret:a\n'
  ])('is not %j', id => {
    expect(() => parseSecretId(id)).toThrow(refusal)
  })
})

describe('a secret’s own ARN', () => {
  it('is parsed into the parts that it was made of', () => {
    fc.assert(
      fc.property(names, suffixes, (name, suffix) => {
        const parts = { region, account, name, suffix }
        expect(parseArn(formatArn(parts))).toMatchObject(parts)
      })
    )
  })

  it.each(['my-secret', 'x-a1b2c3', 'arn:aws:secretsmanager:local:000000000000:secret:db'])(
    'is not %s, however it would find the secret',
    id => {
      expect(() => parseArn(id)).toThrow('not a full ARN')
    }
  )
})

describe('an ARN’s suffix', () => {
  it('skips the eight byte values that would favour some letters', () => {
    expect(arnSuffix(Uint8Array.of(248, 0, 249, 61, 62, 247, 255, 1, 26, 52))).toBe('A9A9Ba')
    expect(arnSuffix(Uint8Array.of(248, 0, 1, 2, 3, 4))).toBeUndefined()
    expect(arnSuffix(new Uint8Array())).toBeUndefined()
  })

  it('has every alphanumeric equally often', () => {
    const counts = new Map<string, number>()
    for (let byte = 0; byte < 256; byte++) {
      const letter = arnSuffix(new Uint8Array(6).fill(byte))?.[0]
      if (letter !== undefined) counts.set(letter, (counts.get(letter) ?? 0) + 1)
    }
    expect([...counts.keys()].sort()).toEqual([...alphanumerics].sort())
    expect(new Set(counts.values())).toEqual(new Set([4]))
  })
})
