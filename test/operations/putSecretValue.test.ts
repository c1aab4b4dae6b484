import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../src/operations/call.js'
import { failure, keys, makeScheduled, makeVault, token, type TestVault } from '../vault/fixture.js'

let box: TestVault
beforeAll(async () => {
  box = await makeVault()
})

let made = 0
/** A new secret whose versions are called a, b, c… in the order of their puts. */
async function secret(...puts: (string[] | undefined)[]) {
  const number = ++made
  const Name = `p/${number}`
  const id = (letter: string) => token(`${letter}-${number}`)
  await box.api.createSecret({ Name, SecretString: 'a', ClientRequestToken: id('a') })
  for (const [index, VersionStages] of puts.entries())
    await put(Name, id, 'bcdefgh'.charAt(index), VersionStages)
  return { Name, id, put: (letter: string, stages?: string[]) => put(Name, id, letter, stages) }
}

function put(SecretId: string, id: (letter: string) => string, letter: string, VersionStages?: string[]) {
  return box.api.putSecretValue({
    SecretId,
    SecretString: letter,
    ClientRequestToken: id(letter),
    ...(VersionStages && { VersionStages })
  })
}

async function stages(SecretId: string) {
  const { VersionIdsToStages } = await box.api.describeSecret({ SecretId })
  return Object.fromEntries(
    Object.entries(VersionIdsToStages ?? {}).map(([id, labels]) => [id.charAt(0), labels])
  )
}

describe('the response', () => {
  it('[MODEL] is ARN, Name, VersionId and VersionStages, in that order', async () => {
    const { Name, id, put } = await secret()
    const response = await put('b')
    expect(response).toEqual({
      ARN: expect.stringContaining(`:secret:${Name}-`),
      Name,
      VersionId: id('b'),
      VersionStages: ['AWSCURRENT']
    })
    expect(keys(response)).toEqual(['ARN', 'Name', 'VersionId', 'VersionStages'])
  })

  it('[MODEL] has the secret’s name and ARN, however the request names it', async () => {
    const { Name, put } = await secret()
    const { ARN } = await put('b')
    for (const SecretId of [ARN!, ARN!.slice(0, -7)]) {
      expect(await box.api.putSecretValue({ SecretId, SecretString: 'x' })).toMatchObject({ ARN, Name })
    }
  })
})

