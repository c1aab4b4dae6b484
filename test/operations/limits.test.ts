import { beforeAll, describe, expect, it } from 'vitest'
import { VaultError } from '../../src/index.js'
import { failure, makeVault, token, type TestVault } from '../vault/fixture.js'

let box: TestVault
const SecretId = 'limits'
beforeAll(async () => {
  box = await makeVault()
  await box.api.createSecret({ Name: SecretId, SecretString: 'x', ClientRequestToken: token('limits') })
})

const one = (what: string) => ({
  code: 'ValidationException',
  message: `1 validation error detected: ${what}`
})
const length = (bound: 'less' | 'greater', size: number) =>
  `failed to satisfy constraint: Member must have length ${bound} than or equal to ${size}`

describe('a value', () => {
  it('[USR] of more than 65,536 bytes is refused, and is not in the message', async () => {
    const SecretString = 'S'.repeat(65_537)
    const error = await failure(box.api.putSecretValue({ SecretId, SecretString }))
    expect(error).toEqual(one(`Value at 'secretString' ${length('less', 65_536)}`))
    const SecretBinary = new Uint8Array(65_537)
    expect(await failure(box.api.putSecretValue({ SecretId, SecretBinary }))).toEqual(
      one(`Value at 'secretBinary' ${length('less', 65_536)}`)
    )
  })

  it('[DOC] is counted in bytes', async () => {
    expect(await failure(box.api.putSecretValue({ SecretId, SecretString: 'é'.repeat(32_769) }))).toEqual(
      one(`Value at 'secretString' ${length('less', 65_536)}`)
    )
  })

  it('[MODEL] may have 65,536 bytes, and 1', async () => {
    for (const value of [
      { SecretString: 'é'.repeat(32_768) },
      { SecretBinary: new Uint8Array(65_536).fill(0x80) },
      { SecretString: '\0' },
      { SecretBinary: Uint8Array.of(0x80) }
    ]) {
      await box.api.putSecretValue({ SecretId, ...value })
      const read = await box.api.getSecretValue({ SecretId })
      expect(read.SecretString).toBe(value.SecretString)
      expect(read.SecretBinary && [...read.SecretBinary]).toEqual(
        value.SecretBinary && [...value.SecretBinary]
      )
    }
  })

  it('[MODEL] is not empty', async () => {
    for (const [value, at] of [
      [{ SecretString: '' }, 'secretString'],
      [{ SecretBinary: new Uint8Array() }, 'secretBinary']
    ] as const) {
      const expected = one(`Value at '${at}' ${length('greater', 1)}`)
      expect(await failure(box.api.putSecretValue({ SecretId, ...value }))).toEqual(expected)
      expect(await failure(box.api.createSecret({ Name: 'empty', ...value }))).toEqual(expected)
    }
  })

  it('[MODEL] is well-formed Unicode', async () => {
    const error = await failure(box.api.putSecretValue({ SecretId, SecretString: 'secret\ud800' }))
    expect(error.code).toBe('ValidationException')
    expect(error.message).not.toContain('secret\ud800')
  })
})

describe('a request', () => {
  it('[MODEL] ClientRequestToken and VersionId have 32 to 64 characters', async () => {
    for (const [ClientRequestToken, bound] of [
      ['x'.repeat(31), length('greater', 32)],
      ['x'.repeat(65), length('less', 64)]
    ] as const) {
      const expected = one(`Value '${ClientRequestToken}' at 'clientRequestToken' ${bound}`)
      expect(
        await failure(box.api.putSecretValue({ SecretId, SecretString: 'x', ClientRequestToken }))
      ).toEqual(expected)
      expect(
        await failure(box.api.createSecret({ Name: 'n', SecretString: 'x', ClientRequestToken }))
      ).toEqual(expected)
      expect(await failure(box.api.getSecretValue({ SecretId, VersionId: ClientRequestToken }))).toEqual(
        one(`Value '${ClientRequestToken}' at 'versionId' ${bound}`)
      )
    }
  })

  it('[MODEL] Name has 1 to 512 characters, Description at most 2,048', async () => {
    const long = 'n'.repeat(513)
    expect(await failure(box.api.createSecret({ Name: long }))).toEqual(
      one(`Value '${long}' at 'name' ${length('less', 512)}`)
    )
    expect(await failure(box.api.createSecret({ Name: '' }))).toEqual(
      one(`Value '' at 'name' ${length('greater', 1)}`)
    )
    const Description = 'é'.repeat(2048)
    await box.api.createSecret({ Name: 'described', Description })
    expect((await box.api.describeSecret({ SecretId: 'described' })).Description).toBe(Description)
    expect((await failure(box.api.createSecret({ Name: 'd', Description: `${Description}x` }))).code).toBe(
      'ValidationException'
    )
  })

  it('[MODEL] has 1 to 20 VersionStages, each of 1 to 256 characters', async () => {
    const many = Array.from({ length: 21 }, (_, index) => `l${index}`)
    for (const VersionStages of [[], many, [''], ['x'.repeat(257)], ['x', null as unknown as string]]) {
      const request = { SecretId, SecretString: 'x', VersionStages }
      expect((await failure(box.api.putSecretValue(request))).code).toBe('ValidationException')
    }
    const request = { SecretId, VersionStage: 'x'.repeat(257), MoveToVersionId: token('limits') }
    expect((await failure(box.api.updateSecretVersionStage(request))).code).toBe('ValidationException')
  })

  it('[MODEL] lists everything that is wrong with it at once', async () => {
    const request = { SecretId, SecretString: '', ClientRequestToken: 'short', VersionStages: [''] }
    const { message } = await failure(box.api.putSecretValue(request))
    expect(message).toMatch(/^3 validation errors detected: /)
  })

  it('[MODEL] is refused if a member has another type', async () => {
    for (const SecretString of [1, true, {}, ['x'], Buffer.from('x')] as unknown as string[]) {
      expect((await failure(box.api.putSecretValue({ SecretId, SecretString }))).code).toBe(
        'ValidationException'
      )
    }
  })
})

