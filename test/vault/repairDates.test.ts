import * as fs from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { acceptOlder, trust } from '../../src/app/trust.js'
import { datesAhead, repairDates } from '../../src/vault/repairDates.js'
import { removeMember, revoke } from '../../src/vault/team/team.js'
import { forge, read } from './attacks/forge.js'
import { cloneOf, DAY, failure, makeVault, token, type TestVault } from './fixture.js'
import { gitCommands } from './gitCommands.js'
import { admit, rights, type Person } from './people.js'
import { checkRange } from './verify/verifyKit.js'

const NAME = 'prod/db'
const STAGES = `vault/secrets/${NAME}/stages.yaml`
const YEARS = 1000 * DAY
const quiet = () => undefined

let box: TestVault
let start: string
let now: number

const put = (name: string) =>
  box.api.putSecretValue({ SecretId: NAME, SecretString: name, ClientRequestToken: token(name) })
const value = async () => (await box.api.getSecretValue({ SecretId: NAME })).SecretString
const repair = async () => repairDates(await box.internal(), NAME)
const ahead = async (work: () => Promise<unknown>) => {
  box.clock.time += YEARS
  await work()
  box.clock.time -= YEARS
}
const locked = { code: 'RepositoryState', message: expect.stringContaining('over 24 hours ahead') as string }

beforeEach(async () => {
  box = await makeVault()
  now = box.clock.time
  await box.api.createSecret({ Name: NAME, SecretString: 'one', ClientRequestToken: token('one') })
  start = box.head()
  box.clock.advance(1000)
})

describe('a write by a clock that may be far ahead', () => {
  const warned = () => box.clockNotices.filter(line => line.includes('repair-dates'))

  beforeEach(() => (box.clockNotices.length = 0))

  it('warns, with the newest date known and the command that helps, and is made', async () => {
    await put('soon')
    box.clock.advance(DAY - 1000)
    await put('a day later')
    expect(warned()).toEqual([])
    box.clock.advance(DAY + 1)
    await put('later')
    expect(warned()).toEqual([
      "this computer's clock says 2027-03-03T10:00:00.001Z, and the newest date known here is " +
        '2027-03-02T10:00:00.000Z. If the clock is right, there is nothing to do. ' +
        'If it is ahead, set it and run: git-vault repair-dates prod/db'
    ])
    expect(await value()).toBe('later')
  })

  it('does not warn if HEAD has a date that is near enough', async () => {
    box.clock.advance(9 * DAY)
    const date = `@${Math.floor(box.clock.now() / 1000)} +0000`
    Object.assign(process.env, { GIT_COMMITTER_DATE: date, GIT_AUTHOR_DATE: date })
    box.git('commit', '-q', '--allow-empty', '-m', 'code')
    delete process.env['GIT_COMMITTER_DATE']
    delete process.env['GIT_AUTHOR_DATE']
    await put('later')
    expect(warned()).toEqual([])
  })

  it('warns for a new secret, a tag and a label too, and for no refused write', async () => {
    box.clock.advance(9 * DAY)
    await failure(box.api.createSecret({ Name: NAME, SecretString: 'x' }))
    expect(warned()).toEqual([])
    await box.api.createSecret({ Name: 'new', SecretString: 'x' })
    expect(warned()).toHaveLength(1)
    box.clock.advance(9 * DAY)
    await box.api.tagResource({ SecretId: NAME, Tags: [{ Key: 'a', Value: 'b' }] })
    expect(warned()).toHaveLength(2)
    box.clock.advance(9 * DAY)
    const first = { SecretId: NAME, VersionStage: 'blue', MoveToVersionId: token('one') }
    await box.api.updateSecretVersionStage(first)
    expect(warned()).toHaveLength(3)
  })
})

