import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { masked } from '../../../src/core/run/mask.js'
import { sodiumReady } from '../../../src/core/sodium.js'

beforeAll(() => sodiumReady)

const bytes = (text: string) => new TextEncoder().encode(text)
const shown = (text: string, values: (string | Uint8Array)[], limit = 1000, isCut = false) =>
  masked({ bytes: bytes(text), isCut }, new Set(values), limit)

describe('the output of a function', () => {
  it('has no value, and no field of a value, in any of its forms', () => {
    const value = JSON.stringify({ user: 'administrator', password: 'correct horse battery' })
    const text = `logged in as administrator with correct%20horse%20battery, or ${btoa('correct horse battery')}`
    expect(shown(text, [value])).toBe('logged in as [redacted] with [redacted], or [redacted]')
  })

  it('has no short value either, and no short field with the name of a password', () => {
    expect(shown('pin 12345 of bob', ['12345'])).toBe('pin [redacted] of bob')
    expect(shown('no abc here, bob', [JSON.stringify({ user: 'bob', password: 'abc' })])).toBe(
      'no [redacted] here, bob'
    )
    expect(shown('A\u0001B', [new Uint8Array([1])])).toBe('A[redacted]B')
  })

  it('does not end with the beginning of a value, when the program was killed while it wrote', () => {
    expect(shown('password: correct hor', ['correct horse battery'])).toBe('password:')
  })

  it('does not begin with the end of a value, when what came before was dropped', () => {
    const value = 'correct horse battery'
    expect(shown(`se battery${' and more text'.repeat(9)}`, [value], 1000, true)).not.toContain('battery')
  })

  it('keeps where a database is and who logs in, but no field that is a secret, too', () => {
    const place = { engine: 'postgres', host: 'db.example.com', port: 54_321, dbname: 'customers' }
    const text = 'application cannot connect to db.example.com:54321, postgres, customers!'
    const value = JSON.stringify({ ...place, username: 'application', password: 'db.example' })
    for (const each of [value, bytes(value)]) {
      expect(shown(text, [each])).toBe(text.replace('db.example', '[redacted]'))
      expect(shown(`no ${value}`, [each])).toBe('no [redacted]')
    }
    const same = JSON.stringify({ ...place, username: 'application', password: 'application' })
    expect(shown(text, [same])).toBe(text.replace('application', '[redacted]'))
    const nested = JSON.stringify({ keys: { host: 'db.example.com' }, list: [{ username: 'application' }] })
    expect(shown(text, [nested])).toBe('[redacted] cannot connect to [redacted]:54321, postgres, customers!')
  })

  it('is at most as long as asked, from its end', () => {
    expect(shown('0123456789', [], 4)).toBe('6789')
  })

  it('never contains a value, wherever it is cut', () => {
    const value = fc.string({ minLength: 1, maxLength: 30 }).filter(text => text.trim() === text)
    fc.assert(
      fc.property(value, fc.string(), fc.string(), fc.nat(), (secret, before, after, at) => {
        const all = bytes(`${before}${secret}${after}`)
        const cut = at % (all.length + 1)
        const text = masked({ bytes: all.subarray(cut), isCut: cut > 0 }, new Set([secret]), 1000)
        // the mark itself may contain a short value
        expect(text.replaceAll('[redacted]', '').includes(secret) && secret.length > 1).toBe(false)
      })
    )
  })
})

describe('the output of a function has no value', () => {
  const password = "pä/ss~wo'rd (1)*!"
  const strict = encodeURIComponent(password).replace(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  )
  const ascii = JSON.stringify(password).slice(1, -1).replaceAll('ä', '\\u00e4')

  it.each([
    ['in a URL as RFC 3986 has it', strict],
    ['in a URL as RFC 3986 has it, in lower case', strict.replace(/%../g, code => code.toLowerCase())],
    ['in a path of a URL', strict.replaceAll('%2F', '/')],
    ['in a form as Python has it', strict.replaceAll('%20', '+')],
    ['in a form', new URLSearchParams({ p: password }).toString().slice(2)],
    ['in a whole URL', encodeURI(password)],
    ['in JSON in ASCII', ascii],
    ['in JSON in ASCII, in upper case', ascii.replace('u00e4', 'u00E4')],
    ['in hexadecimal digits', Buffer.from(password).toString('hex')],
    ['in hexadecimal digits, in upper case', Buffer.from(password).toString('hex').toUpperCase()]
  ])('%s', (_, form) => {
    for (const value of [password, JSON.stringify({ a: { list: [password] } })])
      for (const each of [value, bytes(value)])
        expect(shown(`it is ${form}.`, [each])).toBe('it is [redacted].')
  })

  it('that is a number', () => {
    const value = '{"pin":48213377,"id":123456789012345678901,"port":5432,"keys":[17,"x\\"1"]}'
    for (const each of [value, bytes(value)])
      expect(shown('a 48213377 b 123456789012345678901 c 17 port 5432', [each])).toBe(
        'a [redacted] b [redacted] c [redacted] port 5432'
      )
  })

  it('that is short and nested, or encoded', () => {
    const value = JSON.stringify({ db: { password: 'a b!c' }, tokens: ['t0k'], user: 'bob' })
    expect(shown('a b!c, a%20b%21c, 6120622163, t0k of bob', [value])).toBe(
      '[redacted], [redacted], [redacted], [redacted] of bob'
    )
  })

  it('in which half a character is', () => {
    expect(shown('x "half \\ud83d a char"', ['{"a":"half \\ud83d a char"}'])).toBe('x "[redacted]"')
  })
})
