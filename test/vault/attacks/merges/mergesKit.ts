import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'vitest'
import { setUpMerging } from '../../../../src/app/mergeSetup.js'
import { VaultError } from '../../../../src/index.js'
import { syncOf } from '../../../app/sync/kit.js'
import { scratch, token, type TestVault } from '../../fixture.js'
import { run } from '../../resolving/resolveKit.js'
import { check, checkRange } from '../../verify/verifyKit.js'
import { NAME } from '../forge.js'
import { commit, scene } from '../kit.js'

/** Three clones of one bare repository: the victim's, another honest one, and one to attack from. */
export interface Team {
  readonly hub: string
  /** Has stored a value that nobody else has yet. */
  readonly victim: TestVault
  readonly reader: TestVault
  readonly attacker: TestVault
  /** The last commit that all three have. */
  readonly start: string
}

export type Plant = (attacker: TestVault, team: Team) => unknown

const MINUTE = 60_000

async function team(): Promise<Team> {
  // git's merge driver goes by the computer's clock
  const { victim, attacker } = await scene(Date.now() - 60 * MINUTE)
  const { victim: reader } = await scene()
  const hub = join(scratch('hub'), 'hub.git')
  execFileSync('git', ['clone', '-q', '--bare', victim.root, hub])
  for (const box of [victim, attacker, reader]) {
    box.tryGit('remote', 'remove', 'origin')
    box.git('remote', 'add', 'origin', hub)
    box.git('fetch', '-q')
    box.git('branch', '-q', '-u', 'origin/main')
  }
  const start = victim.head()
  attacker.clock.advance(5 * MINUTE)
  victim.clock.advance(10 * MINUTE)
  reader.clock.advance(20 * MINUTE)
  await put(victim, 'ours')
  return { hub, victim, attacker, reader, start }
}

const put = (box: TestVault, value: string) =>
  box.api.putSecretValue({ SecretId: NAME, SecretString: value, ClientRequestToken: token(value) })

/** Commits what the attacker has changed, unless they did so, and pushes it. */
async function planted(plant: Plant): Promise<Team> {
  const all = await team()
  const { attacker } = all
  await plant(attacker, all)
  if (attacker.status() !== '') commit(attacker)
  attacker.git('push', '-q', '--force', 'origin', 'HEAD:main')
  return all
}

/** What the victim's labels are after the attack, if it gains nothing. */
const WHOLE = { ours: ['AWSCURRENT'], three: ['AWSPREVIOUS'], two: ['blue'] }

type Labels = Readonly<Record<string, readonly string[]>>

/** Expects that no version, label or tag is lost or added, and that the newest state verifies. */
async function expectWhole(box: TestVault, labels: Labels): Promise<void> {
  await box.reopen()
  const { VersionIdsToStages, Tags } = await box.api.describeSecret({ SecretId: NAME })
  const found = Object.entries(VersionIdsToStages!).map(([id, on]) => [id.replace(/-+$/, ''), on] as const)
  expect(Object.fromEntries(found)).toEqual(labels)
  expect(Tags).toEqual([{ Key: 'k', Value: 'v' }])
  for (const value of ['one', 'evil', 'two', 'mine', 'three', 'ours'])
    expect(await box.api.getSecretValue({ SecretId: NAME, VersionId: token(value) })).toMatchObject({
      SecretString: value
    })
  const { SecretString } = await box.api.getSecretValue({ SecretId: 'prod/other' })
  expect(SecretString).toBe('two')
  expect((await check(box)).found).toEqual([])
}

/** Expects that both honest clones write, sync, and end with one state. */
async function expectWriting({ victim, reader, start }: Team): Promise<void> {
  expect(await syncLine(victim)).toMatch(/^(?:pushed|synced)$/)
  await put(reader, 'reader')
  expect(await syncLine(reader)).toBe('pushed')
  expect(await syncLine(victim)).toBe('synced')
  await victim.reopen()
  await put(victim, 'last')
  expect((await checkRange(victim, `${start}..HEAD`)).found).toEqual([])
}

/** Syncs, and returns how that ended: the conflicts, or the error. */
async function syncLine(box: TestVault): Promise<string> {
  try {
    const { conflicts, isPushed } = await syncOf(box)
    const reasons = conflicts.map(({ reason }) => reason)
    return reasons.join('\n') || (isPushed ? 'pushed' : 'synced')
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    return `${error.code}: ${error.message}`
  }
}

