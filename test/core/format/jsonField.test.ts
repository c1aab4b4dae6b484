import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  fieldPath,
  fieldText,
  findField,
  withField,
  withNewField
} from '../../../src/core/format/jsonField.js'

const get = (text: string, field: string): string | undefined => {
  const found = findField(text, field)
  return found.kind === 'found' ? fieldText(text, found) : undefined
}
const set = (text: string, field: string, json: string): string | undefined => {
  const found = findField(text, field)
  return found.kind === 'found' ? withField(text, found, json) : undefined
}

it.each([
  ['a', ['a']],
  ['a.b.0', ['a', 'b', '0']],
  ['a\\.b.c', ['a.b', 'c']],
  ['a\\\\.b', ['a\\', 'b']],
  ['a\\b', ['a\\b']],
  ['', ['']],
  ['.', ['', '']]
])('the path of %j', (field, path) => {
  expect(fieldPath(field)).toEqual(path)
})

describe('reading', () => {
  const text =
    '{"db":{"port":5432.0,"hosts":["a",{"n":12345678901234567890}]},"db.port":"exact","x\\u002ey":1E400}'
  it.each([
    ['db.port', 'exact'],
    ['db.hosts.0', 'a'],
    ['db.hosts.1.n', '12345678901234567890'],
    ['db.hosts', '["a",{"n":12345678901234567890}]'],
    ['x.y', '1E400'],
    ['x\\.y', '1E400']
  ])('%s', (field, value) => {
    expect(get(text, field)).toBe(value)
  })

  it('names the fields beside the one that is missing', () => {
    expect(findField(text, 'db.prot')).toEqual({ kind: 'missing', under: ['db'], names: ['port', 'hosts'] })
    expect(findField(text, 'db.hosts.2')).toEqual({
      kind: 'missing',
      under: ['db', 'hosts'],
      names: ['0', '1']
    })
    expect(findField(text, 'x.y.z')).toMatchObject({ kind: 'missing', names: ['db', 'db.port', 'x.y'] })
    expect(findField('{}', '')).toEqual({ kind: 'missing', under: [], names: [] })
  })

  it('of two members with one name finds the last', () => {
    expect(get('{"a":1,"\\u0061":2}', 'a')).toBe('2')
  })
})

describe('writing', () => {
  it('changes nothing else, to the last space', () => {
    const text = '{ "a" : 1.50,\n\t"b":{"c": "old" ,"d":1E400} }\n'
    expect(set(text, 'b.c', '"new"')).toBe('{ "a" : 1.50,\n\t"b":{"c": "new" ,"d":1E400} }\n')
    expect(set(text, 'a', '2')).toBe('{ "a" : 2,\n\t"b":{"c": "old" ,"d":1E400} }\n')
  })

  it.each([
    ['{}', [], '{"k":1}'],
    ['{ }', [], '{"k":1}'],
    ['{"a":1}', [], '{"a":1,"k":1}'],
    ['{\n  "a": 1\n}\n', [], '{\n  "a": 1,\n  "k": 1\n}\n'],
    ['{"a":{"b":[1]}}', ['a'], '{"a":{"b":[1],"k":1}}'],
    ['{"a":[1]}', ['a'], undefined],
    ['{"a":1}', ['a'], undefined]
  ])('adds a member to %j under %j', (text, under, expected) => {
    expect(withNewField(text, under, 'k', '1')).toBe(expected)
  })
})

it('what was set is read, and every other member is as before', () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { minKeys: 1, maxKeys: 5 })
  fc.assert(
    fc.property(object, fc.string(), fc.string(), fc.constantFrom(0, 2), (value, name, other, space) => {
      const text = JSON.stringify(value, undefined, space)
      const members = Object.entries(JSON.parse(text) as object)
      for (const [key] of members) {
        const changed = Object.entries(JSON.parse(set(text, key, JSON.stringify(other))!) as object)
        expect(changed).toEqual(members.map(([each, one]) => [each, each === key ? other : (one as unknown)]))
      }
      const added = withNewField(text, [], name, JSON.stringify(other))!
      expect(get(added, name)).toBe(other)
    })
  )
})

it('a text of the greatest length that nests as deep as it can is read', () => {
  const depth = 32_000
  const text = `{"a":${'['.repeat(depth)}${']'.repeat(depth)},"b":"found"}`
  expect(get(text, 'b')).toBe('found')
})
