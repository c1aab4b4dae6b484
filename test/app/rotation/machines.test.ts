import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hook, until } from '../follow/kit.js'
import { anotherHubAndVault, cloneHub, problems, syncOf } from '../sync/kit.js'
import { DAY, scratch, token, type TestVault } from '../../vault/fixture.js'
import { bundle } from '../../vault/process.js'
import { account, functions, passwordOf, register, startStore, type Store } from './kit.js'

const HOUR = 3_600_000
const NAMES = ['one', 'two', 'three']

let server: string
let store: Store
let hub: string
let ana: TestVault
let bob: TestVault
let first: string
let CHAOS: string
let COUNT: string
const chaos = (at: string, what: string): void => writeFileSync(CHAOS, JSON.stringify({ at, what }))

beforeAll(async () => {
  server = bundle(new URL('driver.ts', import.meta.url), 'rotating.mjs')
  store = await startStore()
})

/** Two clones of a remote, with secrets whose window is open now. */
beforeEach(async () => {
  const folder = scratch('machines')
  ;[CHAOS, COUNT] = [join(folder, 'chaos.json'), join(folder, 'count')]
  chaos('', '')
  writeFileSync(COUNT, '')
  const made = await anotherHubAndVault(Date.now() - 2 * DAY)
  ;[hub, ana] = [made.hub, made.ana]
  const env = [`CHAOS=${CHAOS}`, `COUNT=${COUNT}`]
  await register(ana, 'counting', { node: `${functions}counting.mjs`, env })
  for (const SecretId of NAMES) {
    await account(ana, store, SecretId)
    await ana.api.rotateSecret({
      ...{ SecretId, RotationLambdaARN: 'counting', RotationRules: { AutomaticallyAfterDays: 2 } },
      ...{ RotateImmediately: false, ClientRequestToken: token(`set up ${SecretId}`) }
    })
  }
  await syncOf(ana)
  writeFileSync(COUNT, '')
  bob = await cloneHub(hub, ana)
  for (const box of [ana, bob]) box.clock.now = () => Date.now()
  first = ana.head()
})

interface Machine {
  readonly child: ChildProcess
  readonly ended: Promise<unknown>
  lines(): Record<string, unknown>[]
  log(): string
}

const running = new Set<ChildProcess>()
afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts a server that rotates. */
function start({ root: directory }: TestVault, { push = true, ahead = 0 } = {}): Machine {
  const child = spawn(process.execPath, [server, JSON.stringify({ directory, push, ahead })], {
    stdio: ['ignore', 'ignore', 'pipe']
  })
  running.add(child)
  let log = ''
  child.stderr.on('data', chunk => (log += String(chunk)))
  const ended = new Promise<unknown>(resolve => child.once('close', resolve))
  void ended.then(() => running.delete(child))
  const lines = () =>
    log
      .split('\n')
      .slice(0, -1)
      .filter(line => line.startsWith('{'))
      .map(line => JSON.parse(line) as Record<string, unknown>)
  return { child, ended, lines, log: () => log }
}

async function stop(...machines: readonly Machine[]): Promise<void> {
  for (const { child } of machines) child.kill('SIGTERM')
  for (const { ended } of machines) await ended
}

/** The versions that the function was called for, by the name of the secret. */
function versionsOf(name: string): string[] {
  const lines = readFileSync(COUNT, 'utf8').split('\n').slice(0, -1)
  const found = lines.map(line => line.split(' ')).filter(([arn]) => arn!.includes(`:secret:${name}-`))
  return [...new Set(found.map(([, version]) => version!))]
}

const calls = (): number => readFileSync(COUNT, 'utf8').split('\n').length - 1

const isRotated = async (box: TestVault, names = NAMES): Promise<boolean> => {
  for (const SecretId of names)
    if ((await box.api.describeSecret({ SecretId })).LastRotatedDate === undefined) return false
  return true
}

/** Checks that each secret was rotated once, in all clones, and that its password works. */
async function expectOnce(names: readonly string[], ...boxes: TestVault[]): Promise<void> {
  for (const box of boxes) await syncOf(box)
  for (const box of boxes)
    for (const SecretId of names) {
      const { VersionIdsToStages, LastRotatedDate } = await box.api.describeSecret({ SecretId })
      const [version, ...others] = versionsOf(SecretId)
      expect(others).toEqual([])
      expect(LastRotatedDate).toBeInstanceOf(Date)
      expect(VersionIdsToStages).toEqual({
        [version!]: ['AWSCURRENT', 'AWSPENDING'],
        [token(SecretId)]: ['AWSPREVIOUS']
      })
      expect(await passwordOf(box, SecretId)).toBe(store.passwords.get(SecretId))
    }
  const [box] = boxes
  expect(await problems(box!, first)).toEqual([])
}

/** Another clone of the hub. Its clock is the machine's, as that of its server: else what was written now is two days ahead. */
async function thirdClone(): Promise<TestVault> {
  const cleo = await cloneHub(hub, ana)
  cleo.clock.now = () => Date.now()
  return cleo
}

describe('three servers with --rotate on one remote', () => {
  it('rotate each secret once', { timeout: 120_000 }, async () => {
    const cleo = await thirdClone()
    const machines = [ana, bob, cleo].map(box => start(box))
    await until(() => isRotated(ana))
    await stop(...machines)
    await expectOnce(NAMES, ana, bob, cleo)
    // four steps each, and none of them in vain
    expect(calls()).toBe(12)
    const rotated = machines
      .flatMap(machine => machine.lines())
      .filter(line => line['rotation'] === 'rotated')
    expect(rotated.map(line => line['secret']).sort()).toEqual([...NAMES].sort())
  })
})