describe('labels', () => {
  it('[REC] none in the request: AWSCURRENT moves here, AWSPREVIOUS to the version that had it', async () => {
    const { Name, put } = await secret()
    await put('b')
    expect(await stages(Name)).toEqual({ a: ['AWSPREVIOUS'], b: ['AWSCURRENT'] })
    await put('c')
    expect(await stages(Name)).toEqual({ b: ['AWSPREVIOUS'], c: ['AWSCURRENT'] })
  })

  it('[REC] those in the request move here, others stay', async () => {
    const { Name, put } = await secret(['blue', 'green'])
    await put('c', ['blue'])
    expect(await stages(Name)).toEqual({ a: ['AWSCURRENT'], b: ['green'], c: ['blue'] })
    await put('d')
    expect(await stages(Name)).toEqual({
      a: ['AWSPREVIOUS'],
      b: ['green'],
      c: ['blue'],
      d: ['AWSCURRENT']
    })
  })

  it('[REC] AWSCURRENT among others', async () => {
    const { Name, put } = await secret()
    expect((await put('b', ['blue', 'AWSCURRENT'])).VersionStages).toEqual(['AWSCURRENT', 'blue'])
    expect(await stages(Name)).toEqual({ a: ['AWSPREVIOUS'], b: ['AWSCURRENT', 'blue'] })
  })

  it('[REC] AWSPREVIOUS is removed from any other version when AWSCURRENT moves', async () => {
    const { Name, put } = await secret(undefined, ['AWSPREVIOUS'])
    expect(await stages(Name)).toEqual({ b: ['AWSCURRENT'], c: ['AWSPREVIOUS'] })
    await put('d')
    expect(await stages(Name)).toEqual({ b: ['AWSPREVIOUS'], d: ['AWSCURRENT'] })
  })

  it('[REC] AWSPENDING is removed if the old current version had both AWSCURRENT and AWSPENDING', async () => {
    const { Name, put } = await secret(['AWSCURRENT', 'AWSPENDING'])
    await put('c')
    expect(await stages(Name)).toEqual({ b: ['AWSPREVIOUS'], c: ['AWSCURRENT'] })
  })

  it('[REC] AWSPENDING stays on a version that is not current', async () => {
    const { Name, put } = await secret(['AWSPENDING'])
    await put('c')
    expect(await stages(Name)).toEqual({ a: ['AWSPREVIOUS'], b: ['AWSPENDING'], c: ['AWSCURRENT'] })
  })

  it('[REC] the old current version keeps custom labels', async () => {
    const { Name, put } = await secret(['AWSCURRENT', 'blue'])
    await put('c')
    expect(await stages(Name)).toEqual({ b: ['AWSPREVIOUS', 'blue'], c: ['AWSCURRENT'] })
  })

  it('[REC] custom labels may begin with AWS', async () => {
    const { Name } = await secret(['AWSMINE', 'AWS', 'awscurrent'])
    expect(await stages(Name)).toEqual({ a: ['AWSCURRENT'], b: ['AWS', 'AWSMINE', 'awscurrent'] })
  })

  it('[DOC] a version that loses its last label is deprecated: hidden, but readable by id', async () => {
    const { Name, id } = await secret(['blue'], ['blue'])
    expect(await stages(Name)).toEqual({ a: ['AWSCURRENT'], c: ['blue'] })
    const old = await box.api.getSecretValue({ SecretId: Name, VersionId: id('b') })
    expect(old.SecretString).toBe('b')
    expect('VersionStages' in old).toBe(false)
  })

  it('[DOC] the first version of a secret gets AWSCURRENT even if the request has only other labels', async () => {
    const ClientRequestToken = token('first')
    await box.api.createSecret({ Name: 'p/first' })
    const { VersionStages } = await box.api.putSecretValue({
      SecretId: 'p/first',
      SecretString: 'x',
      ClientRequestToken,
      VersionStages: ['blue']
    })
    expect(VersionStages).toEqual(['AWSCURRENT', 'blue'])
  })

  it('[DOC] a repeated label in a request is one label', async () => {
    const { Name, put } = await secret()
    await put('b', ['blue', 'blue'])
    expect(await stages(Name)).toEqual({ a: ['AWSCURRENT'], b: ['blue'] })
  })
})

describe('ClientRequestToken', () => {
  it('[VER] same token, same value: the same VersionId and its current labels; no commit', async () => {
    const { Name, id, put } = await secret(undefined, undefined)
    const state = box.state()
    const again = await put('b')
    expect(again).toMatchObject({ Name, VersionId: id('b'), VersionStages: ['AWSPREVIOUS'] })
    expect((await put('c')).VersionStages).toEqual(['AWSCURRENT'])
    expect(box.state()).toBe(state)
  })

  it('[VER] a repeated request moves no labels', async () => {
    const { Name, put } = await secret(['blue'])
    const state = box.state()
    expect((await put('b', ['AWSCURRENT'])).VersionStages).toEqual(['blue'])
    expect(await stages(Name)).toEqual({ a: ['AWSCURRENT'], b: ['blue'] })
    expect(box.state()).toBe(state)
  })

  it('[VER] a repeated request for a version that lost its labels returns none', async () => {
    const { put } = await secret(undefined, undefined)
    const again = await put('a')
    expect(keys(again)).toEqual(['ARN', 'Name', 'VersionId'])
  })

  it.each([
    ['text', { SecretString: 'B' }],
    ['longer text', { SecretString: 'bb' }],
    ['bytes of the same text', { SecretBinary: new TextEncoder().encode('b') }]
  ])('[VER] same token, other value (%s): ResourceExistsException, nothing changed', async (_, value) => {
    const { Name: SecretId, id, put } = await secret()
    const { ARN } = await put('b')
    const state = box.state()
    const ClientRequestToken = id('b')
    expect(await failure(box.api.putSecretValue({ SecretId, ClientRequestToken, ...value }))).toEqual({
      code: 'ResourceExistsException',
      message: `You can't use ClientRequestToken ${ClientRequestToken} because that value is already in use for a version of secret ${ARN}.`
    })
    expect(box.state()).toBe(state)
  })

  it('[VER] the same token can be used for another secret', async () => {
    const { id } = await secret()
    const other = await secret()
    const SecretId = other.Name
    await box.api.putSecretValue({ SecretId, SecretString: 'other', ClientRequestToken: id('a') })
    expect((await box.api.getSecretValue({ SecretId })).VersionId).toBe(id('a'))
  })

  it('[REC] without one, from a raw caller: refused before the secret is looked up', async () => {
    const vault = await box.internal()
    const request = { SecretId: 'p/nowhere', SecretString: 'x' }
    expect(await failure(call(vault, 'PutSecretValue', request))).toEqual({
      code: 'InvalidRequestException',
      message: 'You must provide a ClientRequestToken value. We recommend a UUID-type value.'
    })
  })

  it('[MODEL] may be anything of 32 to 64 characters', async () => {
    const { Name: SecretId } = await secret()
    for (const [index, ClientRequestToken] of [
      'x'.repeat(32),
      'X'.repeat(64),
      ' '.repeat(40),
      '../'.repeat(12),
      'line\nClient-Request-Token: forged\n\n\0\t'
    ].entries()) {
      await box.api.putSecretValue({ SecretId, SecretString: `v${index}`, ClientRequestToken })
      const read = await box.api.getSecretValue({ SecretId, VersionId: ClientRequestToken })
      expect(read.SecretString).toBe(`v${index}`)
    }
    expect(await box.api.listSecretVersionIds({ SecretId, IncludeDeprecated: true })).toMatchObject({
      Versions: { length: 6 }
    })
  })
})

