import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../src/operations/call.js'
import { DAY, failure, keys, makeScheduled, makeVault, token, type TestVault } from '../vault/fixture.js'

let box: TestVault
let names: string[]
let created: number

beforeAll(async () => {
  box = await makeVault()
  created = box.clock.time
  // Neither by name nor in the order of a folder's entries.
  names = ['z', 'a/b', 'm', 'a', 'Z', 'a/b/c', 'k']
  for (const Name of names) {
    await box.api.createSecret({ Name, SecretString: 'x', ClientRequestToken: token(Name) })
    box.clock.advance(1000)
  }
})

const listed = async (request = {}) =>
  (await box.api.listSecrets(request)).SecretList?.map(({ Name }) => Name)

/** Every page, until there is no NextToken. */
async function pages(request: { MaxResults: number }): Promise<string[][]> {
  const all: string[][] = []
  for (let NextToken: string | undefined; ;) {
    const page = await box.api.listSecrets({ ...request, ...(NextToken && { NextToken }) })
    all.push(page.SecretList!.map(({ Name }) => Name!))
    NextToken = page.NextToken
    if (NextToken === undefined) return all
  }
}

describe('the list', () => {
  it('[VER] is by creation, oldest first', async () => {
    expect(await listed()).toEqual(names)
  })

  it('[VER] stays so when an old secret gets a new value', async () => {
    await box.api.putSecretValue({ SecretId: 'a', SecretString: 'y', ClientRequestToken: token('a2') })
    expect(await listed()).toEqual(names)
  })

  it('[VER] and when the clock stands still: nothing is left out', async () => {
    const still = await makeVault('still')
    for (const Name of ['c', 'b', 'a']) await still.api.createSecret({ Name, SecretString: 'x' })
    const { SecretList } = await still.api.listSecrets({ MaxResults: 100 })
    expect(SecretList!.map(({ Name }) => Name).sort()).toEqual(['a', 'b', 'c'])
  })

  it('[REC] an entry has what DescribeSecret says, with SecretVersionsToStages; unlabelled versions are left out', async () => {
    await box.api.putSecretValue({ SecretId: 'a', SecretString: 'z', ClientRequestToken: token('a3') })
    const entry = (await box.api.listSecrets()).SecretList!.find(({ Name }) => Name === 'a')!
    const { VersionIdsToStages, ...described } = await box.api.describeSecret({ SecretId: 'a' })
    expect(entry).toEqual({ ...described, SecretVersionsToStages: VersionIdsToStages })
    expect(VersionIdsToStages).toEqual({ [token('a2')]: ['AWSPREVIOUS'], [token('a3')]: ['AWSCURRENT'] })
    expect(keys(entry)).toEqual(['ARN', 'Name', 'LastChangedDate', 'SecretVersionsToStages', 'CreatedDate'])
    expect(entry.CreatedDate).toEqual(new Date(created + 3000))
  })

  it('[REC] shows LastAccessedDate once there is one', async () => {
    await box.api.getSecretValue({ SecretId: 'k' })
    const { SecretList } = await box.api.listSecrets()
    expect(SecretList!.filter(entry => 'LastAccessedDate' in entry).map(({ Name }) => Name)).toEqual(['k'])
  })

  it('[REC] a vault without secrets answers with an empty list alone', async () => {
    const empty = await makeVault('empty')
    expect(await empty.api.listSecrets()).toEqual({ SecretList: [] })
  })

  it('[MODEL] has scheduled secrets only with IncludePlannedDeletion', async () => {
    await makeScheduled(box, 'gone')
    expect(await listed()).toEqual(names)
    expect(await listed({ IncludePlannedDeletion: false })).toEqual(names)
    expect(await listed({ IncludePlannedDeletion: true })).toEqual([...names, 'gone'])
    const { SecretList } = await box.api.listSecrets({ IncludePlannedDeletion: true })
    expect(SecretList!.at(-1)).toMatchObject({ DeletedDate: new Date(box.clock.time + 30 * DAY) })
  })
})

describe('paging', () => {
  it.each([1, 2, 3, 6, 7, 8])(
    '[REC] by %i: every secret once, no NextToken on the last page',
    async MaxResults => {
      const all = await pages({ MaxResults })
      expect(all.flat()).toEqual(names)
      expect(all.every(page => page.length <= MaxResults)).toBe(true)
      expect(all).toHaveLength(Math.ceil(names.length / MaxResults))
      expect(keys(await box.api.listSecrets({ MaxResults: 7 }))).toEqual(['SecretList'])
      expect(keys(await box.api.listSecrets({ MaxResults: 1 }))).toEqual(['SecretList', 'NextToken'])
    }
  )

  it('[MODEL] a token is one that the model allows, and another process may use it', async () => {
    const { NextToken } = await box.api.listSecrets({ MaxResults: 3 })
    expect(NextToken!.length).toBeLessThanOrEqual(4096)
    await box.reopen()
    expect(await listed({ NextToken })).toEqual(names.slice(3))
  })

  it('neither repeats nor hides a secret when others come and go between two pages', async () => {
    const other = await makeVault('changing')
    for (const Name of ['a', 'b', 'c', 'd']) {
      await other.api.createSecret({ Name, SecretString: 'x' })
      other.clock.advance(1000)
    }
    const first = await other.api.listSecrets({ MaxResults: 2 })
    other.git('rm', '-rq', 'vault/secrets/a')
    other.git('commit', '-qm', 'remove')
    await other.reopen()
    await other.api.createSecret({ Name: '0', SecretString: 'x' })
    const second = await other.api.listSecrets({ MaxResults: 2, NextToken: first.NextToken })
    const third = await other.api.listSecrets({ MaxResults: 2, NextToken: second.NextToken })
    const all = [first, second, third].flatMap(({ SecretList }) => SecretList!.map(({ Name }) => Name))
    expect(all).toEqual(['a', 'b', 'c', 'd', '0'])
  })

  it('[MODEL] a token of another list, or of nobody, is refused', async () => {
    const ids = await box.api.putSecretValue({ SecretId: 'a', SecretString: 'more' })
    const versions = await box.api.listSecretVersionIds({ SecretId: ids.ARN!, MaxResults: 1 })
    for (const NextToken of [versions.NextToken!, 'x', 'AAAA', '!', Buffer.from('[]').toString('base64')]) {
      expect(await failure(box.api.listSecrets({ NextToken }))).toMatchObject({
        code: 'InvalidNextTokenException'
      })
    }
  })

  it('[MODEL] a page has 1 to 100', async () => {
    for (const MaxResults of [0, 101, -1, 1.5]) {
      expect((await failure(box.api.listSecrets({ MaxResults }))).code).toBe('ValidationException')
    }
  })
})

describe('what later versions will do', () => {
  it('is refused, not ignored', async () => {
    const vault = await box.internal()
    for (const request of [
      { Filters: [{ Key: 'name', Values: ['a'] }] },
      { SortBy: 'name' },
      { SortOrder: 'desc' }
    ]) {
      expect((await failure(call(vault, 'ListSecrets', request))).code).toBe('InvalidParameterException')
    }
    expect(await failure(call(vault, 'DeleteSecret', { SecretId: 'a' }))).toEqual({
      code: 'InvalidRequestException',
      message: 'DeleteSecret is not supported by this version of git-vault.'
    })
  })

  it('an empty list of filters filters nothing', async () => {
    expect(await listed({ Filters: [] })).toEqual(names)
  })
})
