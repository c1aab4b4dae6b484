import { describe, expect, it } from 'vitest'
import { inModelOrder, validate } from '../../../src/core/service/constraints.js'
import { operations } from '../../../src/core/generated/operations.js'
import type { Structure } from '../../../src/core/shape.js'

const create = operations.CreateSecret.input
const put = operations.PutSecretValue.input
const token = 'EXAMPLE1-90ab-cdef-fedc-ba987SECRET1'

/** The constraints that a request violates, without the count in front. */
function complaints(shape: Structure, request: unknown): string[] {
  try {
    validate(shape, request)
  } catch (error) {
    expect(error).toMatchObject({ code: 'ValidationException' })
    const [, list = ''] = (error as Error).message.split(/ detected: (.*)/s)
    return list.split('; ')
  }
  return []
}

describe('a request', () => {
  it('is copied with the model’s members only', () => {
    const bytes = Uint8Array.of(1)
    const request = {
      Color: 1,
      SecretBinary: bytes,
      Name: 'a',
      Description: null,
      Tags: [{ Key: 'k', X: 1 }]
    }
    const valid = validate<{ SecretBinary: Uint8Array }>(create, request)
    expect(valid).toEqual({ Name: 'a', SecretBinary: bytes, Tags: [{ Key: 'k' }] })
    expect(valid.SecretBinary).toBe(bytes)
    expect('Description' in valid).toBe(false)
  })

  it('has no members of a prototype', () => {
    expect(complaints(create, Object.create({ Name: 'a' }))).toEqual([
      "Value null at 'name' failed to satisfy constraint: Member must not be null"
    ])
    expect(validate(create, JSON.parse('{"Name":"a","__proto__":{"Type":"b"}}'))).toEqual({ Name: 'a' })
  })

  it('has the required members', () => {
    expect(() => validate(create, {})).toThrow(
      "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"
    )
    expect(complaints(create, { Name: null })).toHaveLength(1)
    expect(complaints(create, { Name: undefined })).toHaveLength(1)
    expect(validate(operations.ListSecrets.input, {})).toEqual({})
  })

  it('is refused with all violations', () => {
    expect(() => validate(put, { ClientRequestToken: 'short', SecretString: '' })).toThrow(
      '3 validation errors detected: ' +
        "Value null at 'secretId' failed to satisfy constraint: Member must not be null; " +
        "Value 'short' at 'clientRequestToken' failed to satisfy constraint: " +
        'Member must have length greater than or equal to 32; ' +
        "Value at 'secretString' failed to satisfy constraint: Member must have length greater than or equal to 1"
    )
  })

  it('is refused with ten violations at most, and no element is checked after the tenth', () => {
    let looks = 0
    const bad = { type: 'structure', required: ['A'], members: { A: { type: 'string' } } } as const
    const shape: Structure = { type: 'structure', members: { L: { type: 'list', member: bad } } }
    const element = Object.defineProperty({}, 'A', {
      enumerable: true,
      get: () => void looks++
    })
    const list = Array.from({ length: 100_000 }, () => element)
    expect(complaints(shape, { L: list })).toHaveLength(10)
    expect(() => validate(shape, { L: list })).toThrow(/^10 validation errors detected: /)
    expect(looks).toBe(20)
  })

  it.each([
    ['a long text', { SecretId: 'a', SecretString: 'b', ClientRequestToken: 't'.repeat(900_000) }],
    ['a long list', { SecretId: 'a', VersionStages: Array.from({ length: 100_000 }, () => 'x'.repeat(9)) }],
    ['a list of nulls', { SecretId: 'a', VersionStages: Array.from({ length: 200_000 }, () => null) }]
  ])('with %s is refused in a message that is shorter than the request', (_, request) => {
    const [first] = complaints(put, request)
    expect(first).toContain('Member must have length less than or equal to')
    expect(complaints(put, request).join('; ').length).toBeLessThan(2_000)
  })

  it('shows a value that is a little too long', () => {
    const name = 'n'.repeat(513)
    expect(complaints(create, { Name: name })[0]).toContain(`Value '${name}' at 'name'`)
  })

  it('with a list that is too long is refused without a look at the elements beyond', () => {
    const looks: number[] = []
    const list = new Proxy(
      Array.from({ length: 1_000 }, () => 'ok'),
      {
        get: (all, index) => {
          if (typeof index === 'string' && /^\d+$/.test(index)) looks.push(Number(index))
          return Reflect.get(all, index) as unknown
        }
      }
    )
    const member = { type: 'string', pattern: '[a-z]+' } as const
    const shape: Structure = { type: 'structure', members: { L: { type: 'list', max: 20, member } } }
    expect(complaints(shape, { L: list })).toHaveLength(1)
    // the message shows the list once
    expect(looks.filter(index => index < 20)).toHaveLength(40)
  })

  it.each([
    [create, { Name: 7 }, "Value at 'name' failed to satisfy constraint: Member must be a string"],
    [create, { Name: 'a', Tags: {} }, "Value at 'tags' failed to satisfy constraint: Member must be a list"],
    [
      create,
      { Name: 'a', Tags: ['x'] },
      "Value at 'tags.1.member' failed to satisfy constraint: Member must be a structure"
    ],
    [
      create,
      { Name: 'a', Tags: [[]] },
      "Value at 'tags.1.member' failed to satisfy constraint: Member must be a structure"
    ],
    [
      create,
      { Name: 'a', SecretBinary: 'YQ==' },
      "Value at 'secretBinary' failed to satisfy constraint: Member must be bytes"
    ],
    [
      create,
      { Name: 'a', ForceOverwriteReplicaSecret: 'true' },
      "Value at 'forceOverwriteReplicaSecret' failed to satisfy constraint: Member must be a boolean"
    ],
    [
      operations.ListSecrets.input,
      { MaxResults: 1.5 },
      "Value at 'maxResults' failed to satisfy constraint: Member must be a whole number"
    ],
    [
      operations.DeleteSecret.input,
      { SecretId: 'a', RecoveryWindowInDays: 2 ** 53 },
      "Value at 'recoveryWindowInDays' failed to satisfy constraint: Member must be a whole number"
    ],
    [
      put,
      { SecretId: 'a', VersionStages: [7] },
      "Value at 'versionStages.1.member' failed to satisfy constraint: Member must be a string"
    ],
    [
      put,
      { SecretId: 'a', VersionStages: ['x', null] },
      "Value null at 'versionStages.2.member' failed to satisfy constraint: Member must not be null"
    ]
  ])('has the model’s types (%#)', (shape, request, complaint) => {
    expect(complaints(shape, request)).toEqual([complaint])
  })

  it.each([[null], [[]], ['x'], [7], [undefined]])('is an object, not %j', request => {
    expect(complaints(create, request)).toHaveLength(1)
  })

  it('keeps to the lengths, in Unicode characters', () => {
    expect(complaints(create, { Name: 'a', Description: '😀'.repeat(2048) })).toEqual([])
    const long = '😀'.repeat(2049)
    expect(complaints(create, { Name: 'a', Description: long })).toEqual([
      `Value '${long}' at 'description' failed to satisfy constraint: Member must have length less than or equal to 2048`
    ])
  })

  it('keeps a value to 65,536 bytes', () => {
    const tooLong = [
      "Value at 'secretString' failed to satisfy constraint: Member must have length less than or equal to 65536"
    ]
    expect(complaints(put, { SecretId: 'a', SecretString: 'x'.repeat(65536) })).toEqual([])
    expect(complaints(put, { SecretId: 'a', SecretString: 'x'.repeat(65537) })).toEqual(tooLong)
    expect(complaints(put, { SecretId: 'a', SecretString: 'é'.repeat(32768) })).toEqual([])
    expect(complaints(put, { SecretId: 'a', SecretString: 'é'.repeat(32768) + 'x' })).toEqual(tooLong)
    expect(complaints(put, { SecretId: 'a', SecretBinary: new Uint8Array(65536) })).toEqual([])
    expect(complaints(put, { SecretId: 'a', SecretBinary: new Uint8Array(65537) })).toEqual([
      "Value at 'secretBinary' failed to satisfy constraint: Member must have length less than or equal to 65536"
    ])
    expect(complaints(put, { SecretId: 'a', SecretBinary: new Uint8Array(0) })).toHaveLength(1)
  })

  it('keeps to the ranges', () => {
    const shape = operations.ListSecrets.input
    expect(complaints(shape, { MaxResults: 1 })).toEqual([])
    expect(complaints(shape, { MaxResults: 100 })).toEqual([])
    expect(complaints(shape, { MaxResults: 101 })).toEqual([
      "Value '101' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100"
    ])
    expect(complaints(shape, { MaxResults: 0 })).toEqual([
      "Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1"
    ])
    expect(
      complaints(operations.RotateSecret.input, {
        SecretId: 'a',
        RotationRules: { AutomaticallyAfterDays: 0 }
      })
    ).toEqual([
      "Value '0' at 'rotationRules.automaticallyAfterDays' failed to satisfy constraint: " +
        'Member must have value greater than or equal to 1'
    ])
  })

  it('matches the patterns from end to end', () => {
    const rotate = (Duration: string): string[] =>
      complaints(operations.RotateSecret.input, { SecretId: 'a', RotationRules: { Duration } })
    expect(rotate('3h')).toEqual([])
    expect(rotate('3h ')).toEqual([
      "Value '3h ' at 'rotationRules.duration' failed to satisfy constraint: " +
        'Member must satisfy regular expression pattern: [0-9]+h'
    ])
    expect(rotate('x3h')).toHaveLength(1)
    expect(complaints(put, { SecretId: 'a', RotationToken: '_'.repeat(36) })).toEqual([
      "Value at 'rotationToken' failed to satisfy constraint: " +
        'Member must satisfy regular expression pattern: ^[a-zA-Z0-9\\-]+$'
    ])
  })

  it('keeps to the enumerations', () => {
    expect(complaints(operations.ListSecrets.input, { SortOrder: 'asc' })).toEqual([])
    expect(complaints(operations.ListSecrets.input, { SortOrder: 'up', Filters: [{ Key: 'x' }] })).toEqual([
      "Value 'x' at 'filters.1.member.key' failed to satisfy constraint: Member must satisfy enum value set: " +
        '[description, name, tag-key, tag-value, primary-region, owning-service, all]',
      "Value 'up' at 'sortOrder' failed to satisfy constraint: Member must satisfy enum value set: [asc, desc]"
    ])
  })

  it('keeps its lists to their bounds', () => {
    expect(complaints(put, { SecretId: 'a', VersionStages: [] })).toEqual([
      "Value '[]' at 'versionStages' failed to satisfy constraint: Member must have length greater than or equal to 1"
    ])
    const many = Array.from({ length: 21 }, (_, index) => `l${index}`)
    expect(complaints(put, { SecretId: 'a', VersionStages: many })).toEqual([
      `Value '[${many.join(', ')}]' at 'versionStages' failed to satisfy constraint: ` +
        'Member must have length less than or equal to 20'
    ])
    const filters = Array.from({ length: 11 }, () => ({ Key: 'name' }))
    expect(complaints(operations.ListSecrets.input, { Filters: filters })).toEqual([
      "Value at 'filters' failed to satisfy constraint: Member must have length less than or equal to 10"
    ])
  })

  it('names a list’s scalars by the list, and its structures one by one', () => {
    expect(complaints(put, { SecretId: 'a', VersionStages: ['ok', '', ''] })).toEqual([
      "Value '[ok, , ]' at 'versionStages' failed to satisfy constraint: Member must satisfy constraint: " +
        '[Member must have length less than or equal to 256, Member must have length greater than or equal to 1]'
    ])
    expect(complaints(create, { Name: 'a', Tags: [{ Key: 'k' }, { Key: '', Value: 'v' }] })).toEqual([
      "Value '' at 'tags.2.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1"
    ])
  })

  it('is well-formed Unicode', () => {
    expect(complaints(put, { SecretId: 'a', SecretString: '\ud800' })).toEqual([
      "Value at 'secretString' failed to satisfy constraint: Member must be well-formed Unicode"
    ])
    expect(complaints(put, { SecretId: 'a', VersionStages: ['\udc00x'] })).toEqual([
      "Value at 'versionStages.1.member' failed to satisfy constraint: Member must be well-formed Unicode"
    ])
    expect(complaints(create, { Name: 'a', Tags: [{ Key: '\ude00\ud83d' }] })).toHaveLength(1)
    expect(complaints(create, { Name: 'a', Description: '😀' })).toEqual([])
  })
})

