import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { failure, makeVault, scratch, TestVault } from '../../vault/fixture.js'
import { cloneHub, hubAndVault, put, syncOf } from './kit.js'

const STAGES = 'vault/secrets/db/stages.yaml'

const refsOf = (hub: string): string =>
  execFileSync('git', ['--git-dir', hub, 'for-each-ref'], { encoding: 'utf8' })

/** Commits an edit that nobody has signed. */
function forge(box: TestVault): void {
  box.write(STAGES, box.read(STAGES).replace(/moved: 20\d\d/, 'moved: 2031'))
  box.git('commit', '-qam', 'PutSecretValue db')
}

/** Expects that a sync pushes nothing, and returns its error. */
async function notPushed(
  box: TestVault,
  hub: string,
  hint = /^nothing was pushed; for details: git-vault verify /
): Promise<string> {
  const before = [refsOf(hub), box.state()]
  for (const dryRun of [true, false]) {
    const sync = syncOf(box, { dryRun })
    await expect(sync).rejects.toMatchObject({
      hint: expect.stringMatching(hint) as string
    })
  }
  expect([refsOf(hub), box.state()]).toEqual(before)
  const { code, message } = await failure(syncOf(box))
  return `${code}: ${message}`
}

describe('a branch that the remote lacks', () => {
  const refusal = /^DocumentRefused: this branch, commit [0-9a-f]{12}: vault\/secrets\/db\/stages.yaml: /

  it('is not pushed with a forged edit', async () => {
    const { hub, ana } = await hubAndVault()
    ana.git('checkout', '-qb', 'feature')
    forge(ana)
    expect(await notPushed(ana, hub)).toMatch(refusal)
  })

  it('is not pushed with a forged edit that the remote branch it left has, too', async () => {
    const { hub, ana } = await hubAndVault()
    forge(ana)
    ana.git('push', '-q', 'origin', 'main')
    ana.git('checkout', '-qb', 'feature')
    expect(await notPushed(ana, hub)).toMatch(refusal)
  })

  it('is not pushed with a state that goes back', async () => {
    const { hub, ana } = await hubAndVault()
    const old = ana.head()
    await put(ana, 'db', 'two')
    await syncOf(ana)
    ana.git('checkout', '-qb', 'feature')
    ana.git('checkout', '-q', old, '--', 'vault')
    ana.git('commit', '-qm', 'back')
    const mend = /^nothing was pushed; mend it with: git-vault resolve, then git-vault sync$/
    expect(await notPushed(ana, hub, mend)).toMatch(/an older state of db than an earlier commit has/)
  })

  it('is not pushed to an empty remote with a forged edit', async () => {
    const hub = join(scratch('hub'), 'hub.git')
    execFileSync('git', ['init', '-q', '--bare', hub])
    const ana = await makeVault('ana')
    ana.git('remote', 'add', 'origin', hub)
    await ana.api.createSecret({ Name: 'db', SecretString: 'one' })
    forge(ana)
    expect(await notPushed(ana, hub)).toMatch(refusal)
  })

  it('is pushed from a partial clone that lacks files which it does not change', async () => {
    const { hub, ana } = await hubAndVault()
    execFileSync('git', ['--git-dir', hub, 'config', 'uploadpack.allowFilter', 'true'])
    execFileSync('git', ['--git-dir', hub, 'config', 'uploadpack.allowAnySHA1InWant', 'true'])
    const root = join(scratch('clone'), 'work')
    execFileSync('git', ['clone', '-q', '--no-checkout', '--filter=blob:none', `file://${hub}`, root])
    const bob = new TestVault(root, ana.made)
    bob.git('sparse-checkout', 'set', 'code')
    bob.git('checkout', '-q', 'main')
    fs.mkdirSync(bob.path('.git/git-vault'), { recursive: true })
    fs.cpSync(ana.path('.git/git-vault/pin'), bob.path('.git/git-vault/pin'))
    bob.git('checkout', '-qb', 'feature')
    bob.write('code/a', 'x')
    bob.git('add', 'code')
    bob.git('commit', '-qm', 'code')
    const missing = (): string => bob.git('rev-list', '--objects', '--missing=print', 'HEAD')
    expect(missing()).toContain('\n?')
    expect(await syncOf(bob)).toMatchObject({ isPushed: true })
    expect(refsOf(hub)).toContain(`${bob.head()} commit\trefs/heads/feature`)
  })

  it('is pushed if all is well, and says what it sends', async () => {
    const { hub, ana } = await hubAndVault()
    const bob = await cloneHub(hub, ana)
    bob.git('checkout', '-qb', 'feature')
    await put(bob, 'db', 'by bob')
    const { isPushed, outgoing } = await syncOf(bob)
    expect([isPushed, outgoing.map(({ commit }) => commit)]).toEqual([true, [bob.head()]])
    expect(refsOf(hub)).toContain(`${bob.head()} commit\trefs/heads/feature`)
  })
})