describe('a write on a machine that tells how long it has been running', () => {
  let started: number
  const warned = () => box.clockNotices.splice(0).length
  const start = () => {
    started = box.clock.now()
    Object.assign(box.clock, { uptime: () => box.clock.time - started })
  }
  /** Sets the clock; `advance` lets time pass. */
  const set = (time: number) => {
    started += time - box.clock.time
    box.clock.time = time
  }

  beforeEach(async () => {
    start()
    await put('before')
    box.clockNotices.length = 0
  })

  it('does not warn after a quiet weekend, or a quiet year', async () => {
    for (const quiet of [3 * DAY, 365 * DAY]) {
      box.clock.advance(quiet)
      await put(`after ${quiet}`)
      expect(warned()).toBe(0)
    }
  })

  it('does not warn if the clock is corrected by minutes', async () => {
    box.clock.advance(3 * DAY)
    set(box.clock.time + 5 * 60_000)
    await put('after')
    expect(warned()).toBe(0)
  })

  it('warns if the clock was set ahead, once each time', async () => {
    await box.api.createSecret({ Name: 'other', SecretString: 'x' })
    for (const round of [1, 2]) {
      set(box.clock.time + 9 * DAY)
      await put(`after ${round}`)
      expect(warned()).toBe(1)
      box.clock.advance(2 * DAY)
      await box.api.putSecretValue({ SecretId: 'other', SecretString: `after ${round}` })
      await put(`later ${round}`)
      expect(warned()).toBe(0)
    }
  })

  it('warns once if many writes at once follow', async () => {
    const names = ['a', 'b', 'c', 'd']
    for (const Name of names) await box.api.createSecret({ Name, SecretString: 'x' })
    set(box.clock.time + 9 * DAY)
    await Promise.all(names.map(SecretId => box.api.putSecretValue({ SecretId, SecretString: 'y' })))
    expect(warned()).toBe(1)
  })

  it('warns after a quiet day if it has been started since, or if this clone has not written yet', async () => {
    box.clock.advance(3 * DAY)
    start()
    await put('after')
    expect(warned()).toBe(1)
    box.clock.advance(3 * DAY)
    fs.writeFileSync(box.path('.git/git-vault/clock'), 'damaged')
    await put('later')
    expect(warned()).toBe(1)
    await put('last')
    box.clock.advance(3 * DAY)
    const clone = await cloneOf(box)
    await trust(clone.root, box.made.root)
    Object.assign(clone.clock, { uptime: () => clone.clock.time - started })
    await (await clone.reopen()).putSecretValue({ SecretId: NAME, SecretString: 'x' })
    expect(clone.clockNotices).toHaveLength(1)
  })

  it('starts one git process less', async () => {
    box.clock.advance(3 * DAY)
    const commands = await gitCommands(() => put('after'))
    expect(commands).toContain('fast-import')
    expect(commands).not.toContain('rev-list')
    box.clock.advance(3 * DAY)
    start()
    expect(await gitCommands(() => put('later'))).toContain('rev-list')
  })
})