/** Shapes that no operation of the model has. */
describe('other shapes', () => {
  const text = { type: 'string', max: 3 } as const
  const shape: Structure = {
    type: 'structure',
    members: {
      Map: { type: 'map', key: text, value: { type: 'integer', min: 1 } },
      Date: { type: 'timestamp' },
      Secrets: { type: 'list', member: { type: 'string', sensitive: true, max: 1 } },
      Counts: { type: 'list', member: { type: 'integer', max: 1 } },
      Structures: { type: 'map', key: text, value: { type: 'structure', members: { A: text } } }
    }
  }

  it('have rules for a map’s keys and values', () => {
    expect(complaints(shape, { Map: { abc: 1 } })).toEqual([])
    expect(complaints(shape, { Map: [] })).toEqual([
      "Value at 'map' failed to satisfy constraint: Member must be a map"
    ])
    expect(complaints(shape, { Map: { abcd: 1 } })).toEqual([
      "Value at 'map' failed to satisfy constraint: " +
        'Map keys must satisfy constraint: [Member must have length less than or equal to 3]'
    ])
    expect(complaints(shape, { Map: { abc: 0 } })).toEqual([
      "Value at 'map' failed to satisfy constraint: " +
        'Map value must satisfy constraint: [Member must have value greater than or equal to 1]'
    ])
    expect(complaints(shape, { Map: { a: null } })).toEqual([
      "Value null at 'map.a.member' failed to satisfy constraint: Member must not be null"
    ])
    expect(complaints(shape, { Structures: { a: { A: 'long' } } })).toEqual([
      "Value 'long' at 'structures.a.member.a' failed to satisfy constraint: " +
        'Member must have length less than or equal to 3'
    ])
  })

  it('accept valid dates only', () => {
    expect(complaints(shape, { Date: new Date(0) })).toEqual([])
    expect(complaints(shape, { Date: new Date(Number.NaN) })).toHaveLength(1)
    expect(complaints(shape, { Date: 0 })).toHaveLength(1)
  })

  it('show no sensitive value, and no list of other things than strings', () => {
    const [secrets, counts] = complaints(shape, { Secrets: ['no'], Counts: [7] })
    expect(secrets).toMatch(/^Value at 'secrets' /)
    expect(counts).toMatch(/^Value at 'counts' /)
  })
})

