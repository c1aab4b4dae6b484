import { spawn } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { until } from '../app/follow/kit.js'
import { account, functions, passwordOf, startStore, type Store } from '../app/rotation/kit.js'
import { anotherHubAndVault, cloneHub, hubAndVault } from '../app/sync/kit.js'
import { DAY, makeVault, scratch, token, type TestVault } from '../vault/fixture.js'
import { PROGRAM, runBeside } from './drive.js'

let box: TestVault
let store: Store
const CHAOS = join(scratch('chaos'), 'chaos.json')
const chaos = (at: string, what: string): void => writeFileSync(CHAOS, JSON.stringify({ at, what }))

/** Runs the program while the store of this process answers. */
const gitVault = (root: string, ...args: string[]) => runBeside(root, args, { TZ: 'UTC' })

const git = (...args: string[]) => gitVault(box.root, ...args)

/** Turns rotation on, as it was done some days ago. */
async function scheduled(of: TestVault, SecretId: string, daysAgo: number, RotationRules: object) {
  of.clock.time = Date.now() - daysAgo * DAY
  await account(of, store, SecretId)
  const asked = { SecretId, RotationLambdaARN: 'plain', RotationRules, RotateImmediately: false }
  await of.api.rotateSecret({ ...asked, ClientRequestToken: token(`set up ${SecretId}`) })
}

const day = (from: number): string => new Date(Date.now() + from * DAY).toISOString().slice(0, 10)

beforeAll(async () => {
  store = await startStore()
})

beforeEach(async () => {
  chaos('', '')
  box = await makeVault()
  const file = ['--node', `${functions}plain.mjs`, '--env', `CHAOS=${CHAOS}`]
  expect((await git('function', 'add', 'plain', ...file)).code).toBe(0)
})

describe('due', () => {
  it('lists what needs attention, and says so in its exit code', async () => {
    await scheduled(box, 'a/due', 1, { AutomaticallyAfterDays: 1 })
    await scheduled(box, 'b/never', 0, { AutomaticallyAfterDays: 30 })
    await scheduled(box, 'c/off', 1, { AutomaticallyAfterDays: 1 })
    await box.api.cancelRotateSecret({ SecretId: 'c/off' })
    await scheduled(box, 'd/none', 1, {})
    await scheduled(box, 'e/failed', 0, { AutomaticallyAfterDays: 7 })
    chaos('before setSecret', 'throw')
    expect((await git('rotate', 'e/failed')).code).toBe(255)
    await scheduled(box, 'f/done', 0, { AutomaticallyAfterDays: 7 })
    chaos('', '')
    expect((await git('rotate', 'f/done')).code).toBe(0)

    const identity = { GIT_VAULT_IDENTITY_FILE: '/nowhere' }
    Object.assign(process.env, identity)
    const { code, stdout } = await git('due').finally(() => delete process.env['GIT_VAULT_IDENTITY_FILE'])
    expect(code).toBe(0)
    expect(stdout).toBe(
      [
        `a/due     due            ${day(0)} 00:00 to ${day(1)} 00:00  plain`,
        `b/never   never rotated  ${day(30)} 00:00 to ${day(31)} 00:00  plain`,
        `d/none    never rotated  no schedule                           plain`,
        `e/failed  failed         ${day(7)} 00:00 to ${day(8)} 00:00  plain  setSecret: it ended with exit code 1`,
        ''
      ].join('\n')
    )
    expect((await git('due', '--within', '6d')).stdout).toBe(stdout)
    expect((await git('due', '--within', '7d')).stdout).toContain(`f/done    soon           ${day(7)} 00:00`)
    expect(await git('due', '--fail')).toEqual({
      code: 255,
      stdout,
      stderr:
        'git-vault: the rotation of 4 secrets needs attention\ngit-vault: hint: git-vault rotate --due\n'
    })
    const { due } = JSON.parse((await git('due', '--json')).stdout) as { due: object[] }
    expect(due[0]).toMatchObject({
      Name: 'a/due',
      State: 'due',
      WindowStart: `${day(0)}T00:00:00.000Z`,
      RotationLambdaARN: 'plain',
      IsRegistered: true
    })
    expect(due[3]).toMatchObject({ PendingVersionId: expect.any(String), LastFailure: { step: 'setSecret' } })
    expect(await git('due', '--within', '7y')).toMatchObject({ code: 252 })
  }, 120_000)
})