/**
 * Expects that the attack is joined by `sync`, and by `git merge` with the driver, and gains nothing.
 * @param labels after it, if a part of what was planted is the attacker's own right
 */
export async function joined(plant: Plant, labels: Labels = WHOLE): Promise<void> {
  const all = await planted(plant)
  // has followed the attacker's branch before the victim merges it
  expect(await syncLine(all.reader)).toBe('synced')
  expect(await syncLine(all.victim)).toBe('pushed')
  await expectWhole(all.victim, labels)
  expect(await syncLine(all.reader)).toBe('synced')
  await expectWhole(all.reader, labels)
  await expectWriting(all)
  const { victim, start } = await planted(plant)
  expect(await gitMerge(victim)).toMatchObject({ status: 0, lines: '' })
  await victim.reopen()
  // puts back the files that git removed by itself
  await put(victim, 'after')
  const others = Object.fromEntries(Object.entries(labels).filter(([, on]) => !on.includes('AWSPREVIOUS')))
  await expectWhole(victim, { ...others, after: ['AWSCURRENT'], ours: ['AWSPREVIOUS'] })
  expect((await checkRange(victim, `${start}..HEAD`)).found).toEqual([])
}

/** How a merge by git ends in which something is refused. */
export interface Ending {
  /** What the driver says. Left out: git itself stops the merge, or takes what was planted without asking the driver. */
  readonly says?: RegExp
  /** The command that ends it. `resolve` by default, which keeps ours if it has to ask. */
  readonly by?: 'resolve' | 'abort' | 'reset'
}

/**
 * Expects that `sync` refuses the attack with one line, and changes nothing; and that a merge by git is stopped or found, and
 * gains nothing once the victim has ended it.
 */
export async function refused(
  plant: Plant,
  line: RegExp,
  { says, by = 'resolve' }: Ending = {}
): Promise<void> {
  const all = await planted(plant)
  const { hub, victim, reader, attacker, start } = all
  const before = victim.state()
  const outcome = await syncLine(victim)
  expect(outcome).toMatch(line)
  expect(outcome).not.toContain('\n')
  expect(victim.state()).toBe(before)
  await expectWhole(victim, WHOLE)
  // whoever runs the remote puts the branch back
  attacker.git('push', '-q', '--force', 'origin', `${start}:main`)
  expect(execFileSync('git', ['--git-dir', hub, 'rev-parse', 'main'], { encoding: 'utf8' }).trim()).toBe(
    start
  )
  await expectWriting(all)
  expect(await reader.api.getSecretValue({ SecretId: NAME })).toMatchObject({ SecretString: 'reader' })
  await endOf(plant, says, by)
}

async function endOf(plant: Plant, says: RegExp | undefined, by: NonNullable<Ending['by']>): Promise<void> {
  const { victim } = await planted(plant)
  const honest = victim.head()
  const { status, lines } = await gitMerge(victim)
  if (says) expect(lines).toMatch(says)
  if (by === 'abort') victim.git('merge', '--abort')
  else if (by === 'reset') {
    await victim.reopen()
    expect((await check(victim).catch(found)).found).not.toEqual([])
    victim.git('reset', '-q', '--hard', honest)
  } else {
    const { remaining, unresolved } = await run(victim, { answer: () => 'ours' })
    expect({ remaining, unresolved: unresolved.map(({ why }) => why) }).toEqual({
      remaining: [],
      unresolved: []
    })
    if (status !== 0) victim.git('commit', '-q', '--no-edit')
  }
  await expectWhole(victim, WHOLE)
  await put(victim, 'after')
}

const found = (error: unknown): { found: string[] } => ({ found: [String(error)] })

/** Merges the remote's branch with the merge driver. Returns the lines of git-vault itself. */
async function gitMerge(box: TestVault): Promise<{ status: number | null; lines: string }> {
  await setUpMerging(box.root)
  box.git('fetch', '-q', 'origin')
  // without a terminal, so that nothing waits for a passphrase
  const { status, stderr } = spawnSync('setsid', ['-w', 'git', 'merge', '--no-edit', 'origin/main'], {
    cwd: box.root,
    encoding: 'utf8',
    env: { ...process.env, GIT_EDITOR: 'true' }
  })
  const lines = stderr.split(/[\r\n]+/).filter(line => line.startsWith('git-vault: '))
  return { status, lines: lines.join('\n') }
}
