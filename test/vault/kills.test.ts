import { beforeAll, describe, expect, it } from 'vitest'
import { makeVault, rounds, type TestVault } from './fixture.js'
import { builtDriver, startDriver } from './process.js'

const ROUNDS = rounds(25)

let box: TestVault
beforeAll(async () => {
  box = await makeVault()
  // The same clock as in the processes that are killed.
  box.clock.now = () => Date.now()
  builtDriver()
})

/** The duration of a put on this machine, so that kills hit before, during and after one. */
let perPut = 100

describe(`killed ${ROUNDS} times with SIGKILL, at any moment of a series of puts`, () => {
  const acknowledged = new Map<string, Map<string, string>>()

  it('an uninterrupted series, to measure how long one takes', async () => {
    const driver = startDriver({ directory: box.root, name: 'whole', create: true, count: 5 })
    const since = Date.now()
    expect(await driver.ended).toEqual({ code: 0, signal: null })
    perPut = (Date.now() - since) / 6
    expect(driver.acknowledged().size).toBe(6)
  })

  it(
    'acknowledged writes can be read, and every later command works',
    { timeout: 60_000 + ROUNDS * 10_000 },
    async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const name = `round/${round}`
        const driver = startDriver({ directory: box.root, name, create: true })
        // Not until shortly before the first write, or most kills would hit a starting process.
        while (driver.lines().length === 0 && driver.child.exitCode === null)
          await new Promise(resolve => setTimeout(resolve, 2))
        await new Promise(resolve => setTimeout(resolve, Math.random() * perPut * 4))
        driver.child.kill('SIGKILL')
        const { signal } = await driver.ended
        expect({ signal, errors: driver.errors() }).toEqual({ signal: 'SIGKILL', errors: '' })
        acknowledged.set(name, driver.acknowledged())
        const { Versions } = await (
          await box.reopen()
        ).listSecretVersionIds({
          SecretId: name,
          IncludeDeprecated: true
        })
        for (const [VersionId, value] of driver.acknowledged()) {
          const read = await box.api.getSecretValue({ SecretId: name, VersionId })
          expect(read.SecretString).toBe(value)
        }
        // Besides these, at most the interrupted put exists.
        expect(Versions!.length - driver.acknowledged().size).toBeLessThanOrEqual(1)
        expect((await box.api.getSecretValue({ SecretId: name })).SecretString).toMatch(/^value \d+/)
        const { VersionId } = await box.api.putSecretValue({ SecretId: name, SecretString: 'after' })
        expect((await box.api.getSecretValue({ SecretId: name })).VersionId).toBe(VersionId)
        expect(box.status()).toBe('')
        expect(box.fsck()).toEqual({ status: 0, output: '' })
      }
    }
  )

  it('all values can be read at the end, too', async () => {
    for (const [SecretId, values] of acknowledged) {
      for (const [VersionId, value] of values) {
        const read = await box.api.getSecretValue({ SecretId, VersionId })
        expect(read.SecretString).toBe(value)
      }
    }
    const { SecretList } = await box.api.listSecrets()
    expect(SecretList!.length).toBe(Math.min(100, acknowledged.size + 1))
    expect(box.notices.filter(line => !/interrupted|finished|repair/i.test(line))).toEqual([])
    box.expectClean()
  })

  it('the interrupted writes leave nothing behind', () => {
    const left = box
      .files('.git')
      // The clone's memory is replaced through a temporary file, which a kill may leave behind.
      .filter(path => !/git-vault\/(seen|accessed)\/[^/]*\.tmp$/.test(path))
      .filter(path =>
        /\.lock$|\/journal$|\/(index|file|probe)-[0-9a-f]{12}|\.tmp$|refs\/git-vault/.test(path)
      )
    expect(left).toEqual([])
  })
})
