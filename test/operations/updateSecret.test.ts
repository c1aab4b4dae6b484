import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newIdentity } from '../../src/app/identityFile.js'
import { openVault } from '../../src/index.js'
import { call } from '../../src/operations/call.js'
import { addGeneration, extendLog } from '../vault/accessLog.js'
import { failure, keys, makeScheduled, makeVault, scratch, token, type TestVault } from '../vault/fixture.js'

let box: TestVault
beforeAll(async () => {
  box = await makeVault()
})

let made = 0
let Name: string
let ARN: string
const id = (letter: string) => token(`${letter}-${made}`)
beforeEach(async () => {
  Name = `u/${++made}`
  const created = await box.api.createSecret({
    Name,
    SecretString: 'a',
    Description: 'before',
    ClientRequestToken: id('a')
  })
  ARN = created.ARN!
})

const describeIt = () => box.api.describeSecret({ SecretId: Name })
const stages = async () => (await describeIt()).VersionIdsToStages
const changed = async () => (await describeIt()).LastChangedDate!.getTime()

describe('a description alone', () => {
  it('[REC] has no VersionId in the response, and adds no version', async () => {
    const response = await box.api.updateSecret({ SecretId: Name, Description: 'after' })
    expect(response).toEqual({ ARN, Name })
    expect(keys(response)).toEqual(['ARN', 'Name'])
    expect(await describeIt()).toMatchObject({
      Description: 'after',
      VersionIdsToStages: { [id('a')]: ['AWSCURRENT'] }
    })
    box.expectClean()
  })

  it('is removed by an empty one', async () => {
    await box.api.updateSecret({ SecretId: Name, Description: '' })
    expect(keys(await describeIt())).not.toContain('Description')
    await box.api.updateSecret({ SecretId: Name, Description: 'again' })
    expect((await describeIt()).Description).toBe('again')
  })

  it('changes nothing if it is the current one', async () => {
    const before = box.state()
    expect(await box.api.updateSecret({ SecretId: Name, Description: 'before' })).toEqual({ ARN, Name })
    expect(box.state()).toBe(before)
  })

  it('is signed under the token, and committed with the secret, its ARN and the token', async () => {
    await box.api.updateSecret({ SecretId: Name, Description: 'told', ClientRequestToken: id('t') })
    expect(box.git('log', '-1', '--format=%B').trim()).toBe(
      `UpdateSecret ${Name}\n\nClient-Request-Token: ${id('t')}\nSecret-Arn: ${ARN}\nMember: alice`
    )
    const internal = await box.internal()
    const { document } = await (await internal.read()).secret(Name)
    expect(document.signed.change).toMatchObject({ operation: 'UpdateSecret', token: id('t') })
  })
})

describe('no arguments', () => {
  it('[REC] succeeds and changes nothing', async () => {
    const before = box.state()
    expect(await box.api.updateSecret({ SecretId: ARN })).toEqual({ ARN, Name })
    expect(box.state()).toBe(before)
  })
})

