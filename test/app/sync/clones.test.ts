import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { failure, scratch, TestVault } from '../../vault/fixture.js'
import { cloneHub, hubAndVault, problems, put, syncOf, tree, value } from './kit.js'

const at = (box: TestVault, root: string): TestVault => {
  const other = new TestVault(root, box.made)
  other.clock.time = box.clock.time
  return other
}

describe('a shallow clone', () => {
  const shallow = async () => {
    const { hub, ana } = await hubAndVault()
    const bob = await cloneHub(`file://${hub}`, ana, '--depth', '1')
    return { hub, ana, bob }
  }

  it('syncs, if it has the commit that both sides share', async () => {
    const { ana, bob } = await shallow()
    await put(ana, 'db', 'by ana')
    await syncOf(ana)
    await put(bob, 'db', 'by bob')
    expect(await syncOf(bob)).toMatchObject({ received: 1, sent: 2, isPushed: true })
    await syncOf(ana)
    expect(tree(ana)).toBe(tree(bob))
    expect(fs.existsSync(bob.path('.git/shallow'))).toBe(true)
  })

  it('says what it lacks, if it does not', async () => {
    const { ana, bob } = await shallow()
    // the branch is made again from before the commit that the clone has
    ana.git('reset', '-q', '--hard', 'HEAD~1')
    ana.write('code', 'x')
    ana.git('add', '.')
    ana.git('commit', '-qm', 'code')
    ana.git('push', '-q', '-f', 'origin', 'main')
    const before = bob.state()
    expect(await failure(syncOf(bob))).toEqual({
      code: 'RepositoryState',
      message: 'this clone is shallow, and lacks the commit that it shares with origin/main'
    })
    expect(bob.state()).toBe(before)
  })
})

describe('a partial clone', () => {
  it.each([['--filter=blob:none'], ['--filter=tree:0']])('%s: fetches what it lacks', async filter => {
    const { hub, ana } = await hubAndVault()
    const start = ana.head()
    execFileSync('git', ['--git-dir', hub, 'config', 'uploadpack.allowFilter', 'true'])
    execFileSync('git', ['--git-dir', hub, 'config', 'uploadpack.allowAnySHA1InWant', 'true'])
    ana.write('code/a', 'one\n')
    ana.git('add', '.')
    ana.git('commit', '-qm', 'code')
    await syncOf(ana)
    const bob = await cloneHub(`file://${hub}`, ana, filter)
    await put(ana, 'db', 'by ana')
    await put(ana, 'web', 'by ana')
    ana.write('code/a', 'two\n')
    ana.git('commit', '-qam', 'code')
    await syncOf(ana)
    await put(bob, 'db', 'by bob')
    expect(await syncOf(bob)).toMatchObject({
      received: 3,
      sent: 2,
      isPushed: true,
      joined: [{ name: 'db' }]
    })
    expect([await value(bob, 'db'), await value(bob, 'web')]).toEqual(['by bob', 'by ana'])
    expect(bob.read('code/a')).toBe('two\n')
    await syncOf(ana)
    expect(await problems(ana, start)).toEqual([])
    await put(ana, 'web', 'three')
    await syncOf(ana)
    expect(await syncOf(bob)).toMatchObject({ received: 1, sent: 0 })
    expect(await value(bob, 'web')).toBe('three')
  })

  it('whose remote is gone: says so', async () => {
    const { hub, ana } = await hubAndVault()
    execFileSync('git', ['--git-dir', hub, 'config', 'uploadpack.allowFilter', 'true'])
    const bob = await cloneHub(`file://${hub}`, ana, '--filter=blob:none')
    fs.renameSync(hub, `${hub}.gone`)
    expect(await failure(syncOf(bob))).toMatchObject({ code: 'RemoteFailed' })
  })
})

describe('a sparse checkout', () => {
  it.each([
    ['without the vault', ['code']],
    ['with the vault alone', ['vault']]
  ])('%s: syncs, and stays sparse', async (_, folders) => {
    const { hub, ana } = await hubAndVault()
    for (const path of ['code/a', 'docs/a']) ana.write(path, 'one\n')
    ana.git('add', '.')
    ana.git('commit', '-qm', 'code')
    await syncOf(ana)
    const bob = await cloneHub(hub, ana)
    bob.git('checkout', '-qb', 'side')
    await put(bob, 'db', 'by bob')
    bob.git('checkout', '-q', 'main')
    bob.git('merge', '-q', '--ff-only', 'side')
    bob.git('sparse-checkout', 'set', ...folders)
    await put(ana, 'db', 'by ana')
    ana.write('code/a', 'two\n')
    ana.git('commit', '-qam', 'code')
    await syncOf(ana)
    expect(await syncOf(bob)).toMatchObject({ received: 2, sent: 2, isPushed: true })
    const top = fs.readdirSync(bob.root).filter(name => ['code', 'docs', 'vault'].includes(name))
    expect(top).toEqual(folders)
    await syncOf(ana)
    expect(tree(ana)).toBe(tree(bob))
    expect(bob.status()).toBe('')
  })
})

