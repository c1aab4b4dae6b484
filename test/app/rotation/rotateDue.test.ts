import { beforeEach, describe, expect, it } from 'vitest'
import { rotateDue } from '../../../src/app/rotation/rotateDue.js'
import { forgetClaim, isOwnClaim, ownClaim, rememberClaim } from '../../../src/app/rotation/claims.js'
import type { Vault } from '../../../src/vault/vault.js'
import { makeVault, token, type TestVault } from '../../vault/fixture.js'
import { account, functions, register, startStore, type Store } from './kit.js'

const HOUR = 3_600_000

let box: TestVault
let store: Store
let vault: Vault
beforeEach(async () => {
  box = await makeVault()
  store = await startStore()
  await register(box, 'plain', { node: `${functions}plain.mjs` })
  vault = await box.internal()
})

async function scheduled(SecretId: string, RotationRules: object): Promise<void> {
  await account(box, store, SecretId)
  const asked = { SecretId, RotationLambdaARN: 'plain', RotationRules, RotateImmediately: false }
  await box.api.rotateSecret({ ...asked, ClientRequestToken: token(`set up ${SecretId}`) })
}

/** Runs it each hour, as cron does. Returns when it rotated what. */
async function eachHour(from: string, hours: number): Promise<string[]> {
  const found: string[] = []
  box.clock.time = Date.parse(from)
  for (let hour = 0; hour < hours; hour++) {
    for await (const { secret, attempted } of rotateDue(vault, false))
      found.push(
        `${new Date(box.clock.now()).toISOString().slice(5, 13)} ${secret.Name} ${attempted.outcome}`
      )
    box.clock.advance(HOUR)
  }
  return found
}

describe('rotate --due from cron', () => {
  it('rotates once in each window, and makes up for a missed one in the next', async () => {
    await scheduled('daily', { ScheduleExpression: 'cron(0 14 * * ? *)', Duration: '3h' })
    await scheduled('hours', { ScheduleExpression: 'rate(12 hours)', Duration: '2h' })
    await scheduled('days', { AutomaticallyAfterDays: 2, Duration: '4h' })
    expect(await eachHour('2027-03-01T13:00:00Z', 24)).toEqual([
      '03-01T13 hours rotated',
      '03-01T14 daily rotated',
      '03-02T00 hours rotated',
      '03-02T12 hours rotated'
    ])
    // it was off on 3 March until 5 in the morning
    expect(await eachHour('2027-03-03T05:00:00Z', 24)).toEqual([
      '03-03T12 hours rotated',
      '03-03T14 daily rotated',
      '03-04T00 days rotated',
      '03-04T00 hours rotated'
    ])
  }, 120_000)
})

describe('what a clone remembers of its claims', () => {
  const claim = (version: string, moved: string) => ({ version, moved, hasValue: false, lastSign: 0 })

  it('is each time at which it was about to make or renew one, of one version for each secret', async () => {
    const { memory } = vault.repository
    const isOwn = async (version: string, moved: string) =>
      isOwnClaim(await ownClaim(memory, 'arn'), claim(version, moved))
    expect(await isOwn('v', '1')).toBe(false)
    await rememberClaim(memory, { arn: 'arn', version: 'v', moved: '1' })
    // the renewal may fail
    await rememberClaim(memory, { arn: 'arn', version: 'v', moved: '2' })
    await rememberClaim(memory, { arn: 'other', version: 'v', moved: '3' })
    expect([await isOwn('v', '1'), await isOwn('v', '2'), await isOwn('v', '3')]).toEqual([true, true, false])
    await rememberClaim(memory, { arn: 'arn', version: 'w', moved: '4' })
    expect([await isOwn('v', '2'), await isOwn('w', '4')]).toEqual([false, true])
    await forgetClaim(memory, 'arn')
    expect(await isOwn('w', '4')).toBe(false)
    expect(await ownClaim(memory, 'other')).toBeDefined()
  })

  it('is nothing if its file is damaged', async () => {
    const { memory } = vault.repository
    for (const text of ['', '{', '{}', '[1,{"arn":"arn","version":"v","moved":"1"}]']) {
      await memory.update('rotation-claims', () => new TextEncoder().encode(text))
      expect(await ownClaim(memory, 'arn')).toBeUndefined()
    }
  })
})
