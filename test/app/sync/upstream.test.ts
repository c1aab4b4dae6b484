import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeVault, scratch, type TestVault } from '../../vault/fixture.js'
import { cloneHub, hubAndVault, put, syncOf } from './kit.js'

const upstream = (box: TestVault): string => {
  const { stdout } = box.tryGit('rev-parse', '--abbrev-ref', '--symbolic-full-name', '@{upstream}')
  return stdout.trim()
}

/** The settings of branches, as `git push -u` and a sync leave them. */
const settings = (box: TestVault): string =>
  box.tryGit('config', '--local', '--get-regexp', '^branch\\.').stdout

async function emptyHub(name: string): Promise<TestVault> {
  const hub = join(scratch('hub'), 'hub.git')
  execFileSync('git', ['init', '-q', '--bare', hub])
  const box = await makeVault(name)
  box.git('remote', 'add', 'origin', hub)
  return box
}

it('of a branch that an empty remote gets is set as git push -u sets it', async () => {
  const [box, plain] = [await emptyHub('ana'), await emptyHub('ben')]
  for (const one of [box, plain]) one.git('config', 'branch.autoSetupRebase', 'remote')
  await syncOf(box)
  plain.git('push', '-qu', 'origin', 'main')
  expect(upstream(box)).toBe('origin/main')
  expect(settings(box)).toBe(settings(plain))
  await box.api.createSecret({ Name: 'db', SecretString: 'one' })
  box.git('push', '-q')
  box.git('pull', '-q')
  expect(box.git('status', '-sb')).toContain('## main...origin/main\n')
})

it('is set if the remote has the branch already, also when there is nothing to push', async () => {
  const { hub, ana } = await hubAndVault()
  const bob = await cloneHub(hub, ana)
  bob.git('branch', '--unset-upstream')
  await syncOf(bob, { dryRun: true })
  expect(upstream(bob)).toBe('')
  await syncOf(bob)
  expect(upstream(bob)).toBe('origin/main')
  bob.git('branch', '--unset-upstream')
  await put(ana, 'db', 'two')
  await syncOf(ana)
  await syncOf(bob)
  expect(upstream(bob)).toBe('origin/main')
  bob.git('checkout', '-q', '-b', 'a/feature.x')
  await put(bob, 'db', 'three')
  await syncOf(bob)
  expect(upstream(bob)).toBe('origin/a/feature.x')
})

it('that somebody has chosen stays, and a remote that is only named is not chosen', async () => {
  const { hub, ana } = await hubAndVault()
  const bob = await cloneHub(hub, ana)
  bob.git('remote', 'add', 'backup', hub)
  for (const chosen of ['origin', 'backup']) {
    bob.git('config', 'branch.main.remote', chosen)
    const before = settings(bob)
    for (const remote of ['origin', 'backup', undefined]) {
      await put(bob, 'db', `${chosen} ${remote}`)
      await syncOf(bob, { remote })
      expect(settings(bob)).toBe(before)
    }
  }
  bob.git('branch', '--unset-upstream')
  await syncOf(bob, { remote: 'backup' })
  expect(settings(bob)).toBe('')
})

it('is not set if the push goes to a fork that alone has the branch', async () => {
  const { hub, ana } = await hubAndVault()
  const bob = await cloneHub(hub, ana)
  const fork = join(scratch('fork'), 'fork.git')
  execFileSync('git', ['init', '-q', '--bare', fork])
  bob.git('remote', 'add', 'fork', fork)
  bob.git('config', 'remote.pushDefault', 'fork')
  bob.git('checkout', '-q', '-b', 'feature')
  await put(bob, 'db', 'two')
  expect(await syncOf(bob)).toMatchObject({ isPushed: true, pushTo: 'fork/feature' })
  expect(settings(bob)).not.toContain('branch.feature')
})
