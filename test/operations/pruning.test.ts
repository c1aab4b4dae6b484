import { beforeAll, describe, expect, it } from 'vitest'
import { DAY, failure, makeVault, putMany, token, type OldVersion, type TestVault } from '../vault/fixture.js'

let box: TestVault
beforeAll(async () => {
  box = await makeVault()
})

const versions = (prefix: string, count: number, from: number, labels: Record<number, string[]> = {}) =>
  Array.from({ length: count }, (_, index): OldVersion => {
    const id = token(`${prefix}-${String(index).padStart(3, '0')}`)
    const named = labels[index]
    return { token: id, time: from + index * 1000, ...(named && { labels: named }) }
  })

/** A secret with a history. Its next put comes right after the last version. */
async function secret(Name: string, history: readonly OldVersion[]) {
  await box.api.createSecret({ Name })
  await putMany(box, Name, history)
  return { Name, history }
}

const listed = async (SecretId: string) => {
  const found: string[] = []
  for (let NextToken: string | undefined; ;) {
    const page = await box.api.listSecretVersionIds({ SecretId, IncludeDeprecated: true, NextToken })
    found.push(...page.Versions!.map(({ VersionId }) => VersionId!))
    if (page.NextToken === undefined) return found
    NextToken = page.NextToken
  }
}

describe('more than 100 versions', () => {
  it('[DOC] 101 older than a day: the next put leaves exactly 100 files and removes the oldest', async () => {
    const { history } = await secret('old', versions('old', 101, box.clock.time - 3 * DAY))
    expect(box.versionFiles('old')).toHaveLength(101)
    const { VersionId } = await box.api.putSecretValue({ SecretId: 'old', SecretString: 'new' })
    expect(box.versionFiles('old')).toHaveLength(100)
    expect(await listed('old')).toEqual([...history.slice(2).map(({ token }) => token), VersionId])
    expect(box.status()).toBe('')
  })

  it('[DOC] the commit names each version that was pruned', () => {
    const trailers = box.git('log', '-1', '--format=%(trailers:key=Pruned-Version,valueonly)').trim()
    expect(trailers.split('\n')).toEqual([token('old-000'), token('old-001')])
    const removed = box.git('show', '--format=', '--name-only', '--diff-filter=D', 'HEAD').trim()
    expect(removed.split('\n')).toHaveLength(2)
  })

  it('[REC] a pruned version is not found by its id', async () => {
    const VersionId = token('old-000')
    expect(await failure(box.api.getSecretValue({ SecretId: 'old', VersionId }))).toEqual({
      code: 'ResourceNotFoundException',
      message: `Secrets Manager can't find the specified secret value for VersionId: ${VersionId}`
    })
  })

  it('[DOC] exactly 100 stay 100: each put prunes one', async () => {
    for (let count = 0; count < 2; count++) {
      await box.api.putSecretValue({ SecretId: 'old', SecretString: `n${count}` })
      expect(box.versionFiles('old')).toHaveLength(100)
    }
  })

  it('[DOC] 99 and one more: none is pruned', async () => {
    await secret('few', versions('few', 99, box.clock.time - 30 * DAY))
    await box.api.putSecretValue({ SecretId: 'few', SecretString: 'x' })
    expect(box.versionFiles('few')).toHaveLength(100)
  })

  it('[DOC] labelled versions are never pruned, however old', async () => {
    const labels = { 0: ['oldest'], 3: ['blue', 'green'], 7: ['AWSPENDING'] }
    const { history } = await secret('kept', versions('kept', 110, box.clock.time - 9 * DAY, labels))
    // the first version also has AWSCURRENT; later ones do not move it
    await box.api.putSecretValue({ SecretId: 'kept', SecretString: 'x' })
    expect(box.versionFiles('kept')).toHaveLength(100)
    const left = await listed('kept')
    const labelled = [0, 3, 7].map(index => history[index]!.token)
    expect(left.slice(0, 3)).toEqual(labelled)
    for (const VersionId of labelled) {
      expect((await box.api.getSecretValue({ SecretId: 'kept', VersionId })).SecretString).toBe(
        `value of ${VersionId}`
      )
    }
    expect((await box.api.getSecretValue({ SecretId: 'kept', VersionStage: 'AWSPREVIOUS' })).VersionId).toBe(
      history.at(-1)!.token
    )
  })
})