describe('repairing dates', () => {
  it('unlocks a secret: values, labels and their order stay', async () => {
    await ahead(async () => {
      await put('two')
      await put('three')
      const green = { SecretId: NAME, VersionStage: 'green', MoveToVersionId: token('one') }
      await box.api.updateSecretVersionStage(green)
      await box.api.tagResource({ SecretId: NAME, Tags: [{ Key: 'a', Value: 'b' }] })
    })
    expect(await failure(put('four'))).toMatchObject(locked)
    const before = await box.api.describeSecret({ SecretId: NAME })
    expect(await datesAhead(await box.internal(), NAME)).toMatch(/^2029/)
    expect(await repair()).toMatchObject({ left: [] })
    expect(box.git('log', '-1', '--format=%s').trim()).toBe(`RepairDates ${NAME}`)
    const after = await box.api.describeSecret({ SecretId: NAME })
    expect(after.VersionIdsToStages).toEqual(before.VersionIdsToStages)
    expect(after.Tags).toEqual(before.Tags)
    expect(after.LastChangedDate!.getTime()).toBeLessThan(box.clock.now() + 1000)
    expect(box.read(STAGES)).not.toMatch(/20(?:29|[3-9]\d)-/)
    const { Versions = [] } = await box.api.listSecretVersionIds({ SecretId: NAME, IncludeDeprecated: true })
    expect(Versions.map(({ CreatedDate }) => CreatedDate!.getTime() < box.clock.now() + 1000)).toEqual([
      true,
      true,
      true
    ])
    expect(await value()).toBe('three')
    box.clock.advance(1000)
    await put('four')
    expect((await box.api.getSecretValue({ SecretId: NAME, VersionStage: 'AWSPREVIOUS' })).SecretString).toBe(
      'three'
    )
    expect(await checkRange(box, `${start}..HEAD`)).toMatchObject({ found: [], warned: [] })
    box.expectClean()
    const head = box.head()
    expect(await repair()).toEqual({ dates: 0, latest: undefined, left: [] })
    expect(box.head()).toBe(head)
  })

  it('corrects a secret that was created, and scheduled for deletion, by that clock', async () => {
    await ahead(async () => {
      await box.api.createSecret({ Name: 'late', SecretString: 'x' })
      await box.api.deleteSecret({ SecretId: 'late', RecoveryWindowInDays: 7 })
    })
    const vault = await box.internal()
    await repairDates(vault, 'late')
    const { CreatedDate, DeletedDate } = await box.api.describeSecret({ SecretId: 'late' })
    expect(CreatedDate!.getTime() - box.clock.now()).toBeLessThan(1000)
    const week = (DeletedDate!.getTime() - box.clock.now()) / DAY
    expect(week).toBeGreaterThan(6.9)
    expect(week).toBeLessThan(7.1)
    await box.api.restoreSecret({ SecretId: 'late' })
    expect((await box.api.getSecretValue({ SecretId: 'late' })).SecretString).toBe('x')
    expect(await checkRange(box, `${start}..HEAD`)).toMatchObject({ found: [], warned: [] })
  })

  it('needs manage or an admin; without decrypt the dates of versions stay, and hinder nothing', async () => {
    const people: Record<string, Person> = {}
    for (const [name, list] of Object.entries({ ci: 'decrypt encrypt', ops: 'manage' }))
      people[name] = await admit(box, name, { default: list })
    await ahead(() => put('two'))
    expect(await failure(repairDates(await people['ci']!.open(box), NAME))).toMatchObject({
      code: 'AccessDeniedException'
    })
    expect(await repairDates(await people['ops']!.open(box), NAME)).toMatchObject({ left: [token('two')] })
    expect(await repairDates(await people['ops']!.open(box), NAME)).toMatchObject({
      dates: 0,
      left: [token('two')]
    })
    expect(await checkRange(box, `${start}..HEAD`)).toMatchObject({ found: [] })
    await put('three')
    expect(await value()).toBe('three')
    expect(await repair()).toMatchObject({ dates: 1, left: [] })
    expect(box.read(STAGES)).not.toMatch(/2029-/)
  })

  it('signed by a member with encrypt alone is refused, in a reader and in a range', async () => {
    const ci = await admit(box, 'ci', { default: 'encrypt' })
    await put('two')
    const before = box.head()
    await forge(box, 'stages', STAGES, { ...ci.identity, name: 'ci', secret: ci.secret }, stages => {
      stages.signed.change.operation = 'RepairDates'
      stages.signed.serial = String(Number(stages.signed.serial) + 1)
    })
    box.git('commit', '-qam', 'forged')
    expect(await failure(value())).toMatchObject({ message: `${STAGES}: signed by ci, who may not sign it` })
    const { found } = await checkRange(box, `${before}..HEAD`)
    expect(found[0]).toContain('signed by ci, who may not sign it')
  })

  it('is signed again when the member who repaired loses manage, or leaves', async () => {
    const ops = await admit(box, 'ops', { default: 'decrypt encrypt manage' })
    await ahead(() => put('two'))
    await repairDates(await ops.open(box), NAME)
    await revoke(await box.internal(), 'ops', rights({ default: 'manage' }), quiet)
    expect(await value()).toBe('two')
    await removeMember(await box.internal(), 'ops', quiet)
    expect(await value()).toBe('two')
  })

  it('may not take back a move that was dated less than 24 hours ahead', async () => {
    const old = box.read(STAGES)
    await put('two')
    const before = box.head()
    const { signed } = await read(box, 'stages', STAGES)
    box.write(STAGES, old)
    const alice = { ...(await (await box.internal()).identity()), name: 'alice', secret: '' }
    await forge(box, 'stages', STAGES, alice, stages => {
      stages.signed = {
        ...signed,
        serial: String(Number(signed.serial) + 1),
        change: { operation: 'RepairDates', time: new Date(box.clock.now()).toISOString() }
      }
    })
    box.git('commit', '-qam', 'rolled back')
    const { found } = await checkRange(box, `${before}..HEAD`)
    expect(found.some(line => line.includes('has an older move than an earlier commit has'))).toBe(true)
    expect(await failure(value())).toMatchObject({ code: 'DocumentRefused' })
  })

  it('is accepted by a clone that has seen the wrong dates; later states alone need a confirmation', async () => {
    const clone = await cloneOf(box)
    await trust(clone.root, box.made.root)
    await clone.reopen()
    clone.clock.time = now + YEARS
    await clone.api.putSecretValue({ SecretId: NAME, SecretString: 'far', ClientRequestToken: token('far') })
    clone.clock.time = now + 2000
    box.git('pull', '-q', clone.root, 'main')
    expect(await failure(put('two'))).toMatchObject(locked)
    await repair()
    const late = await cloneOf(clone)
    fs.cpSync(clone.path('.git/git-vault'), late.path('.git/git-vault'), { recursive: true })
    clone.git('pull', '-q', box.root, 'main')
    expect((await clone.api.getSecretValue({ SecretId: NAME })).SecretString).toBe('far')
    box.clock.advance(1000)
    await put('two')
    clone.git('pull', '-q', box.root, 'main')
    expect((await clone.api.getSecretValue({ SecretId: NAME })).SecretString).toBe('two')

    await late.reopen()
    late.git('pull', '-q', box.root, 'main')
    expect(await failure(late.api.getSecretValue({ SecretId: NAME }))).toMatchObject({
      message: `${STAGES}: AWSCURRENT of ${NAME} has an older move than this clone has seen on this branch`
    })
    await acceptOlder(late.root, NAME)
    expect((await late.api.getSecretValue({ SecretId: NAME })).SecretString).toBe('two')
  })
})