it('a linked work tree syncs its own branch', async () => {
  const { hub, ana } = await hubAndVault()
  const bob = await cloneHub(hub, ana)
  const linked = at(bob, join(scratch('linked'), 'work'))
  bob.git('worktree', 'add', '-q', '-b', 'next', linked.root, 'origin/main')
  await linked.reopen()
  await put(ana, 'db', 'by ana')
  await syncOf(ana)
  await put(linked, 'db', 'by bob')
  expect(await syncOf(linked)).toMatchObject({ upstream: 'origin/main', received: 1, isPushed: true })
  expect(bob.status()).toBe('')
  expect(await value(bob, 'db')).toBe('db one')
  expect(await syncOf(bob)).toMatchObject({ received: 3, sent: 0 })
  expect(await value(bob, 'db')).toBe('by bob')
})

it('a submodule syncs once it is on a branch', async () => {
  const { hub, ana } = await hubAndVault()
  const outer = at(ana, join(scratch('outer'), 'work'))
  execFileSync('git', ['init', '-q', outer.root])
  outer.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', hub, 'secrets')
  outer.git('commit', '-qm', 'submodule')
  const inner = at(ana, outer.path('secrets'))
  fs.cpSync(
    ana.path('.git/git-vault'),
    join(inner.git('rev-parse', '--absolute-git-dir').trim(), 'git-vault'),
    {
      recursive: true
    }
  )
  await inner.reopen()
  await put(ana, 'db', 'by ana')
  await syncOf(ana)
  inner.git('checkout', '-q', '--detach')
  expect((await failure(syncOf(inner))).message).toBe('HEAD is detached, so there is no branch to commit to')
  inner.git('checkout', '-q', 'main')
  await put(inner, 'db', 'by bob')
  expect(await syncOf(inner)).toMatchObject({ received: 1, sent: 2, isPushed: true })
  expect(outer.git('status', '--porcelain').trim()).toBe('M secrets')
})

describe('a fork with an upstream', () => {
  const fork = async () => {
    const { hub, ana } = await hubAndVault()
    const own = join(scratch('fork'), 'fork.git')
    execFileSync('git', ['clone', '-q', '--bare', hub, own])
    const bob = await cloneHub(own, ana)
    bob.git('remote', 'add', 'upstream', hub)
    bob.git('fetch', '-q', 'upstream')
    bob.git('branch', '-q', '--set-upstream-to=upstream/main')
    bob.git('config', 'remote.pushDefault', 'origin')
    return { hub, own, ana, bob }
  }

  it('takes what came from upstream, and pushes to the fork', async () => {
    const { hub, own, ana, bob } = await fork()
    await put(ana, 'db', 'by ana')
    await syncOf(ana)
    await put(bob, 'db', 'by bob')
    expect(await syncOf(bob)).toMatchObject({
      upstream: 'upstream/main',
      pushTo: 'origin/main',
      isPushed: true
    })
    expect(bob.git('ls-remote', own, 'refs/heads/main')).toContain(bob.head())
    expect(bob.git('ls-remote', hub, 'refs/heads/main')).toContain(ana.head())
    // everything is merged, and the fork has it
    expect(await syncOf(bob)).toMatchObject({ received: 0 })
  })

  it('names the fork, if that has commits which this clone lacks', async () => {
    const { own, ana, bob } = await fork()
    const carol = await cloneHub(own, ana)
    await put(carol, 'web', 'by carol')
    await syncOf(carol)
    await put(bob, 'db', 'by bob')
    expect(await failure(syncOf(bob))).toEqual({
      code: 'RepositoryState',
      message: 'origin/main has commits that this branch lacks'
    })
    expect(await syncOf(bob, { remote: 'origin' })).toMatchObject({ received: 1, isPushed: true })
    expect(await value(bob, 'web')).toBe('by carol')
  })
})

it('a clone with a branch that its remote does not map', async () => {
  const { hub, ana } = await hubAndVault()
  ana.git('push', '-q', 'origin', 'main:other')
  const bob = await cloneHub(hub, ana, '--single-branch')
  bob.git('checkout', '-qb', 'other')
  await put(bob, 'db', 'by bob')
  await put(bob, 'db', 'by bob again')
  expect(await syncOf(bob)).toMatchObject({ upstream: 'origin/other', received: 0, sent: 2, isPushed: true })
  expect(await syncOf(bob)).toMatchObject({ received: 0, sent: 0 })
})
