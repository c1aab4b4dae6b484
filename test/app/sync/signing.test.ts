import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { failure, scratch, type TestVault } from '../../vault/fixture.js'
import { cloneHub, hubAndVault, put, syncOf } from './kit.js'

/** Makes git sign every commit with a new ssh key. */
function signWithSsh(box: TestVault): void {
  const key = join(scratch('key'), 'id')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
  const signers = `${key}.signers`
  fs.writeFileSync(signers, `test@example.com ${fs.readFileSync(`${key}.pub`, 'utf8')}`)
  box.git('config', 'gpg.format', 'ssh')
  box.git('config', 'user.signingKey', key)
  box.git('config', 'gpg.ssh.allowedSignersFile', signers)
  box.git('config', 'commit.gpgSign', 'true')
}

async function diverged(): Promise<TestVault> {
  const { hub, ana } = await hubAndVault()
  const bob = await cloneHub(hub, ana)
  await put(ana, 'db', 'by ana')
  await put(bob, 'db', 'by bob')
  await syncOf(ana)
  return bob
}

it('a merge commit is signed if the user signs commits', async () => {
  const bob = await diverged()
  signWithSsh(bob)
  await syncOf(bob)
  expect(bob.git('log', '-1', '--format=%G?|%an|%s|%P')).toMatch(
    /^G\|Test\|Merge origin\/main\|[0-9a-f]{40} [0-9a-f]{40}$/m
  )
  bob.expectClean()
})

it('a signature that fails changes nothing', async () => {
  const bob = await diverged()
  signWithSsh(bob)
  bob.git('config', 'user.signingKey', '/nowhere/key')
  const before = bob.state()
  expect((await failure(syncOf(bob))).code).toBe('GitFailed')
  expect(bob.state()).toBe(before)
})
