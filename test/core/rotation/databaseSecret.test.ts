import { describe, expect, it } from 'vitest'
import {
  databaseAccount,
  otherUsername,
  withAccount,
  type DatabaseKind
} from '../../../src/core/rotation/databaseSecret.js'

const value = { engine: 'postgres', host: 'h', username: 'u', password: 'p' }
const read = (more: object, database: DatabaseKind = 'postgresql') =>
  databaseAccount(JSON.stringify({ ...value, ...more }), database, 'AWSCURRENT')

describe('an account', () => {
  it('has the usual port of its database, and no other settings', () => {
    const common = { host: 'h', username: 'u', password: 'p', dbname: undefined, masterArn: undefined }
    expect(read({})).toEqual({ ...common, port: 5432, tls: 'preferred' })
    expect(read({ engine: 'mariadb' }, 'mysql').port).toBe(3306)
    expect(read({ engine: 'valkey' }, 'redis').port).toBe(6379)
    expect(read({ dbname: '', masterarn: '' })).toEqual({ ...common, port: 5432, tls: 'preferred' })
    expect(read({ dbname: 'd', masterarn: 'a', port: '99' })).toEqual({
      ...{ ...common, port: 99, tls: 'preferred', dbname: 'd', masterArn: 'a' }
    })
  })

  it.each([
    [true, 'required'],
    ['True', 'required'],
    [false, 'off'],
    ['false', 'off'],
    ['maybe', 'preferred'],
    [1, 'preferred'],
    [null, 'preferred']
  ])('with ssl %j', (ssl, tls) => {
    expect(read({ ssl }).tls).toBe(tls)
  })

  it('of Redis may have no user', () => {
    expect(read({ engine: 'redis', username: undefined }, 'redis').username).toBeUndefined()
  })

  it.each([
    [
      { engine: 'mysql' },
      'the field engine of AWSCURRENT must be one of postgres, postgresql, aurora-postgresql'
    ],
    [{ engine: 1 }, 'the field engine of AWSCURRENT must be one of'],
    [{ host: '' }, 'the field host of AWSCURRENT must be a text'],
    [{ username: undefined }, 'the field username of AWSCURRENT must be a text'],
    [{ password: null }, 'the field password of AWSCURRENT must be a text'],
    [{ password: 'a\0b' }, 'the field password of AWSCURRENT has a zero byte'],
    [{ port: 0 }, 'the field port of AWSCURRENT is not a port'],
    [{ port: 65_536 }, 'the field port'],
    [{ port: 1.5 }, 'the field port'],
    [{ port: '1e3' }, 'the field port']
  ])('is none with %j', (more, message) => {
    expect(() => read(more)).toThrow(message)
  })

  it.each(['[]', 'x', '"a"', 'null'])('is none in %s', text => {
    expect(() => databaseAccount(text, 'redis', 'AWSPENDING')).toThrow(
      'the value of AWSPENDING is not a JSON object'
    )
  })
})

describe('the other username', () => {
  it('adds the suffix, and takes it away', () => {
    expect(otherUsername('app', 'mysql')).toBe('app_clone')
    expect(otherUsername('app_clone', 'mysql')).toBe('app')
    expect(otherUsername('_clone', 'mysql')).toBe('_clone_clone')
  })

  it('is never cut off by PostgreSQL, which would make it the name of another user', () => {
    expect(otherUsername('x'.repeat(57), 'postgresql')).toHaveLength(63)
    expect(() => otherUsername('x'.repeat(58), 'postgresql')).toThrow('longer than 63 bytes')
    expect(() => otherUsername('é'.repeat(29), 'postgresql')).toThrow('longer than 63 bytes')
    expect(otherUsername('x'.repeat(58), 'mysql')).toHaveLength(64)
  })
})

it('a new password leaves every other field as it was written', () => {
  const text = '{ "password": "old",\n "id": 12345678901234567890, "rate": 1.50, "username":"u" }'
  expect(withAccount(text, { password: 'a"b\\' })).toBe(
    '{ "password": "a\\"b\\\\",\n "id": 12345678901234567890, "rate": 1.50, "username":"u" }'
  )
  expect(withAccount(text, { username: 'u_clone', password: 'new' })).toBe(
    '{ "password": "new",\n "id": 12345678901234567890, "rate": 1.50, "username":"u_clone" }'
  )
})
