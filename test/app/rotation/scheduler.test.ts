import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { Scheduler } from '../../../src/app/rotation/scheduler.js'
import { rotationStatus } from '../../../src/app/rotation/status.js'
import { discover } from '../../../src/system/git/discover.js'
import { takeLock } from '../../../src/system/files/lock.js'
import { noteToken, rotationLockIn } from '../../../src/system/git/rotationLock.js'
import type { Vault } from '../../../src/vault/vault.js'
import { DAY, makeVault, scratch, token, type TestVault } from '../../vault/fixture.js'
import { account, functions, passwordOf, register, startStore, type Store } from './kit.js'

const HOUR = 3_600_000
const MINUTE = 60_000
const CHAOS = join(scratch('chaos'), 'chaos.json')
const chaos = (at: string, what: string): void => writeFileSync(CHAOS, JSON.stringify({ at, what }))

let box: TestVault
let store: Store
let vault: Vault
beforeEach(async () => {
  box = await makeVault()
  store = await startStore()
  await register(box, 'plain', { node: `${functions}plain.mjs`, env: [`CHAOS=${CHAOS}`] })
  chaos('', '')
  vault = await box.internal()
})

interface Line {
  readonly time: string
  readonly rotation: string
  readonly secret: string
  readonly version?: string
  readonly error?: string
  readonly cause?: string
  readonly continued?: true
}

/** A server's scheduler, as it is after a start. */
function started(of = vault): { scheduler: Scheduler; lines: Line[]; notices: string[] } {
  const lines: Line[] = []
  const notices: string[] = []
  const scheduler = new Scheduler({
    vault: of,
    place: discover(box.root),
    rotator: of.rotator!,
    isShared: false,
    reading: work => work(),
    log: async text => void lines.push(JSON.parse(text) as Line),
    notice: line => notices.push(line)
  })
  return { scheduler, lines, notices }
}

const at = (text: string): number => (box.clock.time = Date.parse(text))

/** Turns rotation on, and leaves the first rotation to the schedule. */
async function scheduled(SecretId: string, RotationRules: object, more: object = {}): Promise<void> {
  await account(box, store, SecretId)
  await box.api.rotateSecret({
    ...{ SecretId, RotationLambdaARN: 'plain', RotationRules, RotateImmediately: false },
    ...{ ClientRequestToken: token(`set up ${SecretId}`), ...more }
  })
}

/** Lets the scheduler run for a while: each pass comes when the one before said. Returns the times of the lines. */
async function runFor(ms: number, { scheduler, lines }: ReturnType<typeof started>): Promise<string[]> {
  const before = lines.length
  const end = box.clock.time + ms
  while (box.clock.time <= end) box.clock.advance(await scheduler.pass())
  return lines.slice(before).map(line => `${line.time.slice(0, 16)} ${line.secret} ${line.rotation}`)
}