describe('20 labels across all versions of one secret', () => {
  const labels = Array.from({ length: 20 }, (_, index) => `label-${index}`)
  const expected = {
    code: 'LimitExceededException',
    message: expect.stringContaining('20 staging labels') as string
  }

  it('[DOC] are allowed, AWSCURRENT and AWSPREVIOUS included', async () => {
    await box.api.createSecret({ Name: 'full', SecretString: 'a', ClientRequestToken: token('full-a') })
    await box.api.putSecretValue({ SecretId: 'full', SecretString: 'b', ClientRequestToken: token('full-b') })
    await box.api.putSecretValue({
      SecretId: 'full',
      SecretString: 'c',
      ClientRequestToken: token('full-c'),
      VersionStages: labels.slice(0, 18)
    })
    const { VersionIdsToStages } = await box.api.describeSecret({ SecretId: 'full' })
    expect(Object.values(VersionIdsToStages!).flat()).toHaveLength(20)
  })

  it('[DOC] one more by PutSecretValue or UpdateSecretVersionStage: LimitExceededException, nothing changed', async () => {
    const state = box.state()
    const put = { SecretId: 'full', SecretString: 'd', VersionStages: ['label-18'] }
    expect(await failure(box.api.putSecretValue(put))).toEqual(expected)
    const move = { SecretId: 'full', VersionStage: 'label-18', MoveToVersionId: token('full-a') }
    expect(await failure(box.api.updateSecretVersionStage(move))).toEqual(expected)
    expect(box.state()).toBe(state)
  })

  it('[DOC] a label that only moves does not count, nor does a put of the default label', async () => {
    await box.api.putSecretValue({ SecretId: 'full', SecretString: 'd', VersionStages: ['label-3'] })
    await box.api.putSecretValue({ SecretId: 'full', SecretString: 'e' })
    const { VersionIdsToStages } = await box.api.describeSecret({ SecretId: 'full' })
    expect(Object.values(VersionIdsToStages!).flat()).toHaveLength(20)
  })

  it('[DOC] removing one makes room for another', async () => {
    await box.api.updateSecretVersionStage({
      SecretId: 'full',
      VersionStage: 'label-0',
      RemoveFromVersionId: token('full-c')
    })
    const move = { SecretId: 'full', VersionStage: 'new', MoveToVersionId: token('full-c') }
    await box.api.updateSecretVersionStage(move)
  })

  it('[DOC] all 20 in one request', async () => {
    await box.api.createSecret({ Name: 'twenty', SecretString: 'a' })
    const put = { SecretId: 'twenty', SecretString: 'b', VersionStages: labels }
    // AWSCURRENT stays on its version: 21 in all
    expect(await failure(box.api.putSecretValue(put))).toEqual(expected)
    await box.api.createSecret({ Name: 'twenty-free' })
    const first = { ...put, SecretId: 'twenty-free', VersionStages: ['AWSCURRENT', ...labels.slice(1)] }
    expect((await box.api.putSecretValue(first)).VersionStages).toHaveLength(20)
  })
})

it('[DOC] 50 tags at most', async () => {
  const Tags = Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: 'é'.repeat(256) }))
  expect((await failure(box.api.createSecret({ Name: 'tagged', Tags }))).code).toBe('LimitExceededException')
  await box.api.createSecret({ Name: 'tagged', Tags: Tags.slice(0, 50) })
  expect((await box.api.describeSecret({ SecretId: 'tagged' })).Tags).toHaveLength(50)
})

it('refused requests left nothing behind', () => {
  box.expectClean()
})

it('[MODEL] an error is a VaultError whose name is its code, as in the AWS SDK', async () => {
  const error: unknown = await box.api.getSecretValue({ SecretId: 'nowhere' }).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(VaultError)
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ name: 'ResourceNotFoundException', isService: true })
})