describe('a value', () => {
  it('[REC] moves AWSCURRENT and AWSPREVIOUS', async () => {
    const response = await box.api.updateSecret({
      SecretId: Name,
      SecretString: 'b',
      ClientRequestToken: id('b')
    })
    expect(response).toEqual({ ARN, Name, VersionId: id('b') })
    expect(keys(response)).toEqual(['ARN', 'Name', 'VersionId'])
    expect(await stages()).toEqual({ [id('a')]: ['AWSPREVIOUS'], [id('b')]: ['AWSCURRENT'] })
    await box.api.updateSecret({ SecretId: Name, SecretString: 'c', ClientRequestToken: id('c') })
    expect(await stages()).toEqual({ [id('b')]: ['AWSPREVIOUS'], [id('c')]: ['AWSCURRENT'] })
    expect((await box.api.getSecretValue({ SecretId: Name })).SecretString).toBe('c')
  })

  it('[MODEL] may be bytes', async () => {
    const SecretBinary = Uint8Array.of(0, 255, 10)
    await box.api.updateSecret({ SecretId: Name, SecretBinary })
    expect((await box.api.getSecretValue({ SecretId: Name })).SecretBinary).toEqual(SecretBinary)
  })

  it('is one commit together with a description and a type', async () => {
    const before = box.commits()
    const request = { SecretId: Name, SecretString: 'b', Description: 'both', Type: 'kind' }
    await box.api.updateSecret({ ...request, ClientRequestToken: id('b') })
    expect(box.commits()).toBe(before + 1)
    expect(await describeIt()).toMatchObject({
      Description: 'both',
      Type: 'kind',
      VersionIdsToStages: { [id('b')]: ['AWSCURRENT'] }
    })
    const trailers = box.git('log', '-1', '--format=%(trailers:key=Version-Stages,valueonly)').trim()
    expect(trailers).toBe('AWSCURRENT')
    box.expectClean()
  })

  it('is the first of a secret that has none', async () => {
    await box.api.createSecret({ Name: `${Name}/none` })
    await box.api.updateSecret({ SecretId: `${Name}/none`, SecretString: 'x', ClientRequestToken: id('x') })
    const { VersionIdsToStages } = await box.api.describeSecret({ SecretId: `${Name}/none` })
    expect(VersionIdsToStages).toEqual({ [id('x')]: ['AWSCURRENT'] })
  })

  it('[USR] is of one kind only', async () => {
    const both = { SecretString: 'x', SecretBinary: Uint8Array.of(1) }
    expect(await failure(box.api.updateSecret({ SecretId: Name, ...both }))).toEqual({
      code: 'InvalidParameterException',
      message: "You can't specify both a binary secret value and a string secret value in the same secret."
    })
  })
})

describe('LastChangedDate', () => {
  it('[REC] strictly increases with every change, even if the same value is written under a new token', async () => {
    const dates = [await changed()]
    for (const change of [
      { Description: '1' },
      { SecretString: 'a' },
      { SecretString: 'a' },
      { Type: 't' }
    ]) {
      await box.api.updateSecret({ SecretId: Name, ...change })
      dates.push(await changed())
    }
    // the clock of this test stands still
    expect(new Set(dates).size).toBe(5)
    expect(dates).toEqual([...dates].sort((a, b) => a - b))
  })
})

describe('the token', () => {
  it('[REC] is required of a raw request, before the secret is looked up', async () => {
    const vault = await box.internal()
    for (const request of [{ SecretId: 'no/such' }, { SecretId: Name, Description: 'x' }]) {
      expect(await failure(call(vault, 'UpdateSecret', request))).toEqual({
        code: 'InvalidRequestException',
        message: 'You must provide a ClientRequestToken value. We recommend a UUID-type value.'
      })
    }
  })

  it('[VER] the same with the same value: succeeds with the VersionId', async () => {
    const request = { SecretId: Name, SecretString: 'b', ClientRequestToken: id('b') }
    const first = await box.api.updateSecret(request)
    const before = box.state()
    expect(await box.api.updateSecret(request)).toEqual(first)
    expect(box.state()).toBe(before)
  })

  it('[VER] the same with another value: ResourceExistsException', async () => {
    for (const value of [{ SecretString: 'other' }, { SecretBinary: Uint8Array.of(97) }]) {
      const request = { SecretId: Name, Description: 'not this', ClientRequestToken: id('a'), ...value }
      expect(await failure(box.api.updateSecret(request))).toEqual({
        code: 'ResourceExistsException',
        message: `You can't use ClientRequestToken ${id('a')} because that value is already in use for a version of secret ${ARN}.`
      })
    }
    expect((await describeIt()).Description).toBe('before')
  })

  it('a repeated request changes nothing, even if the description has changed since', async () => {
    const request = { SecretId: Name, SecretString: 'b', Description: 'one', ClientRequestToken: id('b') }
    await box.api.updateSecret(request)
    await box.api.updateSecret({ SecretId: Name, Description: 'two' })
    expect(await box.api.updateSecret(request)).toMatchObject({ VersionId: id('b') })
    expect((await describeIt()).Description).toBe('two')
  })
})

