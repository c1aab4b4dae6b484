import { beforeAll, describe, expect, it } from 'vitest'
import type { Filter, ListSecretsRequest as Request } from '../../src/index.js'
import { call } from '../../src/operations/call.js'
import { DAY, failure, keys, makeScheduled, makeVault, token, type TestVault } from '../vault/fixture.js'

let box: TestVault
let names: string[]
let created: number

beforeAll(async () => {
  box = await makeVault()
  created = box.clock.time
  // created in an order that is neither by name nor that of a folder's entries
  names = ['z', 'a/b', 'm', 'a', 'Z', 'a/b/c', 'k']
  for (const Name of names) {
    await box.api.createSecret({ Name, SecretString: 'x', ClientRequestToken: token(Name) })
    box.clock.advance(1000)
  }
})

const listed = async (request = {}) =>
  (await box.api.listSecrets(request)).SecretList?.map(({ Name }) => Name)

/** Every page until the last. */
async function pages(request: Request): Promise<string[][]> {
  const all: string[][] = []
  for (let NextToken: string | undefined; ;) {
    const page = await box.api.listSecrets({ ...request, ...(NextToken && { NextToken }) })
    all.push(page.SecretList!.map(({ Name }) => Name!))
    NextToken = page.NextToken
    if (NextToken === undefined) return all
  }
}

