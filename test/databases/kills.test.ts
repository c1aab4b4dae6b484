import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callsIn, compileShim, faultEnvironment, type Fault } from '../faults/lab.js'
import { killsEvery, makeVault, scratch, type TestVault } from '../vault/fixture.js'
import { Campaign, type Victim, type Way } from './campaign.js'
import { BUILTINS, createMaster, FUNCTIONS, usePython, type Ran, type RotationFunction } from './kit.js'
import { startPostgres, type Postgres } from './postgres.js'

/*
 * Rotations of a PostgreSQL user in which a process is killed, by SIGKILL. After the next run the password of AWSCURRENT works,
 * and nothing is left of the run before. `GIT_VAULT_TEST_KILLS=1` kills at each point, in each function, and at each call of
 * git-vault and of its git that writes; 7 at each seventh.
 */

const isLong = killsEvery > 0
/** In milliseconds. One kill takes two rotations. */
const timeout = isLong ? 4 * 60 * 60_000 : 240_000
const chosen = <T>(all: readonly T[]): T[] => all.filter((_, at) => at % killsEvery === 0)

let postgres: Postgres
let box: TestVault
let masterArn: string
beforeAll(async () => {
  usePython()
  postgres = await startPostgres()
  box = await makeVault()
  box.clock.now = () => Date.now()
  masterArn = await createMaster(box, postgres)
})
afterAll(() => postgres.stop())

let made = 0
/** Starts a campaign with an account of its own. */
const start = (kind: RotationFunction): Promise<Campaign> =>
  Campaign.start(box, postgres, { ...kind, name: `${kind.name}-${++made}` }, masterArn)

const kindOf = (name: string): RotationFunction => FUNCTIONS.find(one => one.name === name)!

/** The operations of the service that AWS's templates call, and what they do at the database. */
const SINGLE = [
  ...['DescribeSecret', 'GetSecretValue', 'GetSecretValue', 'GetRandomPassword', 'PutSecretValue'],
  ...['DescribeSecret', 'GetSecretValue', 'GetSecretValue', 'GetSecretValue', 'login', 'login', 'ALTER'],
  ...['DescribeSecret', 'GetSecretValue', 'login', 'SELECT'],
  ...['DescribeSecret', 'DescribeSecret', 'UpdateSecretVersionStage']
]
const multi = (...statements: string[]): string[] => [
  ...['DescribeSecret', 'GetSecretValue', 'GetSecretValue', 'GetRandomPassword', 'PutSecretValue'],
  ...['DescribeSecret', 'GetSecretValue', 'GetSecretValue', 'login', 'login'],
  ...['GetSecretValue', 'login', 'SELECT', ...statements],
  ...['DescribeSecret', 'GetSecretValue', 'login', 'SELECT'],
  ...['DescribeSecret', 'DescribeSecret', 'UpdateSecretVersionStage']
]
const CREATION = ['BEGIN', 'CREATE', 'GRANT', 'COMMIT']
const pointsOf = (calls: readonly string[]): string[] =>
  calls.flatMap(name => [`before ${name}`, `after ${name}`])

/** What the short form kills. */
const SHORT: Readonly<Record<string, readonly (readonly [Way, Victim, string])[]>> = {
  'python-single': [['command line', 'program', 'after ALTER']],
  'python-multi': [],
  'node-single': [
    ['command line', 'program', 'after PutSecretValue'],
    ['command line', 'program', 'before ALTER'],
    ['command line', 'function', 'after ALTER'],
    ['endpoint', 'program', 'after ALTER'],
    ['endpoint', 'function', 'after UpdateSecretVersionStage']
  ],
  'node-multi': [['endpoint', 'program', 'before UpdateSecretVersionStage']]
}