describe('kill -9 of a server', () => {
  it.each([
    'before createSecret',
    'after createSecret',
    'after setSecret',
    'after testSecret',
    'after finishSecret'
  ])('%s: the same version is continued after a start', { timeout: 120_000 }, async point => {
    chaos(point, 'kill the program')
    const killed = start(ana)
    await killed.ended
    expect(calls()).toBeGreaterThan(0)
    chaos('', '')
    const again = start(ana)
    await until(() => isRotated(ana))
    await stop(again)
    await expectOnce(NAMES, ana, bob)
  })

  it(
    'between the push of its claim and its own branch: the claim is still its own',
    { timeout: 120_000 },
    async () => {
      const machine = start(ana)
      hook(hub, 'post-receive', `kill -9 ${machine.child.pid}\nexit 0`)
      await machine.ended
      hook(hub, 'post-receive')
      expect(calls()).toBe(0)
      const again = start(ana)
      await until(() => isRotated(ana))
      await stop(again)
      await expectOnce(NAMES, ana, bob)
    }
  )
})

describe('a machine that dies in a rotation', () => {
  beforeEach(async () => {
    chaos('after setSecret', 'kill the program')
    await start(ana).ended
    chaos('', '')
  })

  it(
    'is left alone for an hour, and then its version is continued, by one of two',
    { timeout: 120_000 },
    async () => {
      const victim = NAMES.find(name => versionsOf(name).length > 0)!
      const others = NAMES.filter(name => name !== victim)
      const early = start(bob)
      await until(() => isRotated(bob, others))
      await stop(early)
      expect(await isRotated(bob, [victim])).toBe(false)
      const before = calls()
      const cleo = await thirdClone()
      const late = [bob, cleo].map(box => start(box, { ahead: 2 * HOUR }))
      await until(async () => (await isRotated(bob)) && (await isRotated(cleo)))
      await stop(...late)
      expect(calls()).toBe(before + 4)
      for (const box of [bob, cleo]) box.clock.now = () => Date.now() + 2 * HOUR
      await expectOnce(NAMES, bob, cleo)
      // the first machine comes back
      ana.clock.now = () => Date.now() + 2 * HOUR
      const back = start(ana, { ahead: 2 * HOUR })
      await until(() => isRotated(ana))
      await stop(back)
      expect(calls()).toBe(before + 4)
    }
  )
})

describe('a claim that loses the race', () => {
  it('is dropped: its server rotates nothing', { timeout: 120_000 }, async () => {
    // bob's claims reach the remote during the first push of ana
    chaos('before createSecret', 'throw')
    bob.git('config', 'remote.origin.pushurl', join(scratch('nowhere'), 'none.git'))
    const alone = start(bob, { push: false })
    await until(() => alone.lines().length === NAMES.length)
    await stop(alone)
    bob.git('config', '--unset', 'remote.origin.pushurl')
    bob.git('push', '-q', 'origin', `HEAD:refs/heads/ready`)
    chaos('', '')
    writeFileSync(COUNT, '')
    const once = `if mkdir "$GIT_DIR/once"; then git update-ref refs/heads/main ${bob.head()}; fi`
    hook(
      hub,
      'pre-receive',
      `while read -r old new ref; do [ "$ref" = refs/heads/main ] && ${once}; done\nexit 0`
    )
    const machine = start(ana)
    await until(() => machine.lines().length > 0)
    await until(() => ana.git('rev-parse', 'HEAD').trim() === bob.head())
    await stop(machine)
    expect(machine.lines()).toMatchObject([{ rotation: 'left', cause: 'another clone is rotating it' }])
    expect(calls()).toBe(0)
  })
})

describe('a remote that cannot be reached', () => {
  it(
    'stops a rotation before it begins; one that has begun is continued later',
    { timeout: 120_000 },
    async () => {
      rmSync(`${CHAOS}.waits`, { force: true })
      chaos('after setSecret', 'wait')
      const machine = start(ana)
      await until(() => existsSync(`${CHAOS}.waits`))
      ana.git('config', 'remote.origin.url', `${hub}-gone`)
      chaos('', '')
      await until(() => machine.lines().length === 2)
      await stop(machine)
      expect(machine.lines().map(line => line['error'])).toEqual(['RotationFailed', 'RemoteFailed'])
      const begun = NAMES.find(name => versionsOf(name).length > 0)!
      for (const name of NAMES.filter(each => each !== begun))
        expect(store.passwords.get(name)).toBe(`first of ${name}`)
      ana.git('config', 'remote.origin.url', hub)
      // after the time to wait
      const again = start(ana, { ahead: 6 * 60_000 })
      ana.clock.now = () => Date.now() + 6 * 60_000
      await until(() => isRotated(ana))
      await stop(again)
      bob.clock.now = () => Date.now() + 6 * 60_000
      await expectOnce(NAMES, ana, bob)
    }
  )
})

describe('without --push', () => {
  it('two clones do not see each other, and both rotate', { timeout: 120_000 }, async () => {
    const machines = [ana, bob].map(box => start(box, { push: false }))
    await until(() => machines.every(machine => machine.lines().length >= NAMES.length))
    await stop(...machines)
    expect(NAMES.map(name => versionsOf(name).length)).toEqual([2, 2, 2])
  })
})
