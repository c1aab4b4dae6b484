import { beforeAll, describe, expect, it } from 'vitest'
import { cloneOf, makeVault, token, type TestVault } from './fixture.js'
import { builtDriver, startDriver } from './process.js'
import { trust } from '../../src/app/trust.js'

let box: TestVault
beforeAll(async () => {
  box = await makeVault()
  // The same clock as in the other processes.
  box.clock.now = () => Date.now()
  builtDriver()
})

const all = async (SecretId: string) => {
  const { Versions } = await box.api.listSecretVersionIds({
    SecretId,
    IncludeDeprecated: true,
    MaxResults: 100
  })
  return Versions!.map(({ VersionId }) => VersionId!)
}

describe('two processes with 50 puts each on one secret', () => {
  it('make 100 versions and 100 commits, and lose no value', { timeout: 120_000 }, async () => {
    await box.api.createSecret({ Name: 'shared' })
    const before = box.commits()
    const drivers = [0, 1].map(() => startDriver({ directory: box.root, name: 'shared', count: 50 }))
    for (const driver of drivers) {
      expect({ ...(await driver.ended), errors: driver.errors() }).toEqual({
        code: 0,
        signal: null,
        errors: ''
      })
    }
    expect(box.commits() - before).toBe(100)
    const acknowledged = new Map(drivers.flatMap(driver => [...driver.acknowledged()]))
    expect(acknowledged.size).toBe(100)
    expect((await all('shared')).sort()).toEqual([...acknowledged.keys()].sort())
    expect(box.versionFiles('shared')).toHaveLength(100)
    for (const [VersionId, value] of acknowledged)
      expect((await box.api.getSecretValue({ SecretId: 'shared', VersionId })).SecretString).toBe(value)
    const tokens = box.git('log', '-100', '--format=%(trailers:key=Client-Request-Token,valueonly)')
    expect(new Set(tokens.split('\n').filter(line => line !== ''))).toEqual(new Set(acknowledged.keys()))
    box.expectClean()
  })

  it('ran one after the other: each moved AWSPREVIOUS to the version before', async () => {
    const { VersionIdsToStages } = await box.api.describeSecret({ SecretId: 'shared' })
    const [last, previous] = box
      .git('log', '-2', '--format=%(trailers:key=Version-Id,valueonly)')
      .split('\n')
      .filter(line => line !== '')
    expect(VersionIdsToStages).toEqual({ [previous!]: ['AWSPREVIOUS'], [last!]: ['AWSCURRENT'] })
  })
})

describe('concurrently', () => {
  it('in one process: each write is a separate commit', async () => {
    await box.api.createSecret({ Name: 'once', SecretString: 'x' })
    const before = box.commits()
    const values = Array.from({ length: 8 }, (_, index) => `value ${index}`)
    const puts = await Promise.all(
      values.map(SecretString => box.api.putSecretValue({ SecretId: 'once', SecretString }))
    )
    expect(box.commits() - before).toBe(8)
    expect(new Set(puts.map(({ VersionId }) => VersionId)).size).toBe(8)
    box.expectClean()
  })

  it('with one token and one value: one version, one commit', async () => {
    const before = box.commits()
    const put = { SecretId: 'once', SecretString: 'same', ClientRequestToken: token('same') }
    const puts = await Promise.all(Array.from({ length: 4 }, () => box.api.putSecretValue(put)))
    expect(new Set(puts.map(({ VersionId }) => VersionId))).toEqual(new Set([token('same')]))
    expect(box.commits() - before).toBe(1)
  })

  it('with one token and different values: one wins, the others fail', async () => {
    const before = box.commits()
    const outcomes = await Promise.allSettled(
      ['a', 'b', 'c'].map(SecretString =>
        box.api.putSecretValue({ SecretId: 'once', SecretString, ClientRequestToken: token('race') })
      )
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({ code: 'ResourceExistsException' })
    }
    expect(box.commits() - before).toBe(1)
  })

  it('creating one name: one wins', async () => {
    const outcomes = await Promise.allSettled(
      ['a', 'b'].map(SecretString => box.api.createSecret({ Name: 'race', SecretString }))
    )
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const rejected = outcomes.find(outcome => outcome.status === 'rejected')
    expect(rejected).toMatchObject({ reason: { code: 'ResourceExistsException' } })
  })

  it('reading while another process writes: always returns a written value', async () => {
    await box.api.createSecret({ Name: 'busy', SecretString: 'value 0' })
    const driver = startDriver({ directory: box.root, name: 'busy', count: 10 })
    let running = true
    void driver.ended.then(() => (running = false))
    let reads = 0
    while (running) {
      const { SecretString } = await box.api.getSecretValue({ SecretId: 'busy' })
      expect(SecretString).toMatch(/^value \d+( of \d+)?$/)
      reads++
      await new Promise(resolve => setImmediate(resolve))
    }
    expect({ ...(await driver.ended), errors: driver.errors() }).toEqual({
      code: 0,
      signal: null,
      errors: ''
    })
    expect(reads).toBeGreaterThan(10)
  })

  it('in two work trees of one repository, on two branches', async () => {
    box.git('branch', 'side')
    const path = `${box.root}-side`
    box.git('worktree', 'add', '-q', path, 'side')
    const drivers = [box.root, path].map(directory => startDriver({ directory, name: 'once', count: 5 }))
    for (const driver of drivers)
      expect({ ...(await driver.ended), errors: driver.errors() }).toMatchObject({ code: 0, errors: '' })
    expect(Number(box.git('rev-list', '--count', 'side..main'))).toBe(5)
    expect(Number(box.git('rev-list', '--count', 'main..side'))).toBe(5)
    box.expectClean()
  })
})

it('a clone that pulls reads what another has pushed', async () => {
  const clone = await cloneOf(box)
  await trust(clone.root, clone.made.root)
  await box.api.putSecretValue({ SecretId: 'once', SecretString: 'pulled' })
  clone.git('pull', '-q', '--ff-only')
  expect((await clone.api.getSecretValue({ SecretId: 'once' })).SecretString).toBe('pulled')
  await clone.api.putSecretValue({ SecretId: 'once', SecretString: 'from the clone' })
  box.git('pull', '-q', '--ff-only', clone.root, 'main')
  expect((await box.api.getSecretValue({ SecretId: 'once' })).SecretString).toBe('from the clone')
  clone.expectClean()
  box.expectClean()
})