describe('a response', () => {
  it('has the model’s order at every level', () => {
    const { output } = operations.DescribeSecret
    const response = {
      VersionIdsToStages: { [token]: ['AWSCURRENT'], __proto__: null },
      Tags: [
        { Value: 'v', Key: 'k' },
        { Key: 'l', Value: undefined }
      ],
      Unknown: 1,
      RotationRules: { ScheduleExpression: 's', AutomaticallyAfterDays: 1 },
      Description: undefined,
      CreatedDate: new Date(0),
      Name: 'a',
      ARN: 'arn'
    }
    expect(JSON.stringify(inModelOrder(output, response))).toBe(
      JSON.stringify({
        ARN: 'arn',
        Name: 'a',
        RotationRules: { AutomaticallyAfterDays: 1, ScheduleExpression: 's' },
        Tags: [{ Key: 'k', Value: 'v' }, { Key: 'l' }],
        VersionIdsToStages: { [token]: ['AWSCURRENT'] },
        CreatedDate: new Date(0)
      })
    )
  })

  it('keeps unusual keys of a map, and drops undefined values', () => {
    const { output } = operations.DescribeSecret
    const map = Object.fromEntries([
      ['__proto__', ['x']],
      ['gone', undefined]
    ])
    const { VersionIdsToStages } = inModelOrder(output, { VersionIdsToStages: map })
    expect(Object.entries(VersionIdsToStages)).toEqual([['__proto__', ['x']]])
  })
})
