import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { failure, scratch, token, type TestVault } from '../../vault/fixture.js'
import { admit } from '../../vault/people.js'
import { repairDates } from '../../../src/vault/repairDates.js'
import {
  cloneHub,
  anotherHubAndVault,
  hubAndVault,
  hubWithFile,
  problems,
  put,
  syncOf,
  value
} from './kit.js'

const HOUR = 60 * 60 * 1000

/** Expects that a sync fails, and changes nothing here and at the remote. */
async function refused(box: TestVault, hub: string, options: Parameters<typeof syncOf>[1] = {}) {
  const remote = (): string => execFileSync('git', ['--git-dir', hub, 'for-each-ref'], { encoding: 'utf8' })
  const before = [box.state(), remote()]
  const { code, message } = await failure(syncOf(box, options))
  expect([box.state(), remote()]).toEqual(before)
  expect(message).not.toContain('\n')
  return `${code}: ${message}`
}

/** Two clones that have both put a value. */
async function diverged(): Promise<{ hub: string; ana: TestVault; bob: TestVault }> {
  const { hub, ana } = await hubAndVault()
  const bob = await cloneHub(hub, ana)
  await put(ana, 'db', 'by ana')
  await put(bob, 'db', 'by bob')
  return { hub, ana, bob }
}

describe('a conflict changes nothing, and is named', () => {
  it('one token with two values', async () => {
    const { hub, ana } = await hubAndVault()
    const bob = await cloneHub(hub, ana)
    for (const box of [ana, bob])
      await box.api.putSecretValue({
        SecretId: 'db',
        SecretString: `of ${box.root}`,
        ClientRequestToken: token('same')
      })
    await syncOf(ana)
    const before = bob.state()
    expect(await syncOf(bob)).toMatchObject({
      conflicts: [{ name: 'db', reason: `db: version ${token('same')} has another value on each side` }],
      isPushed: false
    })
    expect(bob.state()).toBe(before)
    expect(await value(bob, 'db')).toBe(`of ${bob.root}`)
  })

  it('one name created twice', async () => {
    const { hub, ana } = await hubAndVault()
    const bob = await cloneHub(hub, ana)
    for (const box of [ana, bob]) await box.api.createSecret({ Name: 'new', SecretString: box.root })
    await syncOf(ana)
    expect((await syncOf(bob, { dryRun: true })).conflicts).toHaveLength(1)
    expect(await syncOf(bob)).toMatchObject({
      conflicts: [{ name: 'new', reason: 'new: each side has created a secret of this name' }]
    })
  })

  it('an access log that both sides extended with one name', async () => {
    const { hub, ana } = await hubAndVault()
    const bob = await cloneHub(hub, ana)
    await admit(ana, 'carol', { default: 'decrypt' })
    await admit(bob, 'carol', { default: 'decrypt' })
    await syncOf(ana)
    const before = bob.state()
    const { conflicts } = await syncOf(bob)
    expect(conflicts.map(({ reason }) => reason)).toEqual([
      'vault/access.yaml: both sides have added entries to the access log: entry 2 here (add member carol, ' +
        'grant carol decrypt on default) cannot be made again: the name "carol" was given to another identity there; ' +
        'take theirs, and make your changes again as far as you still may: git reset --keep origin/main && git-vault trust --accept-log'
    ])
    expect(bob.state()).toBe(before)
  })

  it('a file outside the vault', async () => {
    const { hub, ana, bob } = await hubWithFile('code', 'one\n')
    for (const box of [ana, bob]) {
      box.write('code', `of ${box.root}\n`)
      box.git('commit', '-qam', 'code')
    }
    await put(ana, 'db', 'two')
    await syncOf(ana)
    await put(bob, 'web', 'two')
    expect(await refused(bob, hub)).toBe('MergeConflict: git cannot merge files outside the vault: code')
  })
})

