import { rmSync, writeFileSync } from 'node:fs'
import { beforeAll, expect, it } from 'vitest'
import { cloneOf, DAY, makeVault, token, type TestVault } from '../vault/fixture.js'
import { trust } from '../../src/app/trust.js'

let box: TestVault
const SecretId = 'prod/db'
const [a, b] = ['a', 'b'].map(token) as [string, string]
const midnight = (time: number) => new Date(Math.floor(time / DAY) * DAY)

beforeAll(async () => {
  box = await makeVault()
  box.clock.time = Date.UTC(2027, 2, 1, 23, 59, 59, 999)
  await box.api.createSecret({ Name: SecretId, SecretString: 'a', ClientRequestToken: a })
  await box.api.putSecretValue({ SecretId, SecretString: 'b', ClientRequestToken: b })
})

const ofSecret = async (vault = box) => (await vault.api.describeSecret({ SecretId })).LastAccessedDate
const ofVersions = async () => {
  const { Versions } = await box.api.listSecretVersionIds({ SecretId, IncludeDeprecated: true })
  return Object.fromEntries(Versions!.map(entry => [entry.VersionId, entry.LastAccessedDate]))
}

it('[REC] is absent until the first read; describing and listing are not reads', async () => {
  await box.api.listSecrets()
  await box.api.listSecretVersionIds({ SecretId })
  const described = await box.api.describeSecret({ SecretId })
  expect('LastAccessedDate' in described).toBe(false)
  const { Versions } = await box.api.listSecretVersionIds({ SecretId })
  for (const version of Versions!) expect('LastAccessedDate' in version).toBe(false)
})

it('[REC] is then a date without a time, on the secret and on the version that was read', async () => {
  await box.api.getSecretValue({ SecretId, VersionStage: 'AWSPREVIOUS' })
  expect(await ofSecret()).toEqual(midnight(box.clock.time))
  expect((await ofSecret())!.getUTCHours()).toBe(0)
  expect(await ofVersions()).toEqual({ [a]: midnight(box.clock.time), [b]: undefined })
})

it('[REC] changes with the day of a read: the secret has the newest, each version its own', async () => {
  const first = box.clock.time
  box.clock.advance(1)
  await box.api.getSecretValue({ SecretId })
  expect(await ofSecret()).toEqual(midnight(first + DAY))
  expect(await ofVersions()).toEqual({ [a]: midnight(first), [b]: midnight(first + DAY) })
})

it('is kept after the vault is closed, and makes no commit', async () => {
  const state = box.state()
  await box.reopen()
  expect(await ofSecret()).toEqual(midnight(box.clock.time))
  box.clock.advance(DAY)
  await box.api.getSecretValue({ SecretId })
  expect(box.state()).toBe(state)
  expect(box.status()).toBe('')
})

it('is not set by a read that failed', async () => {
  const before = await ofVersions()
  box.clock.advance(DAY)
  await box.api.getSecretValue({ SecretId, VersionId: token('nowhere') }).catch(() => undefined)
  await box.api.getSecretValue({ SecretId, VersionStage: 'nowhere' }).catch(() => undefined)
  expect(await ofVersions()).toEqual(before)
})

it('is not committed: a clone starts without it', async () => {
  const clone = await cloneOf(box)
  await trust(clone.root, clone.made.root)
  expect(await ofSecret(clone)).toBeUndefined()
})

const damaged = async (damage: string) => {
  for (const name of box.files('.git/git-vault/accessed')) writeFileSync(box.path(name), damage)
  await box.api.describeSecret({ SecretId })
  await box.api.listSecrets()
  await box.api.listSecretVersionIds({ SecretId })
  expect((await box.api.getSecretValue({ SecretId })).SecretString).toBe('b')
  expect(await ofSecret()).toEqual(midnight(box.clock.time))
}

it.each(['', '{', '{"secret":', '{}x', '\0\0\0\0'])('a damaged file of dates is ignored: %j', damaged)

it.each(['null', '{}', '{"secret":1,"versions":null}'])('JSON of another form is ignored: %s', damaged)

it('a deleted file of dates is no problem', async () => {
  rmSync(box.path('.git/git-vault/accessed'), { recursive: true })
  expect('LastAccessedDate' in (await box.api.describeSecret({ SecretId }))).toBe(false)
  await box.api.getSecretValue({ SecretId })
  expect(await ofSecret()).toEqual(midnight(box.clock.time))
})