describe('rotate --due', () => {
  it('rotates what is due, also after a failure, and nothing twice', async () => {
    for (const name of ['one', 'two', 'three']) await scheduled(box, name, 2, { AutomaticallyAfterDays: 2 })
    await scheduled(box, 'later', 0, { AutomaticallyAfterDays: 1 })
    store.passwords.set('three', 'changed by hand')
    const first = await git('rotate', '--due')
    expect(first.code).toBe(255)
    expect(first.stdout).toMatch(
      /^rotated one: AWSCURRENT is on version \S+\nrotated two: AWSCURRENT is on version \S+\n$/
    )
    expect(first.stderr).toContain('git-vault: the rotation of three failed at setSecret')
    for (const name of ['one', 'two']) expect(store.passwords.get(name)).toBe(await passwordOf(box, name))
    expect(await passwordOf(box, 'later')).toBe('first of later')
    store.passwords.set('three', 'first of three')
    const second = await git('rotate', '--due', '--json')
    expect(second.code).toBe(0)
    expect(JSON.parse(second.stdout)).toMatchObject([{ Name: 'three', Outcome: 'rotated' }])
    expect(await git('rotate', '--due')).toEqual({
      ...{ code: 0, stderr: '' },
      stdout: 'no secret is due for rotation\n'
    })
    expect((await git('rotate', '--due', '--json')).stdout).toBe('[]\n')
  }, 120_000)

  it('continues what is incomplete, and names a function that is not registered', async () => {
    await scheduled(box, 'closed', 0, { AutomaticallyAfterDays: 1 })
    await scheduled(box, 'filled', 0, { AutomaticallyAfterDays: 1 })
    await scheduled(box, 'open', 1, { AutomaticallyAfterDays: 1 })
    await scheduled(box, 'unplanned', 0, {})
    chaos('before setSecret', 'throw')
    expect((await git('rotate', 'filled', 'open', 'unplanned')).code).toBe(255)
    chaos('before createSecret', 'throw')
    expect((await git('rotate', 'closed')).code).toBe(255)
    chaos('', '')
    const { code, stdout, stderr } = await git('rotate', '--due')
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^finished the earlier rotation of filled: .*\nfinished the earlier rotation of open: .*\nfinished the earlier rotation of unplanned/
    )
    expect(stderr).toBe('git-vault: closed was not rotated: no window is open in which it is to be rotated\n')
    await scheduled(box, 'other', 1, { AutomaticallyAfterDays: 1 })
    await git('function', 'rm', 'plain')
    expect(await git('rotate', '--due')).toMatchObject({
      code: 255,
      stderr: expect.stringContaining('git-vault: hint: git-vault function add plain\n')
    })
  }, 120_000)

  it('continues with the same version after kill -9', async () => {
    await scheduled(box, 'killed', 2, { AutomaticallyAfterDays: 2 })
    chaos('after setSecret', 'kill the program')
    expect((await git('rotate', '--due')).code).toBe(null)
    chaos('', '')
    const { due } = JSON.parse((await git('due', '--json')).stdout) as {
      due: { State: string; PendingVersionId: string }[]
    }
    expect(due).toMatchObject([{ State: 'incomplete' }])
    expect((await git('rotate', '--due')).stdout).toBe(
      `finished the earlier rotation of killed: AWSCURRENT is on version ${due[0]!.PendingVersionId}\n`
    )
    expect(await passwordOf(box, 'killed')).toBe(store.passwords.get('killed'))
    expect((await git('verify')).code).toBe(0)
  }, 120_000)

  it('ends on Ctrl-C with the rotation that is running, and begins no other', async () => {
    for (const name of ['a', 'b']) await scheduled(box, name, 2, { AutomaticallyAfterDays: 2 })
    rmSync(`${CHAOS}.waits`, { force: true })
    chaos('before setSecret', 'wait')
    const child = spawn(process.execPath, [PROGRAM, 'rotate', '--due'], {
      cwd: box.root,
      stdio: ['ignore', 'pipe', 'pipe']
    })
    let stderr = ''
    child.stderr.on('data', chunk => (stderr += String(chunk)))
    const ended = new Promise(resolve => child.on('close', resolve))
    await until(() => existsSync(`${CHAOS}.waits`))
    child.kill('SIGINT')
    expect(await ended).toBe(130)
    chaos('', '')
    expect(stderr).toContain('git-vault: the rotation of a was interrupted: AWSCURRENT is as it was')
    const { VersionIdsToStages } = await box.api.describeSecret({ SecretId: 'b' })
    expect(Object.keys(VersionIdsToStages!)).toHaveLength(1)
    expect((await git('rotate', '--due')).stdout).toMatch(
      /^finished the earlier rotation of a: .*\nrotated b: /
    )
  }, 120_000)

  it('takes no NAME and no region; --push is for it alone', async () => {
    for (const args of [['--due', 'one'], ['--due', '--region', 'eu-west-1'], ['one', '--push'], []])
      expect((await git('rotate', ...args)).code).toBe(252)
  })
})

