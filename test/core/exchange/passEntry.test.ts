import { describe, expect, it } from 'vitest'
import { passValue } from '../../../src/core/exchange/passEntry.js'

const bytes = (text: string) => new TextEncoder().encode(text)
const KEY =
  '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMIIE\n-----END RSA PRIVATE KEY-----'
const value = (text: string, isWhole = false) => passValue(bytes(text), isWhole)

describe('the value of an entry of pass', () => {
  it.each([
    ['hunter2', 'hunter2'],
    ['hunter2\n', 'hunter2'],
    ['hunter2\r\n', 'hunter2'],
    ['user: ana\n', 'user: ana'],
    ['otpauth://totp/x?secret=A\n', 'otpauth://totp/x?secret=A'],
    ['', '']
  ])('is its only line: %j', async (text, expected) => {
    expect(await value(text)).toBe(expected)
  })

  it.each([
    ['pw\nuser: ana\n', { password: 'pw', user: 'ana' }],
    ['pw\r\nuser: ana\r\n', { password: 'pw', user: 'ana' }],
    ['pw\nurl: https://x.org:80/a: b\nempty:\n', { password: 'pw', url: 'https://x.org:80/a: b', empty: '' }],
    ['pw\nurl: a\nurl: b\n', { password: 'pw', url: ['a', 'b'] }],
    ['pw\npassword: old\n', { password: 'pw', notes: 'password: old' }],
    ['pw\n---\npassword: old\n', { password: 'pw', notes: 'password: "old"' }],
    ['GOPASS-SECRET-1.0\nPassword: pw\nPassword: old\n', { password: 'pw', notes: 'Password: old' }],
    ['otpauth://totp/x\npassword: a\n', { otpauth: 'otpauth://totp/x', password: 'a' }],
    [`pw\nuser: ana\n${KEY}\nurl: x\n`, { password: 'pw', user: 'ana', notes: KEY, url: 'x' }],
    [`pw\nuser: ana\nkey: ${KEY}\n`, { password: 'pw', user: 'ana', notes: `key: ${KEY}` }],
    ['pw\notpauth://totp/x?secret=A\n', { password: 'pw', otpauth: 'otpauth://totp/x?secret=A' }],
    ['otpauth://totp/x\nuser: ana\n', { otpauth: 'otpauth://totp/x', user: 'ana' }],
    [
      'pw\n\nuser: ana\na note\n\nhttps://x.org\nmore\n\n',
      { password: 'pw', user: 'ana', notes: 'a note\n\nhttps://x.org\nmore' }
    ]
  ])('is an object of its fields, without loss: %j', async (text, expected) => {
    expect(JSON.parse((await value(text)) as string)).toEqual(expected)
  })

  it.each([
    'pw\nonly a note\n',
    `pw\n${KEY}\n`,
    'pw\nhttps://example.org\n',
    '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIE\n-----END RSA PRIVATE KEY-----\n'
  ])('is the whole text without fields: %j', async text => {
    expect(await value(text)).toBe(text)
  })

  it('is the whole text if that is asked for, and bytes if it is no text', async () => {
    expect(await value('pw\nuser: ana\n', true)).toBe('pw\nuser: ana\n')
    expect(await value('pw\n', true)).toBe('pw')
    expect(await passValue(Uint8Array.of(0xff, 0), false)).toEqual(Uint8Array.of(0xff, 0))
  })

  it('keeps a field named like a property of every object', async () => {
    expect(await value('pw\n__proto__: x\n')).toBe('{"password":"pw","__proto__":"x"}')
  })
})

describe('an entry of gopass', () => {
  it('has the fields of its YAML, with numbers digit by digit', async () => {
    expect(await value('pw\nuser: ana\n---\nport: 8080\nid: 12345678901234567890\nlist:\n- 1\n- b\n')).toBe(
      '{"password":"pw","user":"ana","port":8080,"id":12345678901234567890,"list":[1,"b"]}'
    )
    expect(await value('---\na: 1\nb: x\n')).toBe('{"a":1,"b":"x"}')
  })

  it('keeps what is not YAML as notes', async () => {
    expect(await value('pw\nuser: ana\n---\n- [\n')).toBe(
      '{"password":"pw","user":"ana","notes":"---\\n- ["}'
    )
  })

  it('has the headers and the text of its older format', async () => {
    expect(await value('GOPASS-SECRET-1.0\nPassword: pw\nUser: ana\n of b\nUser: c\n\nbody\nmore: x\n')).toBe(
      '{"password":"pw","User":["ana of b","c"],"notes":"body\\nmore: x"}'
    )
    expect(await value('GOPASS-SECRET-1.0\nPassword: pw\n')).toBe('{"password":"pw"}')
  })
})