describe('what fails verification is not merged', () => {
  it('a forged document', async () => {
    const { hub, ana, bob } = await diverged()
    const path = 'vault/secrets/db/stages.yaml'
    ana.write(path, ana.read(path).replace(/moved: 20\d\d/, 'moved: 2031'))
    ana.git('commit', '-qam', 'PutSecretValue db')
    ana.git('push', '-q', 'origin', 'main')
    expect(await refused(bob, hub)).toMatch(
      /^DocumentRefused: origin\/main, commit [0-9a-f]{12}: vault\/secrets\/db\/stages.yaml: /
    )
  })

  it('a state that goes back', async () => {
    const { hub, ana } = await hubAndVault()
    const old = ana.head()
    await put(ana, 'db', 'two')
    await syncOf(ana)
    const bob = await cloneHub(hub, ana)
    ana.git('checkout', '-q', old, '--', 'vault')
    ana.git('commit', '-qm', 'back')
    ana.git('push', '-q', 'origin', 'main')
    expect(await refused(bob, hub)).toMatch(/an older state of db than an earlier commit has/)
    expect(await value(bob, 'db')).toBe('two')
  })

  it('another vault’s access log', async () => {
    const { hub, ana, bob } = await diverged()
    const other = await anotherHubAndVault()
    ana.write('vault/access.yaml', other.ana.read('vault/access.yaml'))
    ana.git('commit', '-qam', 'other')
    ana.git('push', '-q', 'origin', 'main')
    expect(await refused(bob, hub)).toMatch(/^DocumentRefused: .*vault\/access.yaml: /)
  })

  it('of our own commits: nothing is pushed', async () => {
    const { hub, ana, bob } = await diverged()
    await syncOf(ana)
    bob.write('vault/notes.txt', 'x')
    bob.git('add', '.')
    bob.git('commit', '-qm', 'notes')
    expect(await refused(bob, hub)).toMatch(
      /^DocumentRefused: this branch, commit [0-9a-f]{12}: vault\/notes.txt: not a file of a vault \(and 1 more\)$/
    )
  })

  it('in a clone that trusts no root yet', async () => {
    const { hub, ana } = await hubAndVault()
    const root = join(scratch('clone'), 'work')
    execFileSync('git', ['clone', '-q', hub, root])
    const bob = await cloneHub(hub, ana)
    await put(ana, 'db', 'two')
    await syncOf(ana)
    fs.rmSync(join(bob.root, '.git/git-vault'), { recursive: true })
    expect(await refused(bob, hub)).toMatch(/^RootUnknown: this clone does not trust this vault yet/)
  })
})