describe('a request that is refused', () => {
  it('[REC] for an unknown secret, or an invalid name', async () => {
    expect(await failure(box.api.updateSecret({ SecretId: 'no/such', Description: 'x' }))).toEqual({
      code: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret."
    })
    expect((await failure(box.api.updateSecret({ SecretId: 'not a name' }))).code).toBe('ValidationException')
  })

  it('[USR] for a secret scheduled for deletion', async () => {
    await makeScheduled(box, `${Name}/gone`)
    expect(await failure(box.api.updateSecret({ SecretId: `${Name}/gone`, Description: 'x' }))).toEqual({
      code: 'InvalidRequestException',
      message: "You can't perform this operation on the secret because it was marked for deletion."
    })
  })

  it('[USR] for a replica', async () => {
    await box.api.replicateSecretToRegions({ SecretId: Name, AddReplicaRegions: [{ Region: 'eu-west-1' }] })
    const eu = await openVault({ ...box.options, region: 'eu-west-1' })
    for (const change of [{ Description: 'x' }, { SecretString: 'x' }, {}]) {
      expect(await failure(eu.updateSecret({ SecretId: Name, ...change }))).toEqual({
        code: 'InvalidParameterException',
        message: "Operation not permitted on a replica secret. Call must be made in primary secret's region."
      })
    }
  })
})

describe('KmsKeyId', () => {
  it('changes nothing if the versions are already under that key', async () => {
    const before = box.state()
    for (const KmsKeyId of ['alias/aws/secretsmanager', 'default', 'alias/default', '']) {
      expect(await box.api.updateSecret({ SecretId: Name, KmsKeyId })).toEqual({ ARN, Name })
    }
    expect(box.state()).toBe(before)
  })

  it('is refused if that key does not exist', async () => {
    const before = box.state()
    const request = { SecretId: Name, KmsKeyId: 'alias/other', SecretString: 'x', Description: 'x' }
    expect(await failure(box.api.updateSecret(request))).toEqual({
      code: 'InvalidParameterException',
      message: 'There is no key alias/other in this vault.'
    })
    expect(box.state()).toBe(before)
  })

  it('[DOC] re-encrypts AWSCURRENT, AWSPENDING and AWSPREVIOUS if the key has a new generation', async () => {
    const own = await makeVault()
    const put = (letter: string, VersionStages?: string[]) =>
      own.api.putSecretValue({
        SecretId: 'k',
        SecretString: letter,
        ClientRequestToken: token(letter),
        VersionStages
      })
    await own.api.createSecret({ Name: 'k', SecretString: 'a', ClientRequestToken: token('a') })
    await put('b')
    await put('c', ['AWSPENDING'])
    await put('d', ['mine'])
    await put('e')
    await own.api.createSecret({ Name: 'other', SecretString: 'x', ClientRequestToken: token('x') })
    const file = (letter: string, name = 'k') =>
      own.read(`vault/secrets/${name}/versions/${token(letter)}.yaml`)
    const all = ['a', 'b', 'c', 'd', 'e']
    const before = new Map(all.map(letter => [letter, file(letter)]))
    const other = file('x', 'other')
    const described = await own.api.describeSecret({ SecretId: 'k' })
    const listed = await own.api.listSecretVersionIds({ SecretId: 'k', IncludeDeprecated: true })

    await addGeneration(own, '2')
    const commits = own.commits()
    expect(await own.api.updateSecret({ SecretId: 'k', KmsKeyId: 'alias/default' })).toMatchObject({
      Name: 'k'
    })
    expect(own.commits()).toBe(commits + 1)
    // b is AWSPREVIOUS, c AWSPENDING, e AWSCURRENT; a has no label, d one of its own
    expect(all.filter(letter => file(letter) !== before.get(letter))).toEqual(['b', 'c', 'e'])
    expect(file('x', 'other')).toBe(other)
    own.expectClean()

    const recipient = (text: string) => /^recipient: (\S+)$/m.exec(text)?.[1]
    const origin = (text: string) => /^origin:.*(?:\n {2}.*)*/m.exec(text)?.[0]
    for (const letter of ['b', 'c', 'e']) {
      expect(recipient(file(letter))).not.toBe(recipient(before.get(letter)!))
      expect(origin(before.get(letter)!)).toContain(recipient(before.get(letter)!))
      expect(origin(file(letter))).toBe(origin(before.get(letter)!))
    }
    const after = await own.api.describeSecret({ SecretId: 'k' })
    expect(after.VersionIdsToStages).toEqual(described.VersionIdsToStages)
    expect(after.LastChangedDate!.getTime()).toBeGreaterThan(described.LastChangedDate!.getTime())
    expect(await own.api.listSecretVersionIds({ SecretId: 'k', IncludeDeprecated: true })).toEqual(listed)
    for (const letter of all) {
      const { SecretString } = await own.api.getSecretValue({ SecretId: 'k', VersionId: token(letter) })
      expect(SecretString).toBe(letter)
    }

    // re-encrypted only once; an earlier token is still recognized by its value
    const state = own.state()
    await own.api.updateSecret({ SecretId: 'k', KmsKeyId: 'alias/default' })
    expect(await put('e')).toMatchObject({ VersionStages: ['AWSCURRENT'] })
    expect(
      (
        await failure(
          own.api.putSecretValue({ SecretId: 'k', SecretString: 'z', ClientRequestToken: token('e') })
        )
      ).code
    ).toBe('ResourceExistsException')
    expect(own.state()).toBe(state)
  })

  it('[DOC] together with a value: the version that becomes AWSPREVIOUS is re-encrypted in the same commit', async () => {
    const own = await makeVault()
    await own.api.createSecret({ Name: 'k', SecretString: 'a', ClientRequestToken: token('a') })
    await own.api.putSecretValue({ SecretId: 'k', SecretString: 'b', ClientRequestToken: token('b') })
    await addGeneration(own, '2')
    const commits = own.commits()
    const recipients = () =>
      own.versionFiles('k').map(path => /^recipient: (\S+)$/m.exec(own.read(path))?.[1])
    const [old] = recipients()
    await own.api.updateSecret({
      SecretId: 'k',
      KmsKeyId: 'default',
      SecretString: 'c',
      ClientRequestToken: token('c')
    })
    expect(own.commits()).toBe(commits + 1)
    const [a, b, c] = recipients()
    expect(a).toBe(old)
    expect(b).toBe(c)
    expect(b).not.toBe(old)
    expect((await own.api.getSecretValue({ SecretId: 'k', VersionStage: 'AWSPREVIOUS' })).SecretString).toBe(
      'b'
    )
    own.expectClean()
  })
})