describe('a schedule', () => {
  it('rotates each secret once in its window, whatever else happens', async () => {
    await scheduled('daily', { ScheduleExpression: 'cron(0 14 * * ? *)', Duration: '2h' })
    await scheduled('days', { AutomaticallyAfterDays: 2 })
    const running = started()
    at('2027-03-01T13:57:00Z')
    expect(await runFor(7 * MINUTE, running)).toEqual(['2027-03-01T14:00 daily rotated'])
    expect(await runFor(3 * HOUR, running)).toEqual([])
    expect(await passwordOf(box, 'daily')).not.toBe('first of daily')
    at('2027-03-02T23:58:00Z')
    // a missed window: the next one is on the next day
    expect(await runFor(4 * MINUTE, running)).toEqual(['2027-03-03T00:00 days rotated'])
    at('2027-03-03T13:59:30Z')
    expect(await runFor(5 * MINUTE, running)).toEqual(['2027-03-03T14:00 daily rotated'])
    at('2027-03-04T23:59:00Z')
    expect(await runFor(2 * MINUTE, running)).toEqual(['2027-03-05T00:00 days rotated'])
    expect(store.passwords.get('days')).toBe(await passwordOf(box, 'days'))
  }, 60_000)

  it('is followed again after a start in the middle of a window, a sleep over one, and a clock that is set back', async () => {
    await scheduled('weekly', { ScheduleExpression: 'cron(0 2 ? * SUN *)', Duration: '4h' })
    at('2027-03-07T03:30:00Z')
    expect(await runFor(MINUTE, started())).toEqual(['2027-03-07T03:30 weekly rotated'])
    // a second server, or the same one after its start
    expect(await runFor(MINUTE, started())).toEqual([])
    at('2027-03-07T02:10:00Z')
    expect(await runFor(MINUTE, started())).toEqual([])
    const running = started()
    await running.scheduler.pass()
    // the machine slept over a window
    at('2027-03-15T12:00:00Z')
    expect(await runFor(MINUTE, running)).toEqual([])
    at('2027-03-21T05:59:59Z')
    expect(await runFor(0, running)).toEqual(['2027-03-21T05:59 weekly rotated'])
  }, 60_000)

  it('that opens in years is waited for in minutes', async () => {
    await scheduled('far', { ScheduleExpression: 'cron(0 2 29 2 ? *)' })
    await scheduled('never', { ScheduleExpression: 'cron(0 2 30 2 ? *)' })
    await scheduled('none', {})
    expect(await started().scheduler.pass()).toBe(MINUTE)
  })

  it('of a secret that is off, deleted, or has another function than are registered here, is not acted on', async () => {
    const rules = { AutomaticallyAfterDays: 1 }
    for (const name of ['off', 'deleted', 'elsewhere']) await scheduled(name, rules)
    await box.api.cancelRotateSecret({ SecretId: 'off' })
    await box.api.deleteSecret({ SecretId: 'deleted' })
    await register(box, 'other', { node: `${functions}plain.mjs` })
    await box.api.rotateSecret({
      SecretId: 'elsewhere',
      RotationLambdaARN: 'other',
      RotateImmediately: false
    })
    const { removeFunction } = await import('../../../src/app/rotation/functions.js')
    await removeFunction(vault, 'other')
    box.clock.advance(DAY)
    const running = started()
    expect(await runFor(MINUTE, running)).toEqual([])
    expect(running.notices).toContain(
      'elsewhere is not rotated here: its function "other" is not registered on this computer'
    )
  })
})

