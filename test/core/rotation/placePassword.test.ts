import { describe, expect, it } from 'vitest'
import { placePassword, placePrinted } from '../../../src/core/rotation/placePassword.js'

describe('a new password', () => {
  it.each([
    ['{"password":"a", "n": 1.50}', undefined, '{"password":"new\\"", "n": 1.50}'],
    ['{"a":{"b":"x"}}', 'a.b', '{"a":{"b":"new\\""}}'],
    ['old', undefined, 'new"'],
    ['[1]', undefined, 'new"']
  ])('in %s, field %s', (text, field, expected) => {
    expect(placePassword(text, 'new"', field, 'x')).toBe(expected)
  })

  it.each([
    ['{"user":"a"}', undefined, 'x is a JSON object without a field "password"'],
    ['{"user":"a"}', 'token', 'x has no field "token"'],
    ['old', 'token', 'x is not a JSON object, so it has no field "token"'],
    ['{"password":7}', undefined, 'the field "password" of x is not a string']
  ])('has no place in %s, field %s', (text, field, message) => {
    expect(() => placePassword(text, 'new', field, 'x')).toThrow(message)
  })
})

it('a printed value does not replace a JSON object by something else', () => {
  expect(placePrinted('{"a":"b"}', '{"a":"c"}', undefined, 'x')).toBe('{"a":"c"}')
  expect(placePrinted('{"a":"b"}', 'c', 'a', 'x')).toBe('{"a":"c"}')
  expect(placePrinted('old', 'new', undefined, 'x')).toBe('new')
  expect(() => placePrinted('{"a":"b"}', 'c', undefined, 'x')).toThrow('the program printed something else')
})
