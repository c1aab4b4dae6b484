import { expect, it } from 'vitest'
import { failure, scratch, type TestVault } from '../../vault/fixture.js'
import { signWithSsh } from '../../signWithSsh.js'
import { cloneHub, hubAndVault, put, syncOf } from './kit.js'

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
  signWithSsh(bob, scratch('key'))
  await syncOf(bob)
  expect(bob.git('log', '-1', '--format=%G?|%an|%s|%P')).toMatch(
    /^G\|Test\|Merge origin\/main\|[0-9a-f]{40} [0-9a-f]{40}$/m
  )
  bob.expectClean()
})

it('a signature that fails changes nothing', async () => {
  const bob = await diverged()
  signWithSsh(bob, scratch('key'))
  bob.git('config', 'user.signingKey', '/nowhere/key')
  const before = bob.state()
  expect((await failure(syncOf(bob))).code).toBe('GitFailed')
  expect(bob.state()).toBe(before)
})
