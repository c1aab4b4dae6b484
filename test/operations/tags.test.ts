import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openVault } from '../../src/index.js'
import { failure, keys, makeScheduled, makeVault, type TestVault } from '../vault/fixture.js'

let box: TestVault
beforeAll(async () => {
  box = await makeVault()
})

let made = 0
let SecretId: string
beforeEach(async () => {
  SecretId = `t/${++made}`
  await box.api.createSecret({ Name: SecretId })
})

const tag = (tags: Record<string, string>) =>
  box.api.tagResource({ SecretId, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) })
const untag = (...TagKeys: string[]) => box.api.untagResource({ SecretId, TagKeys })
const tags = async () => {
  const { Tags } = await box.api.describeSecret({ SecretId })
  return Tags && Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]))
}
const keysOf = async () => Object.keys((await tags()) ?? {})
const numbered = (count: number, from = 0) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${from + index}`, 'v']))

describe('TagResource', () => {
  it('[REC] merges tags, and returns {}', async () => {
    expect(await tag({ a: '1', b: '2' })).toEqual({})
    expect(await tag({ b: 'two', c: '' })).toEqual({})
    expect(await tags()).toEqual({ a: '1', b: 'two', c: '' })
    box.expectClean()
  })

  it('changes LastChangedDate; the same tags again change nothing', async () => {
    const before = (await box.api.describeSecret({ SecretId })).LastChangedDate!
    await tag({ a: '1' })
    expect((await box.api.describeSecret({ SecretId })).LastChangedDate!.getTime()).toBeGreaterThan(
      before.getTime()
    )
    const state = box.state()
    expect(await tag({ a: '1' })).toEqual({})
    expect(await tag({})).toEqual({})
    expect(box.state()).toBe(state)
  })

  it('accepts any characters in keys', async () => {
    const odd = [
      { Key: '__proto__', Value: 'p' },
      { Key: ' ', Value: '\n' },
      { Key: 'é\u{1F600}', Value: "'" }
    ]
    await box.api.tagResource({ SecretId, Tags: odd })
    expect((await box.api.describeSecret({ SecretId })).Tags).toEqual(odd)
    await untag('__proto__')
    expect((await box.api.describeSecret({ SecretId })).Tags).toEqual(odd.slice(1))
  })

  it('[DOC] accepts 50 tags at most', async () => {
    await tag(numbered(50))
    expect(await keysOf()).toHaveLength(50)
    const refused = {
      code: 'LimitExceededException',
      message: 'You can attach at most 50 tags to a secret.'
    }
    const before = box.state()
    expect(await failure(tag({ k50: 'v' }))).toEqual(refused)
    expect(await failure(tag(numbered(51, 100)))).toEqual(refused)
    expect(box.state()).toBe(before)
    await tag({ k49: 'other' })
    await untag('k0')
    await tag({ k50: 'v' })
    expect(await keysOf()).toHaveLength(50)
  })

  it.each([
    [[{ Key: 'a' }], 'A tag must have both a key and a value.'],
    [[{ Value: 'a' }], 'A tag must have both a key and a value.'],
    [
      [
        { Key: 'a', Value: '1' },
        { Key: 'a', Value: '1' }
      ],
      'You can have only one tag with each key.'
    ],
    [[{ Key: 'aws:x', Value: '1' }], "The key of a tag can't begin with aws:."],
    [[{ Key: 'AWS:x', Value: '1' }], "The key of a tag can't begin with aws:."]
  ])('refuses %j, as CreateSecret does', async (Tags, message) => {
    const refused = { code: 'InvalidParameterException', message }
    const before = box.state()
    expect(await failure(box.api.tagResource({ SecretId, Tags }))).toEqual(refused)
    expect(await failure(box.api.createSecret({ Name: 't/never', Tags }))).toEqual(refused)
    expect(box.state()).toBe(before)
  })
})

describe('UntagResource', () => {
  it('[REC] after the last tag, DescribeSecret has Tags: []; a secret that was never tagged has no Tags', async () => {
    expect(keys(await box.api.describeSecret({ SecretId }))).not.toContain('Tags')
    await tag({ a: '1', b: '2' })
    expect(await untag('a')).toEqual({})
    expect(await tags()).toEqual({ b: '2' })
    expect(await untag('b')).toEqual({})
    expect((await box.api.describeSecret({ SecretId })).Tags).toEqual([])
    await tag({ a: 'again' })
    expect(await tags()).toEqual({ a: 'again' })
    box.expectClean()
  })

  it('[REC] the same after the records of removed tags are dropped', async () => {
    await tag({ a: '1' })
    await untag('a')
    box.clock.advance(91 * 24 * 60 * 60 * 1000)
    await box.api.updateSecret({ SecretId, Description: 'later' })
    expect((await box.api.describeSecret({ SecretId })).Tags).toEqual([])
  })

  it('ignores keys that the secret does not have', async () => {
    await tag({ a: '1' })
    const before = box.state()
    expect(await untag('b', 'toString', '__proto__')).toEqual({})
    expect(await untag()).toEqual({})
    expect(box.state()).toBe(before)
    expect(await untag('b', 'a', 'a')).toEqual({})
    expect(await tags()).toEqual({})
  })
})

describe('both', () => {
  const both = (id: string, api = box.api) => [
    () => api.tagResource({ SecretId: id, Tags: [{ Key: 'a', Value: '1' }] }),
    () => api.untagResource({ SecretId: id, TagKeys: ['a'] })
  ]

  it('[REC] refuse a secret that is marked for deletion', async () => {
    await makeScheduled(box, 't/scheduled')
    for (const operation of both('t/scheduled'))
      expect(await failure(operation())).toEqual({
        code: 'InvalidRequestException',
        message: "You can't perform this operation on the secret because it was marked for deletion."
      })
  })

  it('[REC] refuse an unknown secret', async () => {
    for (const operation of both('no/such'))
      expect(await failure(operation())).toEqual({
        code: 'ResourceNotFoundException',
        message: "Secrets Manager can't find the specified secret."
      })
  })

  it('[USR] refuse a replica', async () => {
    await box.api.replicateSecretToRegions({ SecretId, AddReplicaRegions: [{ Region: 'eu-west-1' }] })
    for (const operation of both(SecretId, await openVault({ ...box.options, region: 'eu-west-1' })))
      expect(await failure(operation())).toEqual({
        code: 'InvalidParameterException',
        message: "Operation not permitted on a replica secret. Call must be made in primary secret's region."
      })
  })

  it('make one commit each, which names the secret', async () => {
    const subjects = () => box.git('log', '-2', '--format=%s').trim().split('\n')
    await tag({ a: '1' })
    await untag('a')
    expect(subjects()).toEqual([`UntagResource ${SecretId}`, `TagResource ${SecretId}`])
  })
})