describe('rights', () => {
  it('a value needs encrypt, everything else manage', async () => {
    const own = await makeVault()
    const Tags = [{ Key: 'there', Value: 'x' }]
    for (const Name of ['one', 'two', 'three']) await own.api.createSecret({ Name, Tags })
    await own.api.deleteSecret({ SecretId: 'three' })
    const file = `${scratch('bob')}/identity.yaml`
    const bob = await newIdentity({ path: file })
    await extendLog(own, [
      { change: 'member', name: 'bob', public: bob.publicKey, role: 'member' },
      { change: 'grant', member: 'bob', key: 'default', rights: ['encrypt'] }
    ])
    process.env['GIT_VAULT_IDENTITY_FILE'] = file
    try {
      const api = await openVault(own.options)
      const refused = { code: 'AccessDeniedException' }
      expect(await api.updateSecret({ SecretId: 'one', SecretString: 'x' })).toMatchObject({ Name: 'one' })
      const before = own.state()
      for (const change of [{ Description: 'x' }, { Type: 'x' }, { SecretString: 'y', Description: 'x' }])
        expect(await failure(api.updateSecret({ SecretId: 'two', ...change }))).toMatchObject(refused)
      expect(await failure(api.deleteSecret({ SecretId: 'two' }))).toMatchObject(refused)
      expect(
        await failure(api.deleteSecret({ SecretId: 'two', ForceDeleteWithoutRecovery: true }))
      ).toMatchObject(refused)
      expect(
        await failure(api.tagResource({ SecretId: 'two', Tags: [{ Key: 'k', Value: 'v' }] }))
      ).toMatchObject(refused)
      expect(await failure(api.untagResource({ SecretId: 'two', TagKeys: ['there'] }))).toMatchObject(refused)
      expect(await failure(api.restoreSecret({ SecretId: 'three' }))).toMatchObject(refused)
      expect(await failure(api.rotateSecret({ SecretId: 'two' }))).toMatchObject(refused)
      expect(await failure(api.cancelRotateSecret({ SecretId: 'two' }))).toMatchObject(refused)
      expect(own.state()).toBe(before)
    } finally {
      delete process.env['GIT_VAULT_IDENTITY_FILE']
    }
  })
})
