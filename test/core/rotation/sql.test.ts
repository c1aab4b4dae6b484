import { describe, expect, it } from 'vitest'
import { rulesOfUser } from '../../../src/core/rotation/redisRules.js'
import { safeMessage } from '../../../src/core/rotation/safeMessage.js'
import {
  grantFor,
  mysqlAccount,
  parseMysqlAccount,
  postgresName,
  postgresText,
  requirement
} from '../../../src/core/rotation/sql.js'

it('names and texts of PostgreSQL', () => {
  expect(postgresName('a"b')).toBe('"a""b"')
  expect(postgresText("it's")).toBe("'it''s'")
  expect(postgresText("\\'")).toBe(" E'\\\\'''")
})

it('accounts of MySQL', () => {
  expect(mysqlAccount({ user: "o'x\\", host: '%' })).toBe("'o''x\\'@'%'")
  expect(parseMysqlAccount('a@b@10.0.0.1')).toEqual({ user: 'a@b', host: '10.0.0.1' })
})

const other = { user: 'b', host: '%' }

describe('a statement of SHOW GRANTS for another account', () => {
  it.each([
    ['GRANT SELECT ON `d`.* TO `a`@`%`', "GRANT SELECT ON `d`.* TO 'b'@'%'"],
    [
      "GRANT ALL PRIVILEGES ON *.* TO 'a'@'%' WITH GRANT OPTION",
      "GRANT ALL PRIVILEGES ON *.* TO 'b'@'%' WITH GRANT OPTION"
    ],
    [
      "GRANT USAGE ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*81F5 WITH GRANT OPTION' REQUIRE SSL WITH MAX_USER_CONNECTIONS 3",
      "GRANT USAGE ON *.* TO 'b'@'%'"
    ],
    [
      'GRANT SELECT (`x TO y`) ON `d`.`t TO ``u` TO `a TO c`@`%`',
      "GRANT SELECT (`x TO y`) ON `d`.`t TO ``u` TO 'b'@'%'"
    ],
    ['GRANT `role`@`%` TO `a`@`%` WITH ADMIN OPTION', "GRANT `role`@`%` TO 'b'@'%' WITH ADMIN OPTION"],
    ['REVOKE SELECT ON `d`.* FROM `a`@`%`', "REVOKE SELECT ON `d`.* FROM 'b'@'%'"],
    ['SET DEFAULT ROLE `r` FOR `a`@`%`', "SET DEFAULT ROLE `r` FOR 'b'@'%'"]
  ])('%s', (statement, expected) => {
    expect(grantFor(statement, other)).toBe(expected)
  })

  it('is none without an account', () => {
    expect(grantFor("GRANT 'x TO y'", other)).toBeUndefined()
  })
})

describe('what SHOW CREATE USER requires', () => {
  it.each([
    ["CREATE USER `a`@`%` IDENTIFIED BY PASSWORD '*8 REQUIRE X'", undefined],
    ["CREATE USER `a`@`%` IDENTIFIED BY PASSWORD '*8' REQUIRE SSL", 'REQUIRE SSL'],
    [
      "CREATE USER 'a'@'%' IDENTIFIED WITH 'x' AS '$' REQUIRE NONE PASSWORD EXPIRE DEFAULT ACCOUNT UNLOCK",
      'REQUIRE NONE'
    ],
    [
      "CREATE USER `a`@`%` REQUIRE SUBJECT '/CN=WITH x' AND ISSUER '/CN=y' WITH MAX_USER_CONNECTIONS 3",
      "REQUIRE SUBJECT '/CN=WITH x' AND ISSUER '/CN=y'"
    ]
  ])('%s', (statement, expected) => {
    expect(requirement(statement)).toBe(expected)
  })
})

it('the rules of a user of Redis, without passwords and without those of another user', () => {
  const lines = [
    'user ab on #1 ~x +get',
    'user a on sanitize-payload #9f #8e ~* resetchannels -@all +@read (~own:* +set)'
  ]
  expect(rulesOfUser(lines, 'a')).toEqual([
    'sanitize-payload',
    '~*',
    'resetchannels',
    '-@all',
    '+@read',
    '(~own:*',
    '+set)'
  ])
  expect(rulesOfUser(['user a off nopass ~*'], 'a')).toEqual(['~*'])
  expect(rulesOfUser(lines, 'b')).toBeUndefined()
})

describe('a message of a database', () => {
  it.each([
    ['syntax error at "cret"', ['secret'], ''],
    ['syntax error at "c r e t"', ['secret'], 'syntax error at "c r e t"'],
    ['near\n  "x y"', ['x  y'], 'near "x y"'],
    ['near "ab  cd"', ['b  c'], ''],
    ['near "ab"', ['ab', ''], ''],
    ['role "x"\n does not  exist', ['other'], 'role "x" does not exist']
  ])('%j with %j', (message, passwords, shown) => {
    expect(safeMessage(message, passwords)).toBe(shown)
  })

  it('is not long', () => {
    expect(safeMessage('x'.repeat(1_000), ['yyyy'])).toHaveLength(500)
  })
})
