import { rmSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../src/operations/call.js'
import { failure, keys, makeScheduled, makeVault, token, type TestVault } from '../vault/fixture.js'

let box: TestVault
beforeAll(async () => {
  box = await makeVault()
})

const ARN = (name: string) =>
  expect.stringMatching(
    new RegExp(`^arn:aws:secretsmanager:local:000000000000:secret:${name}-[A-Za-z0-9]{6}$`)
  )

describe('the response', () => {
  it('[MODEL] is ARN, Name and VersionId, in that order; the VersionId is the token', async () => {
    const response = await box.api.createSecret({
      Name: 'c/value',
      SecretString: 'x',
      ClientRequestToken: token('c/value')
    })
    expect(response).toEqual({ ARN: ARN('c/value'), Name: 'c/value', VersionId: token('c/value') })
    expect(keys(response)).toEqual(['ARN', 'Name', 'VersionId'])
  })

  it('[REC] has no VersionId without a value, and DescribeSecret then no VersionIdsToStages', async () => {
    const response = await box.api.createSecret({ Name: 'c/none' })
    expect(keys(response)).toEqual(['ARN', 'Name'])
    const described = await box.api.describeSecret({ SecretId: 'c/none' })
    expect(keys(described)).toEqual(['ARN', 'Name', 'LastChangedDate', 'CreatedDate'])
    expect(box.versionFiles.bind(box, 'c/none')).toThrow('ENOENT')
  })

  it('[DOC] returns a generated token, a UUID, if the caller gave none', async () => {
    const { VersionId } = await box.api.createSecret({ Name: 'c/uuid', SecretString: 'x' })
    expect(VersionId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })
})

describe('what is created', () => {
  it('[REC] an empty Description and empty Tags are omitted', async () => {
    await box.api.createSecret({ Name: 'c/empty', Description: '', Tags: [] })
    expect(keys(await box.api.describeSecret({ SecretId: 'c/empty' }))).toEqual([
      'ARN',
      'Name',
      'LastChangedDate',
      'CreatedDate'
    ])
  })

  it('[DOC] the first version has AWSCURRENT alone', async () => {
    const VersionId = token('c/first')
    await box.api.createSecret({ Name: 'c/first', SecretString: 'x', ClientRequestToken: VersionId })
    const { VersionIdsToStages } = await box.api.describeSecret({ SecretId: 'c/first' })
    expect(VersionIdsToStages).toEqual({ [VersionId]: ['AWSCURRENT'] })
  })

  it('[MODEL] bytes are returned as bytes, all 256 of them', async () => {
    const SecretBinary = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    await box.api.createSecret({ Name: 'c/bytes', SecretBinary })
    const value = await box.api.getSecretValue({ SecretId: 'c/bytes' })
    expect(new Uint8Array(value.SecretBinary ?? [])).toEqual(SecretBinary)
    expect('SecretString' in value).toBe(false)
  })

  it.each([
    ['text that looks like YAML', 'a: b\n- c\n# d\n...\n---\n&x *x !x'],
    ['whitespace alone', ' \t\r\n\u2028\u00a0 '],
    ['a byte order mark in front', '\ufeffvalue'],
    ['NUL and other control characters', '\0\u0001\u001b[31m\u007f\u0085'],
    ['what Unicode would normalise', 'e\u0301 \u00e9 \ufb01 \u{1f469}\u200d\u{1f4bb}'],
    ['JSON', '{"username":"a","password":"b\\n"}']
  ])('[MODEL] a value is returned unchanged: %s', async (name, SecretString) => {
    const Name = `c/text/${name.replaceAll(' ', '-')}`
    await box.api.createSecret({ Name, SecretString })
    expect((await box.api.getSecretValue({ SecretId: Name })).SecretString).toBe(SecretString)
  })

  it('[MODEL] Description, Type and Tags are described', async () => {
    const Tags = [
      { Key: 'team', Value: 'a' },
      { Key: 'empty', Value: '' },
      { Key: '__proto__', Value: 'b' },
      { Key: 'constructor', Value: 'c' }
    ]
    await box.api.createSecret({ Name: 'c/all', Description: 'what: it is', Type: 't', Tags })
    const described = await box.api.describeSecret({ SecretId: 'c/all' })
    expect(described).toMatchObject({ Description: 'what: it is', Type: 't' })
    expect(described.Tags).toEqual(expect.arrayContaining(Tags))
    expect(described.Tags).toHaveLength(Tags.length)
    expect(keys(described)).toEqual([
      'ARN',
      'Name',
      'Type',
      'Description',
      'LastChangedDate',
      'Tags',
      'CreatedDate'
    ])
  })

  it('[MODEL] DescribeSecret omits the names of the default key', async () => {
    for (const [index, KmsKeyId] of ['default', 'alias/default', 'alias/aws/secretsmanager'].entries()) {
      const Name = `c/kms/${index}`
      await box.api.createSecret({ Name, KmsKeyId })
      expect('KmsKeyId' in (await box.api.describeSecret({ SecretId: Name }))).toBe(false)
    }
  })

  it('[REC] a secret that is removed and created again has a new suffix', async () => {
    const { ARN: before } = await box.api.createSecret({ Name: 'c/again', SecretString: 'x' })
    rmSync(box.path('vault/secrets/c/again'), { recursive: true })
    box.git('add', '-A')
    box.git('commit', '-qm', 'remove')
    expect((await failure(box.api.getSecretValue({ SecretId: before! }))).code).toBe(
      'ResourceNotFoundException'
    )
    box.clock.advance(1)
    const { ARN: after } = await box.api.createSecret({ Name: 'c/again', SecretString: 'y' })
    expect(after).not.toBe(before)
    expect((await box.api.getSecretValue({ SecretId: 'c/again' })).SecretString).toBe('y')
    expect((await failure(box.api.getSecretValue({ SecretId: before! }))).code).toBe(
      'ResourceNotFoundException'
    )
  })
})

describe('a repeated request', () => {
  it('[VER] same token, same value: the same response, and no commit', async () => {
    const request = { Name: 'c/same', SecretString: 'x', ClientRequestToken: token('c/same') }
    const first = await box.api.createSecret(request)
    const state = box.state()
    expect(await box.api.createSecret(request)).toEqual(first)
    expect(box.state()).toBe(state)
  })

  it('[VER] the same after later puts', async () => {
    const request = { Name: 'c/later', SecretString: 'x', ClientRequestToken: token('c/later') }
    const first = await box.api.createSecret(request)
    await box.api.putSecretValue({ SecretId: 'c/later', SecretString: 'y' })
    await box.api.putSecretValue({ SecretId: 'c/later', SecretString: 'z' })
    expect(await box.api.createSecret(request)).toEqual(first)
  })

  it('[VER] without a value: the same response', async () => {
    const request = { Name: 'c/same-none', ClientRequestToken: token('c/same-none') }
    const first = await box.api.createSecret(request)
    const state = box.state()
    expect(await box.api.createSecret(request)).toEqual(first)
    expect(box.state()).toBe(state)
  })

  it.each([
    ['text', { SecretString: 'y' }],
    ['bytes of the same text', { SecretBinary: new TextEncoder().encode('x') }]
  ])('[VER] same token, other value (%s): ResourceExistsException, nothing changed', async (kind, value) => {
    const Name = `c/other/${kind.replaceAll(' ', '-')}`
    const ClientRequestToken = token(`other-${kind}`)
    const { ARN } = await box.api.createSecret({ Name, SecretString: 'x', ClientRequestToken })
    const state = box.state()
    expect(await failure(box.api.createSecret({ Name, ...value, ClientRequestToken }))).toEqual({
      code: 'ResourceExistsException',
      message: `You can't use ClientRequestToken ${ClientRequestToken} because that value is already in use for a version of secret ${ARN}.`
    })
    expect(box.state()).toBe(state)
  })

  it('[REC] a taken name with another token', async () => {
    await box.api.createSecret({ Name: 'c/taken', SecretString: 'x' })
    const state = box.state()
    for (const value of [{ SecretString: 'x' }, { SecretString: 'y' }, {}]) {
      expect(await failure(box.api.createSecret({ Name: 'c/taken', ...value }))).toEqual({
        code: 'ResourceExistsException',
        message: 'The operation failed because the secret c/taken already exists.'
      })
    }
    expect(box.state()).toBe(state)
  })

  it('[REC] a name that is scheduled for deletion', async () => {
    await makeScheduled(box, 'c/scheduled')
    expect(await failure(box.api.createSecret({ Name: 'c/scheduled', SecretString: 'x' }))).toEqual({
      code: 'InvalidRequestException',
      message:
        "You can't create this secret because a secret with this name is already scheduled for deletion."
    })
  })
})

describe('a request that is refused', () => {
  it('[REC] without a token, from a raw caller', async () => {
    const vault = await box.internal()
    expect(await failure(call(vault, 'CreateSecret', { Name: 'c/raw', SecretString: 'x' }))).toEqual({
      code: 'InvalidRequestException',
      message: 'You must provide a ClientRequestToken value. We recommend a UUID-type value.'
    })
  })

  it('[USR] with both kinds of value', async () => {
    const SecretBinary = Uint8Array.of(1)
    expect(await failure(box.api.createSecret({ Name: 'c/both', SecretString: 'x', SecretBinary }))).toEqual({
      code: 'InvalidParameterException',
      message: "You can't specify both a binary secret value and a string secret value in the same secret."
    })
  })

  it('[REC] with a name of invalid characters', async () => {
    for (const Name of ['a b', 'ä', 'a\n', 'a:b', 'a*', 'a%2f', 'a\\b', 'a\0']) {
      expect(await failure(box.api.createSecret({ Name, SecretString: 'x' }))).toEqual({
        code: 'ValidationException',
        message:
          'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!'
      })
    }
  })

  it('[MODEL] with a repeated tag, or a tag without a key or a value', async () => {
    const bad = [
      [
        { Key: 'a', Value: '1' },
        { Key: 'a', Value: '2' }
      ],
      [{ Key: 'a' }],
      [{ Value: 'a' }]
    ]
    for (const Tags of bad) {
      expect(await failure(box.api.createSecret({ Name: 'c/tags', Tags }))).toMatchObject({
        code: 'InvalidParameterException'
      })
    }
    expect((await failure(box.api.describeSecret({ SecretId: 'c/tags' }))).code).toBe(
      'ResourceNotFoundException'
    )
  })

  it('[DOC] with a key that does not exist', async () => {
    expect(await failure(box.api.createSecret({ Name: 'c/key', KmsKeyId: 'alias/prod' }))).toEqual({
      code: 'InvalidParameterException',
      message: 'There is no key alias/prod in this vault.'
    })
  })

  it('commits nothing', () => {
    box.expectClean()
    expect(
      box.files('vault/secrets/c').filter(path => /^vault.secrets.c.(both|raw|tags|key)/.test(path))
    ).toEqual([])
  })
})