describe('a rotation that fails', () => {
  it('is tried again after 5 minutes, then after twice as long, and not outside the window', async () => {
    await scheduled('failing', { ScheduleExpression: 'cron(0 14 * * ? *)', Duration: '2h' })
    chaos('before createSecret', 'throw')
    at('2027-03-01T13:59:00Z')
    const running = started()
    const failures = await runFor(6 * HOUR, running)
    expect(failures).toEqual([
      '2027-03-01T14:00 failing failed',
      '2027-03-01T14:05 failing failed',
      '2027-03-01T14:15 failing failed',
      '2027-03-01T14:35 failing failed',
      '2027-03-01T15:15 failing failed'
    ])
    expect(running.lines[0]).toMatchObject({ error: 'RotationFailed', version: expect.any(String) })
    expect(new Set(running.lines.map(({ version }) => version)).size).toBe(1)
    expect(JSON.stringify(running.lines)).not.toContain('first of')
    expect((await rotationStatus(vault, 'failing', box.root)).LastFailure?.attempts).toBe(5)
    // the next window starts afresh, with the same version
    at('2027-03-02T13:59:00Z')
    expect(await runFor(7 * MINUTE, started())).toEqual([
      '2027-03-02T14:00 failing failed',
      '2027-03-02T14:05 failing failed'
    ])
    chaos('', '')
    const last = started()
    expect(await runFor(10 * MINUTE, last)).toEqual(['2027-03-02T14:15 failing rotated'])
    expect(last.lines[0]).toMatchObject({ continued: true, version: running.lines[0]!.version })
    expect(store.passwords.get('failing')).toBe(await passwordOf(box, 'failing'))
  }, 60_000)

  it('after it has stored a new value is finished outside the window, too', async () => {
    await scheduled('filled', { ScheduleExpression: 'cron(0 14 * * ? *)', Duration: '1h' })
    chaos('after setSecret', 'throw')
    at('2027-03-01T14:54:00Z')
    const running = started()
    expect(await runFor(3 * HOUR, running)).toEqual([
      '2027-03-01T14:54 filled failed',
      '2027-03-01T14:59 filled failed',
      '2027-03-01T15:09 filled failed',
      '2027-03-01T15:29 filled failed',
      '2027-03-01T16:09 filled failed',
      '2027-03-01T17:29 filled failed'
    ])
    // the database refuses AWSCURRENT all the time
    expect(store.passwords.get('filled')).not.toBe(await passwordOf(box, 'filled'))
    chaos('', '')
    const [line = ''] = await runFor(2 * HOUR, started())
    expect(line).toBe('2027-03-01T19:29 filled rotated')
    expect(store.passwords.get('filled')).toBe(await passwordOf(box, 'filled'))
    expect(await runFor(HOUR, running)).toEqual([])
  }, 60_000)

  it('does not stop the others, and a restart does not forget how long to wait', async () => {
    for (const name of ['one', 'two', 'three']) await scheduled(name, { AutomaticallyAfterDays: 1 })
    store.passwords.set('two', 'changed by hand')
    box.clock.advance(DAY)
    const running = started()
    expect((await runFor(0, running)).map(line => line.slice(17)).sort()).toEqual([
      'one rotated',
      'three rotated',
      'two failed'
    ])
    box.clock.advance(4 * MINUTE)
    const restarted = started()
    await restarted.scheduler.pass()
    expect(restarted.lines).toEqual([])
    box.clock.advance(MINUTE)
    await restarted.scheduler.pass()
    expect(restarted.lines).toMatchObject([{ rotation: 'failed', secret: 'two' }])
  }, 60_000)
})

describe('a rotation that another process of this clone runs', () => {
  it('is left to it', async () => {
    await scheduled('shared', { AutomaticallyAfterDays: 1 })
    box.clock.advance(DAY)
    const { ARN } = await box.api.describeSecret({ SecretId: 'shared' })
    const folder = rotationLockIn(box.root, ARN!)
    const lock = await takeLock(folder, 0)
    noteToken(folder, token('another'))
    const running = started()
    const head = box.head()
    await running.scheduler.pass()
    expect(running.lines).toEqual([])
    expect(box.head()).toBe(head)
    lock.release()
    await running.scheduler.pass()
    expect(running.lines.at(-1)).toMatchObject({ rotation: 'rotated' })
  })

  it('and has failed is continued at once, with its version', async () => {
    await scheduled('by-hand', { AutomaticallyAfterDays: 1 })
    box.clock.advance(DAY)
    chaos('before setSecret', 'throw')
    const asked = { SecretId: 'by-hand', ClientRequestToken: token('by-hand 2') }
    await box.api.rotateSecret(asked).catch(() => undefined)
    chaos('', '')
    box.clock.advance(5 * MINUTE)
    const running = started()
    await running.scheduler.pass()
    expect(running.lines).toMatchObject([{ rotation: 'rotated', version: token('by-hand 2') }])
  })
})

describe('the cost of looking', () => {
  it('is that of what has changed', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await scheduled(name, { AutomaticallyAfterDays: 30 })
    const { scheduler } = started()
    await scheduler.pass()
    expect(scheduler.reads).toBe(4)
    for (let time = 0; time < 10; time++) await scheduler.pass()
    expect(scheduler.reads).toBe(4)
    await box.api.putSecretValue({ SecretId: 'b', SecretString: '{}' })
    await scheduler.pass()
    expect(scheduler.reads).toBe(5)
    await box.api.createSecret({ Name: 'e', SecretString: 'x' })
    await scheduler.pass()
    expect(scheduler.reads).toBe(6)
  })
})
