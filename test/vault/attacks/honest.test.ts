import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { trust } from '../../../src/app/trust.js'
import { exposure } from '../../../src/vault/team/exposure.js'
import { cloneOf, failure, scratch, TestVault, token } from '../fixture.js'
import { NAME, STAGES } from './forge.js'
import {
  as,
  carol,
  commit,
  commitAt,
  expectRefused,
  expectUnharmed,
  faces,
  mallory,
  pull,
  scene
} from './kit.js'

// These look like attacks but are not.

it('a clone with autocrlf reads and writes', async () => {
  const { victim } = await scene()
  const directory = join(scratch('crlf'), 'work')
  execFileSync('git', ['-c', 'core.autocrlf=true', 'clone', '-q', victim.root, directory], { stdio: 'pipe' })
  const clone = new TestVault(directory, victim.made)
  clone.clock.time = victim.clock.time
  clone.git('config', 'core.autocrlf', 'true')
  await clone.reopen()
  await trust(clone.root, victim.made.root)
  await expectUnharmed(clone)
  expect(clone.status()).toBe('')
  victim.git('pull', '-q', '--ff-only', clone.root, 'main')
  expect(await faces.get(victim.api)).toMatchObject({ SecretString: 'after' })
})

it('commits of an editor that leaves CRLF in every file', async () => {
  const both = await scene()
  const { attacker } = both
  fs.rmSync(attacker.path('.gitattributes'))
  for (const path of attacker.files('vault'))
    attacker.write(path, attacker.read(path).replaceAll('\n', '\r\n'))
  pull(both)
  await expectUnharmed(both.victim)
})

it('a comment, and another YAML style of the same document', async () => {
  const both = await scene()
  const path = 'vault/secrets/prod/db/secret.yaml'
  both.attacker.write(path, `# reviewed\n${both.attacker.read(path).replace(/^name: (.*)$/m, "name: '$1'")}`)
  pull(both)
  await expectUnharmed(both.victim)
})

it('a checkout of an old release is read, with a notice, and not written', async () => {
  const { victim } = await scene()
  victim.git('checkout', '-q', '--detach', commitAt('two'))
  victim.notices.length = 0
  expect(await faces.get(victim.api)).toMatchObject({ SecretString: 'two' })
  expect(victim.notices).toEqual([expect.stringContaining('HEAD is detached')])
  expect(await failure(faces.put(victim.api))).toMatchObject({
    code: 'RepositoryState',
    message: expect.stringContaining('HEAD is detached') as string
  })
  victim.git('checkout', '-q', 'main')
  await expectUnharmed(victim)
})

it('a checkout of a release from before a removal is read under the present rights', async () => {
  const { victim } = await scene()
  victim.git('checkout', '-q', '--detach', commitAt('eve'))
  // eve signed this state: it is refused, as she no longer has the right
  expect(await failure(faces.get(victim.api))).toMatchObject({
    code: 'DocumentRefused',
    message: expect.stringContaining('signed by eve, who may not sign it') as string
  })
  expect(await victim.api.getSecretValue({ SecretId: 'prod/other' })).toMatchObject({ SecretString: 'one' })
})

it('a rename of the branch', async () => {
  const { victim } = await scene()
  victim.git('branch', '-m', 'trunk')
  await expectUnharmed(victim)
})

it('a revert of code outside the vault', async () => {
  const { victim } = await scene()
  victim.git('revert', '--no-edit', 'HEAD')
  expect(fs.existsSync(victim.path('code.txt'))).toBe(false)
  await expectUnharmed(victim)
})

it('a merge of two branches that touch different secrets', async () => {
  const { victim, attacker } = await scene()
  await as(carol, attacker, api => api.putSecretValue({ SecretId: 'prod/other', SecretString: 'of carol' }))
  await victim.api.putSecretValue({ SecretId: 'dev/app', SecretString: 'of alice' })
  victim.git('pull', '-q', '--no-rebase', '--no-edit', attacker.root, 'main')
  expect(await victim.api.getSecretValue({ SecretId: 'prod/other' })).toMatchObject({
    SecretString: 'of carol'
  })
  expect(await victim.api.getSecretValue({ SecretId: 'dev/app' })).toMatchObject({ SecretString: 'of alice' })
  await expectUnharmed(victim)
  victim.expectClean()
})