describe('a request that is refused', () => {
  it('[EMU] with neither kind of value', async () => {
    expect(await failure(box.api.putSecretValue({ SecretId: 'p/1' }))).toEqual({
      code: 'InvalidRequestException',
      message: 'You must provide either SecretString or SecretBinary.'
    })
  })

  it('[USR] with both kinds of value', async () => {
    const SecretBinary = Uint8Array.of(1)
    expect(
      await failure(box.api.putSecretValue({ SecretId: 'p/1', SecretString: 'x', SecretBinary }))
    ).toEqual({
      code: 'InvalidParameterException',
      message: "You can't specify both a binary secret value and a string secret value in the same secret."
    })
  })

  it('[REC] for a secret that does not exist', async () => {
    expect(await failure(box.api.putSecretValue({ SecretId: 'p/nowhere', SecretString: 'x' }))).toEqual({
      code: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret."
    })
  })

  it('[USR] for a secret that is marked for deletion', async () => {
    await makeScheduled(box, 'p/scheduled')
    expect(await failure(box.api.putSecretValue({ SecretId: 'p/scheduled', SecretString: 'x' }))).toEqual({
      code: 'InvalidRequestException',
      message: "You can't perform this operation on the secret because it was marked for deletion."
    })
  })
})

describe('dates', () => {
  it('[REC] LastChangedDate strictly increases, even if the clock stands still and the value is the same', async () => {
    const { Name: SecretId } = await secret()
    const changed = async () => (await box.api.describeSecret({ SecretId })).LastChangedDate!.getTime()
    let last = await changed()
    for (let count = 0; count < 4; count++) {
      await box.api.putSecretValue({ SecretId, SecretString: 'the same' })
      const next = await changed()
      expect(next).toBeGreaterThan(last)
      last = next
    }
  })

  it('[REC] LastChangedDate increases even if the clock goes back', async () => {
    const { Name: SecretId } = await secret()
    const { LastChangedDate } = await box.api.describeSecret({ SecretId })
    box.clock.advance(-3_600_000)
    await box.api.putSecretValue({ SecretId, SecretString: 'earlier' })
    const described = await box.api.describeSecret({ SecretId })
    expect(described.LastChangedDate!.getTime()).toBeGreaterThan(LastChangedDate!.getTime())
    expect(await stages(SecretId)).toMatchObject({ a: ['AWSPREVIOUS'] })
    box.clock.advance(3_600_000)
  })

  it('[REC] a repeated request changes no date', async () => {
    const { Name: SecretId, put } = await secret(undefined)
    const before = await box.api.describeSecret({ SecretId })
    box.clock.advance(60_000)
    await put('b')
    expect(await box.api.describeSecret({ SecretId })).toEqual(before)
  })
})