describe.each(FUNCTIONS)('a kill during a rotation with $name', kind => {
  it('leaves nothing that the next run does not finish', { timeout }, async () => {
    const campaign = await start(kind)
    expect(await campaign.uninterrupted()).toEqual(pointsOf(kind.isMultiUser ? multi(...CREATION) : SINGLE))
    const points = pointsOf(kind.isMultiUser ? multi('ALTER') : SINGLE)
    for (const [way, victim, name] of SHORT[kind.name]!)
      await expectMended(`${victim}, ${way}: ${name}`, () =>
        campaign.killed(points.indexOf(name) + 1, victim, way)
      )
    if (isLong) {
      expect(await campaign.uninterrupted()).toEqual(points)
      const all = points.flatMap((name, at) =>
        (['command line', 'endpoint'] as const).flatMap(way =>
          (['program', 'function'] as const).map(victim => ({ name, at: at + 1, way, victim }))
        )
      )
      for (const { name, at, way, victim } of chosen(all))
        await expectMended(`${victim}, ${way}: ${name} (${at})`, () => campaign.killed(at, victim, way))
    }
    await campaign.stop()
  })

  // a test that is skipped would fail .ci/run
  if (!kind.isMultiUser || !isLong) return
  it('the first time, too', { timeout }, async () => {
    const points = pointsOf(multi(...CREATION))
    const creating = pointsOf(CREATION).flatMap(name =>
      (['program', 'function'] as const).map(victim => ({ name, victim }))
    )
    for (const { name, victim } of chosen(creating)) {
      const campaign = await start(kind)
      await expectMended(`${victim}: ${name}`, () =>
        campaign.killed(points.indexOf(name) + 1, victim, 'command line')
      )
    }
  })
})

describe.each(BUILTINS)('a kill at each message of a rotation with $name', kind => {
  it('leaves nothing that the next run does not finish', { timeout }, async () => {
    const campaign = await start(kind)
    // the first rotation of two users creates the second one
    await campaign.uninterrupted()
    const points = await campaign.uninterrupted()
    for (const name of ['PutSecretValue', 'ALTER', 'UpdateSecretVersionStage'])
      for (const point of pointsOf([name])) expect(points).toContain(point)
    const all = points.flatMap((name, at) =>
      (['command line', 'endpoint'] as const).flatMap(way =>
        (['program', 'function'] as const).map(victim => ({ name, at: at + 1, way, victim }))
      )
    )
    const short = all.filter(({ name, way, victim }) =>
      kind.isMultiUser ? false : name === 'after ALTER' && way === 'command line' && victim === 'program'
    )
    for (const { name, at, way, victim } of isLong ? chosen(all) : short)
      await expectMended(`${victim}, ${way}: ${name} (${at} of ${points.length})`, () =>
        campaign.killed(at, victim, way)
      )
    await campaign.stop()
  })
})

describe('a kill of git-vault, or of its git, while it writes during a rotation', () => {
  it('leaves nothing that the next run does not finish', { timeout }, async () => {
    const campaign = await start(kindOf('node-single'))
    const folder = scratch('shim')
    const library = compileShim(folder)
    const [counter, log] = [join(folder, 'counter'), join(folder, 'log')]
    const killed = (more: Partial<Fault>): Promise<Ran> =>
      campaign.withFault(faultEnvironment(library, { root: box.root, counter, ...more }))
    const { code } = await killed({ log })
    expect(code).toBe(0)
    // RotateSecret, PutSecretValue and UpdateSecretVersionStage: after the branch moved, and once before it moves
    const [before, after] = ['fsync .git/git-vault-write', 'fsync .git/refs/heads']
    const short = [[before, 1] as const, ...[0, 1, 2].map(at => [after, at] as const)]
    for (const [match, at] of short)
      await expectMended(`${match} (${at})`, async () => {
        expect((await killed({ match, at })).signal).toBe('SIGKILL')
      })
    if (!isLong) return
    const all = callsIn(log)
    let failed = 0
    for (const { number, name, path } of chosen(all))
      await expectMended(`call ${number}: ${name} ${path.slice(box.root.length)}`, async () => {
        if ((await killed({ at: number })).code !== 0) failed++
      })
    console.log(`${all.length} calls; ${failed} kills made the command fail`)
  })
})

let kills = 0
/** Runs one case, which a failure names. */
async function expectMended(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
  kills++
  if (isLong) console.log(new Date().toISOString(), what)
}
afterAll(() => {
  if (isLong) console.log(`${kills} kills, each followed by a run that finished`)
})