it('a secret from a branch without a removal is read, and exposed to the removed member', async () => {
  const { victim } = await scene()
  const stale = await cloneOf(victim)
  stale.git('reset', '-q', '--hard', commitAt('eve'))
  await trust(stale.root, victim.made.root)
  await as(carol, stale, api => api.createSecret({ Name: 'prod/fresh', SecretString: 'fresh' }))
  victim.git('pull', '-q', '--no-rebase', '--no-edit', stale.root, 'main')
  expect(await victim.api.getSecretValue({ SecretId: 'prod/fresh' })).toMatchObject({ SecretString: 'fresh' })
  const { exposed } = await exposure(await victim.internal(), () => undefined)
  expect(
    exposed
      .filter(({ secret }) => secret === 'prod/fresh')
      .flatMap(({ to }) => to.map(({ member }) => member))
  ).toEqual(['eve'])
})

it('two puts to one secret, merged as text: the clone’s own side is accepted, the other refused', async () => {
  const { victim, attacker } = await scene()
  await as(carol, attacker, api => api.putSecretValue({ SecretId: NAME, SecretString: 'of carol' }))
  await faces.put(victim.api)
  victim.git('fetch', '-q', attacker.root, 'main')
  // by hand: git-vault's own driver would join them
  victim.git('config', '--remove-section', 'merge.git-vault')
  victim.git('merge', '-q', '-X', 'theirs', '-m', 'merge', 'FETCH_HEAD')
  await expectRefused(victim, STAGES, /a state of prod\/db that contradicts one/)
  victim.git('reset', '-q', '--hard', 'HEAD~1')
  victim.git('merge', '-q', '-X', 'ours', '-m', 'merge', 'FETCH_HEAD')
  expect(await faces.get(victim.api)).toMatchObject({ SecretString: 'new' })
  await faces.put(victim.api)
})

it('two puts to one secret, mixed by hand, are refused', async () => {
  const { victim, attacker } = await scene()
  await as(carol, attacker, api => api.putSecretValue({ SecretId: NAME, SecretString: 'of carol' }))
  await faces.put(victim.api)
  const labels = (text: string) => /^labels:\n(?: .*\n)+/m.exec(text)![0]
  const [ours, theirs] = [victim.read(STAGES), attacker.read(STAGES)]
  victim.write(STAGES, ours.replace(labels(ours), labels(theirs)))
  commit(victim, 'merge')
  await expectRefused(victim, STAGES, /the signature does not verify/)
})

it('a rebase of one put onto another member’s', async () => {
  const { victim, attacker } = await scene()
  await as(carol, attacker, api => api.putSecretValue({ SecretId: 'prod/other', SecretString: 'of carol' }))
  await victim.api.putSecretValue({ SecretId: 'dev/app', SecretString: 'of alice' })
  victim.git('pull', '-q', '--rebase', attacker.root, 'main')
  await expectUnharmed(victim)
})

it('AWSCURRENT moved back repeatedly by a member with manage', async () => {
  const both = await scene()
  const { victim, attacker } = both
  const order = ['three', 'two', 'one', 'three', 'mine', 'three']
  for (const [at, name] of order.slice(1).entries()) {
    await as(carol, attacker, api =>
      api.updateSecretVersionStage({
        SecretId: NAME,
        VersionStage: 'AWSCURRENT',
        RemoveFromVersionId: token(order[at]!),
        MoveToVersionId: token(name)
      })
    )
    // the victim sees the state after only some of the moves
    if (at % 2 === 0) {
      pull(both)
      expect(await faces.get(victim.api)).toMatchObject({ VersionId: token(name) })
    }
  }
  pull(both)
  await expectUnharmed(victim)
})

it('puts by a member with only encrypt, each seen by the clone', async () => {
  const both = await scene()
  for (const SecretString of ['a', 'b', 'c']) {
    await as(mallory, both.attacker, api => api.putSecretValue({ SecretId: NAME, SecretString }))
    pull(both)
    expect(await faces.get(both.victim.api)).toMatchObject({ SecretString })
    both.attacker.clock.advance(1000)
  }
  commit(both.attacker, 'nothing')
})