describe('rotate --due --push', () => {
  it('pushes the claim and the result, and rotates nothing without the remote', async () => {
    const { hub, ana } = await hubAndVault()
    box = ana
    const file = ['--node', `${functions}plain.mjs`, '--env', `CHAOS=${CHAOS}`]
    expect((await git('function', 'add', 'plain', ...file)).code).toBe(0)
    await scheduled(ana, 'pushed', 1, { AutomaticallyAfterDays: 1 })
    ana.git('push', '-q', 'origin', 'main')
    ana.git('remote', 'set-url', 'origin', `${hub}-gone`)
    const head = ana.head()
    const without = await git('rotate', '--due', '--push')
    expect(without.code).toBe(255)
    expect(without.stderr).toContain('cannot fetch from')
    expect(await passwordOf(ana, 'pushed')).toBe('first of pushed')
    expect(store.passwords.get('pushed')).toBe('first of pushed')
    expect(ana.head()).toBe(head)
    ana.git('remote', 'set-url', 'origin', hub)
    const done = await git('rotate', '--due', '--push', 'origin')
    expect(done).toMatchObject({ code: 0, stderr: '' })
    const bob = await cloneHub(hub, ana)
    bob.clock.time = Date.now()
    expect(store.passwords.get('pushed')).toBe(await passwordOf(bob, 'pushed'))
    expect(bob.head()).toBe(ana.head())
  }, 120_000)

  it('run in two clones at once rotates each secret once', async () => {
    const { hub, ana } = await anotherHubAndVault()
    box = ana
    const file = ['--node', `${functions}plain.mjs`, '--env', `CHAOS=${CHAOS}`]
    expect((await git('function', 'add', 'plain', ...file)).code).toBe(0)
    const names = ['one', 'two', 'three']
    for (const name of names) await scheduled(ana, name, 2, { AutomaticallyAfterDays: 2 })
    ana.git('push', '-q', 'origin', 'main')
    const bob = await cloneHub(hub, ana)
    const both = await Promise.all(
      [ana, bob].map(({ root }) => gitVault(root, 'rotate', '--due', '--push', '--json'))
    )
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    const done = both.flatMap(({ stdout }) => JSON.parse(stdout) as { Name: string; Outcome: string }[])
    const rotated = done.filter(({ Outcome }) => Outcome === 'rotated')
    expect(rotated.map(({ Name }) => Name).sort()).toEqual(names.sort())
    for (const { root } of [ana, bob]) expect((await gitVault(root, 'sync')).code).toBe(0)
    for (const clone of [ana, bob]) {
      clone.clock.time = Date.now()
      for (const name of names) expect(await passwordOf(clone, name)).toBe(store.passwords.get(name))
    }
  }, 120_000)
})