describe('the user’s own work', () => {
  it.each([
    ['a fast-forward', async () => undefined],
    ['a merge', async (bob: TestVault) => void (await put(bob, 'db', 'three'))]
  ])('survives %s: staged, edited and untracked files', async (_, first) => {
    const { ana, bob } = await hubWithFile('code', 'one\n')
    await put(ana, 'db', 'two')
    await syncOf(ana)
    await first(bob)
    bob.write('code', 'edited\n')
    bob.write('staged', 'new\n')
    bob.git('add', 'staged')
    bob.write('staged', 'newer\n')
    bob.write('untracked', 'x\n')
    const own = (): string[] => [bob.status(), bob.git('diff'), bob.git('diff', '--cached')]
    const before = own()
    await syncOf(bob)
    expect(own()).toEqual(before)
    expect(bob.git('rev-list', '--count', 'HEAD..origin/main').trim()).toBe('0')
  })

  it('stops a sync that would overwrite it', async () => {
    const { hub, ana, bob } = await hubWithFile('code', 'one\n')
    ana.write('code', 'two\n')
    ana.write('other', 'x\n')
    ana.git('add', '.')
    ana.git('commit', '-qm', 'two')
    await put(ana, 'db', 'two')
    await syncOf(ana)
    bob.write('code', 'mine\n')
    expect(await refused(bob, hub)).toBe('RepositoryState: uncommitted changes are in the way: code')
    bob.git('add', 'code')
    expect(await refused(bob, hub)).toBe('RepositoryState: uncommitted changes are in the way: code')
    bob.git('reset', '-q', '--hard')
    bob.write('other', 'mine\n')
    expect(await refused(bob, hub)).toBe(
      'RepositoryState: files that git does not track are in the way: other'
    )
    fs.rmSync(bob.path('other'))
    const path = 'vault/secrets/db/stages.yaml'
    bob.write(path, `${bob.read(path)}\n`)
    expect(await refused(bob, hub)).toBe(`RepositoryState: uncommitted changes are in the way: ${path}`)
    bob.git('checkout', '-q', '--', path)
    expect(await syncOf(bob)).toMatchObject({ received: 2 })
  })

  it('a hook of the user’s own that refuses the move: nothing is changed', async () => {
    const { hub, ana, bob } = await diverged()
    await syncOf(ana)
    const hook = bob.path('.git/hooks/reference-transaction')
    fs.mkdirSync(bob.path('.git/hooks'), { recursive: true })
    const script = '[ "$1" = prepared ] && grep -q refs/heads/main && exit 1; exit 0'
    fs.writeFileSync(hook, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    expect(await refused(bob, hub)).toMatch(/^GitFailed: git cannot update the work tree: /)
    fs.rmSync(hook)
    expect(await syncOf(bob)).toMatchObject({ isPushed: true })
  })

  it('in the middle of a merge or a rebase: refused', async () => {
    const { hub, ana, bob } = await diverged()
    await syncOf(ana)
    bob.git('fetch', '-q')
    expect(bob.tryGit('merge', 'origin/main').status).toBe(1)
    expect(await refused(bob, hub)).toBe('RepositoryState: a merge is in progress in this work tree')
    bob.git('merge', '--abort')
    expect(bob.tryGit('rebase', 'origin/main').status).toBe(1)
    expect(await refused(bob, hub)).toBe('RepositoryState: a rebase is in progress in this work tree')
  })
})

describe('there is nothing to sync with', () => {
  it('a detached HEAD, no commits', async () => {
    const { hub, bob } = await diverged()
    bob.git('checkout', '-q', '--detach')
    expect(await refused(bob, hub)).toBe(
      'RepositoryState: HEAD is detached, so there is no branch to commit to'
    )
    bob.git('switch', '-q', '--orphan', 'empty')
    const { code, message } = await failure(syncOf(bob))
    expect(`${code}: ${message}`).toBe('RepositoryState: this branch has no commits yet')
  })

  it('no remote, several remotes, an unknown one, an upstream in this repository', async () => {
    const { hub, bob } = await diverged()
    expect(await refused(bob, hub, { remote: 'nowhere' })).toBe(
      'Usage: this repository has no remote nowhere'
    )
    bob.git('branch', 'other')
    bob.git('branch', '--set-upstream-to=other')
    expect(await refused(bob, hub)).toBe(
      'RepositoryState: the upstream of main is a branch of this repository'
    )
    bob.git('branch', '--unset-upstream')
    bob.git('remote', 'rename', 'origin', 'one')
    bob.git('remote', 'add', 'two', hub)
    expect(await refused(bob, hub)).toBe('RepositoryState: the branch main has no upstream')
    bob.git('remote', 'remove', 'one')
    bob.git('remote', 'remove', 'two')
    expect(await refused(bob, hub)).toBe('RepositoryState: this repository has no remote to sync with')
  })

  it('a remote that is gone, or that cannot be reached', async () => {
    const { hub, bob } = await diverged()
    fs.renameSync(hub, `${hub}.gone`)
    const before = bob.state()
    const { code, message } = await failure(syncOf(bob))
    expect(`${code}: ${message}`).toBe(
      `RemoteFailed: cannot fetch from origin: '${hub}' does not appear to be a git repository`
    )
    expect(bob.state()).toBe(before)
    bob.git('remote', 'set-url', 'origin', 'https://user:secret@127.0.0.1:1/x.git')
    const unreachable = await failure(syncOf(bob))
    expect(unreachable.code).toBe('RemoteFailed')
    expect(unreachable.message).toMatch(
      /^cannot fetch from origin: unable to access 'https:\/\/127\.0\.0\.1:1\/x\.git\/': /
    )
    expect(unreachable.message).not.toMatch(/secret|\n/)
  })

  it('an upstream that was deleted', async () => {
    const { hub, bob } = await diverged()
    execFileSync('git', ['--git-dir', hub, 'update-ref', '-d', 'refs/heads/main'])
    expect(await refused(bob, hub)).toBe('RepositoryState: origin/main does not exist any more')
  })

  it('a history without a common commit', async () => {
    const { hub, bob } = await diverged()
    const other = await anotherHubAndVault()
    bob.git('remote', 'set-url', 'origin', other.hub)
    expect(await refused(bob, other.hub)).toBe(
      'RepositoryState: origin/main has no commit in common with this branch'
    )
    expect(hub).toBeTypeOf('string')
  })
})

describe('a remote that refuses the push', () => {
  const hook = (hub: string, script: string): void =>
    fs.writeFileSync(join(hub, 'hooks/pre-receive'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })

  it('says why, in one line; what came is merged, and the commits stay', async () => {
    const { hub, ana, bob } = await diverged()
    await syncOf(ana)
    hook(hub, 'echo "no pushes on Sundays" >&2; exit 1')
    const { code, message } = await failure(syncOf(bob))
    expect(`${code}: ${message}`).toBe(
      'RemoteFailed: cannot push to origin/main: no pushes on Sundays; [remote rejected] (pre-receive hook declined)'
    )
    expect(await value(bob, 'db')).toBe('by bob')
    expect(bob.git('rev-list', '--count', 'origin/main..HEAD').trim()).toBe('2')
    hook(hub, 'exit 0')
    expect(await syncOf(bob)).toMatchObject({ received: 0, sent: 2, isPushed: true })
  })

  it('because of a lock that stays: it is not taken for a race for long', async () => {
    const { hub, bob } = await diverged()
    fs.writeFileSync(join(hub, 'refs/heads/main.lock'), '')
    const { code, message } = await failure(syncOf(bob))
    expect(code).toBe('RemoteFailed')
    expect(message).toMatch(/^cannot push to origin\/main: .*failed to update ref/)
  })

  it('the user’s own pre-push hook', async () => {
    const { bob } = await diverged()
    fs.mkdirSync(bob.path('.git/hooks'), { recursive: true })
    fs.writeFileSync(bob.path('.git/hooks/pre-push'), '#!/bin/sh\necho tests fail >&2\nexit 1\n', {
      mode: 0o755
    })
    expect((await failure(syncOf(bob))).message).toBe('cannot push to origin/main: tests fail')
  })
})

describe('clocks', () => {
  it('warns of a date 10 minutes ahead, and names the member', async () => {
    const { hub, ana } = await hubAndVault()
    const bob = await cloneHub(hub, ana)
    ana.clock.advance(11 * 60 * 1000)
    await put(ana, 'db', 'two')
    await syncOf(ana)
    expect(await syncOf(bob)).toMatchObject({ received: 1 })
    expect(bob.notices).toEqual([
      expect.stringMatching(
        /^the date that alice gave db is 11 minutes ahead of this computer's clock, which says 2027-/
      )
    ])
  })

  it('refuses a date 24 hours ahead, unless it is accepted', async () => {
    const { hub, ana } = await hubAndVault()
    const bob = await cloneHub(hub, ana)
    ana.clock.advance(25 * HOUR)
    await put(ana, 'db', 'two')
    await syncOf(ana)
    expect(await refused(bob, hub)).toMatch(
      /^RepositoryState: the date that alice gave db is 25 hours ahead of this computer's clock/
    )
    expect(await syncOf(bob, { acceptClock: true })).toMatchObject({ received: 1 })
    expect(bob.head()).toBe(ana.head())
  })

  it('does not push what this computer dated 24 hours ahead, until it is repaired or accepted', async () => {
    const { hub, ana } = await hubAndVault()
    const [now, start] = [ana.clock.time, ana.head()]
    ana.clock.advance(50 * HOUR)
    await put(ana, 'db', 'two')
    ana.clock.time = now
    expect(await refused(ana, hub)).toMatch(
      /^RepositoryState: the date that alice gave db is 50 hours ahead of this computer's clock/
    )
    expect(await syncOf(ana).catch((error: unknown) => error)).toMatchObject({
      hint:
        'nothing was pushed; check this clock; if it is right: git-vault repair-dates db; ' +
        'or send the date: git-vault sync --accept-clock'
    })
    await repairDates(await ana.internal(), 'db')
    expect(await syncOf(ana)).toMatchObject({ isPushed: true })
    expect(await problems(ana, start)).toEqual([])
    ana.clock.advance(100 * HOUR)
    await put(ana, 'web', 'two')
    ana.clock.time = now
    expect(await syncOf(ana, { acceptClock: true })).toMatchObject({ isPushed: true })
  })

  it('looks at the entries of the access log, on the way out and in', async () => {
    const { hub, ana } = await hubAndVault()
    const bob = await cloneHub(hub, ana)
    const now = ana.clock.time
    ana.clock.advance(50 * HOUR)
    await admit(ana, 'carol', { default: 'decrypt' })
    ana.clock.time = now
    const text =
      /^RepositoryState: the date that alice gave entry 2 of the access log is 50 hours ahead of this computer's clock/
    expect(await refused(ana, hub)).toMatch(text)
    await syncOf(ana, { acceptClock: true })
    expect(await refused(bob, hub)).toMatch(text)
    expect(await syncOf(bob, { acceptClock: true })).toMatchObject({ received: 1 })
    // it is not told again
    await put(bob, 'db', 'two')
    expect(await syncOf(bob)).toMatchObject({ isPushed: true })
  })

  it('says nothing of a clock that is 9 minutes ahead', async () => {
    const { hub, ana } = await hubAndVault()
    const bob = await cloneHub(hub, ana)
    ana.clock.advance(9 * 60 * 1000)
    await put(ana, 'db', 'two')
    await syncOf(ana)
    await syncOf(bob)
    expect(bob.notices).toEqual([])
  })
})