describe('versions younger than 24 hours', () => {
  it('[DOC] 149 of today: none is removed', async () => {
    await secret('young', versions('young', 148, box.clock.time - 3_600_000))
    await box.api.putSecretValue({ SecretId: 'young', SecretString: 'the 149th' })
    expect(box.versionFiles('young')).toHaveLength(149)
    await box.api.putSecretValue({
      SecretId: 'young',
      SecretString: 'the 150th',
      ClientRequestToken: token('the 150th')
    })
    expect(box.versionFiles('young')).toHaveLength(150)
  })

  it('[DOC] the first one over the quota of 150 fails with LimitExceededException and changes nothing', async () => {
    const state = box.state()
    expect((await failure(box.api.putSecretValue({ SecretId: 'young', SecretString: 'x' }))).code).toBe(
      'LimitExceededException'
    )
    expect(box.state()).toBe(state)
    expect((await box.api.getSecretValue({ SecretId: 'young' })).SecretString).toBe('the 150th')
  })

  it('[VER] a repeated request still succeeds at the quota', async () => {
    const again = {
      SecretId: 'young',
      SecretString: 'the 150th',
      ClientRequestToken: token('the 150th')
    }
    expect((await box.api.putSecretValue(again)).VersionStages).toEqual(['AWSCURRENT'])
  })

  it('[DOC] labels can still be moved at the quota', async () => {
    const move = { SecretId: 'young', VersionStage: 'blue', MoveToVersionId: token('young-000') }
    await box.api.updateSecretVersionStage(move)
    await box.api.updateSecretVersionStage({
      SecretId: 'young',
      VersionStage: 'blue',
      RemoveFromVersionId: token('young-000')
    })
    expect(box.versionFiles('young')).toHaveLength(150)
  })

  it('[DOC] a day later the next put prunes to 100', async () => {
    box.clock.advance(DAY + 3_600_000)
    await box.api.putSecretValue({ SecretId: 'young', SecretString: 'tomorrow' })
    expect(box.versionFiles('young')).toHaveLength(100)
    expect((await box.api.getSecretValue({ SecretId: 'young' })).SecretString).toBe('tomorrow')
  })

  it('[DOC] a version is old after 24 hours, to the millisecond', async () => {
    const start = box.clock.time
    const history = [
      { token: token('edge-0'), time: start },
      { token: token('edge-1'), time: start + 1 }
    ]
    await secret('edge', [...history, ...versions('edge-more', 98, start + 60_000)])
    box.clock.time = start + DAY - 1
    await box.api.putSecretValue({ SecretId: 'edge', SecretString: 'too early' })
    expect(box.versionFiles('edge')).toHaveLength(101)
    box.clock.time = start + DAY
    await box.api.putSecretValue({ SecretId: 'edge', SecretString: 'in time' })
    expect(box.versionFiles('edge')).toHaveLength(101)
    const left = await listed('edge')
    expect(left[0]).toBe(token('edge-1'))
  })
})

it('[DOC] old and young together: only old ones are pruned, and 100 stay', async () => {
  const now = box.clock.time
  const history = [...versions('mix-old', 20, now - 2 * DAY), ...versions('mix-new', 90, now - 3_600_000)]
  await secret('mix', history)
  await box.api.putSecretValue({ SecretId: 'mix', SecretString: 'x' })
  expect(box.versionFiles('mix')).toHaveLength(100)
  expect((await listed('mix'))[0]).toBe(token('mix-old-011'))
})

it('leaves a clean repository', () => box.expectClean())