describe('the list', () => {
  it('[VER] is in order of creation, oldest first', async () => {
    expect(await listed()).toEqual(names)
  })

  it('[VER] stays in order when an old secret gets a new value', async () => {
    await box.api.putSecretValue({ SecretId: 'a', SecretString: 'y', ClientRequestToken: token('a2') })
    expect(await listed()).toEqual(names)
  })

  it('[VER] is complete and in order if the clock stands still', async () => {
    const still = await makeVault('still')
    for (const Name of ['c', 'b', 'a']) await still.api.createSecret({ Name, SecretString: 'x' })
    const { SecretList } = await still.api.listSecrets({ MaxResults: 100 })
    expect(SecretList!.map(({ Name }) => Name).sort()).toEqual(['a', 'b', 'c'])
  })

  it('[REC] an entry is what DescribeSecret returns, with SecretVersionsToStages and without unlabelled versions', async () => {
    await box.api.putSecretValue({ SecretId: 'a', SecretString: 'z', ClientRequestToken: token('a3') })
    const entry = (await box.api.listSecrets()).SecretList!.find(({ Name }) => Name === 'a')!
    const { VersionIdsToStages, ...described } = await box.api.describeSecret({ SecretId: 'a' })
    expect(entry).toEqual({ ...described, SecretVersionsToStages: VersionIdsToStages })
    expect(VersionIdsToStages).toEqual({ [token('a2')]: ['AWSPREVIOUS'], [token('a3')]: ['AWSCURRENT'] })
    expect(keys(entry)).toEqual(['ARN', 'Name', 'LastChangedDate', 'SecretVersionsToStages', 'CreatedDate'])
    expect(entry.CreatedDate).toEqual(new Date(created + 3000))
  })

  it('[REC] has LastAccessedDate after the first read', async () => {
    await box.api.getSecretValue({ SecretId: 'k' })
    const { SecretList } = await box.api.listSecrets()
    expect(SecretList!.filter(entry => 'LastAccessedDate' in entry).map(({ Name }) => Name)).toEqual(['k'])
  })

  it('[REC] is only an empty list in a vault without secrets', async () => {
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

  it('[MODEL] a token fits the model, and another process may use it', async () => {
    const { NextToken } = await box.api.listSecrets({ MaxResults: 3 })
    expect(NextToken!.length).toBeLessThanOrEqual(4096)
    await box.reopen()
    expect(await listed({ NextToken })).toEqual(names.slice(3))
  })

  it('neither repeats nor hides a secret when others are added and removed between two pages', async () => {
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

  it('[MODEL] a token of another list, or an invented one, is refused', async () => {
    const ids = await box.api.putSecretValue({ SecretId: 'a', SecretString: 'more' })
    const versions = await box.api.listSecretVersionIds({ SecretId: ids.ARN!, MaxResults: 1 })
    for (const NextToken of [versions.NextToken!, 'x', 'AAAA', '!', Buffer.from('[]').toString('base64')]) {
      expect(await failure(box.api.listSecrets({ NextToken }))).toMatchObject({
        code: 'InvalidNextTokenException'
      })
    }
  })

  it('[MODEL] a page has 1 to 100 entries', async () => {
    for (const MaxResults of [0, 101, -1, 1.5]) {
      expect((await failure(box.api.listSecrets({ MaxResults }))).code).toBe('ValidationException')
    }
  })
})

describe('the order', () => {
  const all: Request = { SortOrder: 'desc' }

  it('[MODEL] desc reverses it', async () => {
    expect(await listed(all)).toEqual(names.toReversed())
    expect(await listed({ SortOrder: 'asc' })).toEqual(names)
    expect(await listed({ SortBy: 'created-date' })).toEqual(names)
  })

  it('[MODEL] by name', async () => {
    expect(await listed({ SortBy: 'name' })).toEqual(names.toSorted())
    expect(await listed({ SortBy: 'name', SortOrder: 'desc' })).toEqual(names.toSorted().toReversed())
  })

  it('[MODEL] by the last change', async () => {
    const changed = ['z', 'a/b', 'm', 'Z', 'a/b/c', 'k', 'a']
    expect(await listed({ SortBy: 'last-changed-date' })).toEqual(changed)
    expect(await listed({ SortBy: 'last-changed-date', SortOrder: 'desc' })).toEqual(changed.toReversed())
  })

  it('[MODEL] by the last access: secrets that were never read come first, by name', async () => {
    const accessed = [...names.filter(name => name !== 'k').toSorted(), 'k']
    expect(await listed({ SortBy: 'last-accessed-date' })).toEqual(accessed)
    expect(await listed({ SortBy: 'last-accessed-date', SortOrder: 'desc' })).toEqual(accessed.toReversed())
  })

  it.each<Request>([
    all,
    { SortBy: 'name' },
    { SortBy: 'name', SortOrder: 'desc' },
    { SortBy: 'last-changed-date', SortOrder: 'desc' },
    { SortBy: 'last-accessed-date' },
    { SortBy: 'name', SortOrder: 'desc', Filters: [{ Key: 'name', Values: ['a'] }] }
  ])('%j pages: each secret once, in order', async request => {
    for (const MaxResults of [1, 2, 3]) {
      expect((await pages({ ...request, MaxResults })).flat()).toEqual(await listed(request))
    }
  })

  it('a token is valid only for its own query', async () => {
    const { NextToken } = await box.api.listSecrets({ MaxResults: 1 })
    const { NextToken: other } = await box.api.listSecrets({ MaxResults: 1, SortBy: 'name' })
    for (const request of [
      { NextToken, SortBy: 'name' },
      { NextToken, SortOrder: 'desc' },
      { NextToken, IncludePlannedDeletion: true },
      { NextToken, Filters: [{ Key: 'name', Values: ['a'] }] },
      { NextToken: other }
    ] satisfies Request[]) {
      expect(await failure(box.api.listSecrets(request))).toEqual({
        code: 'InvalidNextTokenException',
        message: 'The NextToken value is invalid.'
      })
    }
    // an explicit default is the same query, and MaxResults may change
    expect(await listed({ NextToken, MaxResults: 2, SortOrder: 'asc', Filters: [] })).toEqual(
      names.slice(1, 3)
    )
  })

  it('neither repeats nor hides a secret when others are added and removed, also in descending order', async () => {
    const other = await makeVault('backwards')
    for (const Name of ['a', 'b', 'c', 'd']) await other.api.createSecret({ Name, SecretString: 'x' })
    const request = { SortBy: 'name', SortOrder: 'desc', MaxResults: 2 } as const
    const first = await other.api.listSecrets(request)
    other.git('rm', '-rq', 'vault/secrets/c')
    other.git('commit', '-qm', 'remove')
    await other.reopen()
    for (const Name of ['aa', 'e']) await other.api.createSecret({ Name, SecretString: 'x' })
    const second = await other.api.listSecrets({ ...request, NextToken: first.NextToken })
    const third = await other.api.listSecrets({ ...request, NextToken: second.NextToken })
    const found = [first, second, third].map(({ SecretList }) => SecretList!.map(({ Name }) => Name))
    expect(found).toEqual([['d', 'c'], ['b', 'aa'], ['a']])
  })
})

describe('filters', () => {
  let shop: TestVault
  const matching = async (...Filters: Filter[]) =>
    (await shop.api.listSecrets({ Filters })).SecretList?.map(({ Name }) => Name)

  beforeAll(async () => {
    shop = await makeVault('filters')
    for (const [Name, Description, Tags] of [
      ['prod/db', 'the main Database', [{ Key: 'team', Value: 'blue' }]],
      ['prod/api', 'a key', [{ Key: 'Team', Value: 'green' }]],
      ['dev/db', undefined, [{ Key: 'owner', Value: 'blue' }]]
    ] as const) {
      await shop.api.createSecret({ Name, Description, Tags: [...Tags] })
      shop.clock.advance(1000)
    }
    await shop.api.createSecret({ Name: 'everywhere', AddReplicaRegions: [{ Region: 'eu-west-1' }] })
  })

  it.each<[Filter[], string[]]>([
    [[{ Key: 'name', Values: ['prod'] }], ['prod/db', 'prod/api']],
    [[{ Key: 'name', Values: ['Prod'] }], []],
    [[{ Key: 'name', Values: ['!prod'] }], ['dev/db', 'everywhere']],
    [[{ Key: 'name', Values: ['prod/a', 'dev'] }], ['prod/api', 'dev/db']],
    [
      [
        { Key: 'name', Values: ['prod'] },
        { Key: 'tag-value', Values: ['blue'] }
      ],
      ['prod/db']
    ],
    [[{ Key: 'description', Values: ['DATA'] }], ['prod/db']],
    [[{ Key: 'description', Values: ['base'] }], []],
    [[{ Key: 'tag-key', Values: ['team'] }], ['prod/db']],
    [[{ Key: 'tag-key', Values: ['!team'] }], ['prod/api', 'dev/db', 'everywhere']],
    [[{ Key: 'tag-value', Values: ['bl'] }], ['prod/db', 'dev/db']],
    [[{ Key: 'primary-region', Values: ['local'] }], ['everywhere']],
    [[{ Key: 'owning-service', Values: ['rds'] }], []],
    [[{ Key: 'owning-service', Values: ['!rds'] }], ['prod/db', 'prod/api', 'dev/db', 'everywhere']],
    [[{ Key: 'all', Values: ['DB'] }], ['prod/db', 'dev/db']],
    [[{ Key: 'all', Values: ['blue'] }], ['prod/db', 'dev/db']],
    [[{ Key: 'all', Values: ['team'] }], ['prod/db', 'prod/api']]
  ])('%j', async (filters, expected) => {
    expect(await matching(...filters)).toEqual(expected)
  })

  it('[REC] use the current tags and description', async () => {
    const internal = await shop.internal()
    await internal.write('UntagResource', async draft => {
      const secret = await draft.secret('dev/db')
      const changed = draft.stamp(secret)
      draft.updateSecret(secret, { tags: { owner: { changed } } }, undefined, changed)
      draft.describe(secret.name, [])
    })
    expect(await matching({ Key: 'tag-key', Values: ['owner'] })).toEqual([])
  })

  it('[EMU] need a key and values', async () => {
    expect(await failure(shop.api.listSecrets({ Filters: [{ Values: ['a'] }] }))).toEqual({
      code: 'InvalidParameterException',
      message: 'Invalid filter key'
    })
    expect(await failure(shop.api.listSecrets({ Filters: [{ Key: 'name' }] }))).toEqual({
      code: 'InvalidParameterException',
      message: 'Invalid filter values for key: name'
    })
  })

  it('[MODEL] have the model’s keys, at most ten filters, and at most ten values each', async () => {
    const vault = await shop.internal()
    const filter = { Key: 'name', Values: ['a'] }
    for (const Filters of [
      [{ Key: 'colour', Values: ['a'] }],
      [{ Key: 'name', Values: [] }],
      [{ Key: 'name', Values: ['a*'] }],
      [{ Key: 'name', Values: Array.from({ length: 11 }, () => 'a') }],
      Array.from({ length: 11 }, () => filter)
    ]) {
      expect((await failure(call(vault, 'ListSecrets', { Filters }))).code).toBe('ValidationException')
    }
  })

  it('an empty list of filters matches everything', async () => {
    expect(await matching()).toHaveLength(4)
  })
})

describe('a document that failed verification', () => {
  it('is left out, with a notice that names the file, so that nothing is hidden', async () => {
    const other = await makeVault('conflict')
    for (const Name of ['a', 'b', 'c']) await other.api.createSecret({ Name, SecretString: 'x' })
    const path = 'vault/secrets/b/stages.yaml'
    const text = other.read(path)
    other.write(path, `<<<<<<< HEAD\n${text}=======\n${text}>>>>>>> other\n`)
    const names = async (request: Request = {}) => {
      const { SecretList = [], NextToken } = await other.api.listSecrets(request)
      return { names: SecretList.map(({ Name }) => Name), NextToken }
    }
    expect(await names()).toEqual({ names: ['a', 'c'], NextToken: undefined })
    const told = `skipped: ${path}: it contains merge conflict markers; mend it with: git-vault resolve b`
    expect(other.notices).toEqual([told])
    // a filter that leaves one prefix reads no other secret
    expect((await names({ Filters: [{ Key: 'name', Values: ['c'] }] })).names).toEqual(['c'])
    expect(other.notices).toEqual([told])
    expect((await names({ Filters: [{ Key: 'name', Values: ['b', 'c'] }] })).names).toEqual(['c'])
    expect(other.notices).toEqual([told, told])
    const first = await names({ MaxResults: 1 })
    expect(first.names).toEqual(['a'])
    expect(await names({ MaxResults: 1, NextToken: first.NextToken })).toEqual({
      names: ['c'],
      NextToken: undefined
    })
    other.git('checkout', '-q', 'HEAD', '--', path)
    other.notices.length = 0
    expect((await names()).names).toEqual(['a', 'b', 'c'])
    expect(other.notices).toEqual([])
  })
})
