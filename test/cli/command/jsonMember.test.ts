import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonMember } from '../../../src/cli/command/jsonMember.js'

describe('numbers are printed as they are stored', () => {
  const numbers = [
    '12345678901234567890',
    '1.50',
    '1E400',
    '-0',
    '0.1e-7',
    '1e5',
    '-12.000',
    '9007199254740993'
  ]

  it.each(numbers)('%s', number => {
    expect(jsonMember(`{"a":${number}}`, 'a')).toBe(number)
    expect(jsonMember(`{ "x": 1, "a" :\n ${number} , "b": 2}`, 'a')).toBe(number)
    expect(jsonMember(`{"a": {"n": [ ${number}, {"m": ${number} } ]}}`, 'a')).toBe(
      `{"n":[${number},{"m":${number}}]}`
    )
  })

  it('but not a number inside a string', () => {
    expect(jsonMember('{"a":"1.50 ","b":{"c":" 1E400"}}', 'a')).toBe('1.50 ')
    expect(jsonMember('{"a":"1.50 ","b":{"c":" 1E400"}}', 'b')).toBe('{"c":" 1E400"}')
  })
})

it('everything else is as JSON.parse and JSON.stringify have it', () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { minKeys: 1, maxKeys: 5 })
  fc.assert(
    fc.property(object, fc.constantFrom(0, 2, '\t\r\n'), (value, space) => {
      const text = JSON.stringify(value, undefined, space)
      const parsed = JSON.parse(text) as Record<string, unknown>
      for (const key of Object.keys(parsed)) {
        const one = parsed[key]
        expect(JSON.parse(JSON.stringify(one))).toEqual(one)
        const found = jsonMember(text, key)
        if (typeof one === 'string') expect(found).toBe(one)
        else expect(JSON.parse(found!)).toEqual(one)
      }
      expect(jsonMember(text, `${Object.keys(parsed).join('')}x`)).toBeUndefined()
    })
  )
})

it('finds only keys of the outermost object, and the last of two', () => {
  expect(jsonMember('{"a":{"b":1}}', 'b')).toBeUndefined()
  expect(jsonMember('{"a":["b",{"b":1}],"b":2}', 'b')).toBe('2')
  expect(jsonMember('{"a":1,"\\u0061":2}', 'a')).toBe('2')
  expect(jsonMember('{"a":"b","b":"a"}', 'b')).toBe('a')
  expect(jsonMember('{}', 'a')).toBeUndefined()
  expect(jsonMember('{"":null}', '')).toBe('null')
})
