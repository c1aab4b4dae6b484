import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { admit } from '../vault/people.js'
import { token } from '../vault/fixture.js'
import { follower, move, NAME, put, twoClones } from '../vault/merging/mergeKit.js'
import { checkRange } from '../vault/verify/verifyKit.js'

it.each(['tag', 'label'])(
  'another member’s %s that a cherry-pick joins: the problem names the signer and the command, which ends it',
  async what => {
    const [alice] = await twoClones()
    const bob = await admit(alice, 'bob', { default: 'decrypt encrypt manage' })
    await put(alice, 'a')
    const box = await follower(alice)
    const start = box.head()
    alice.clock.advance(1000)
    box.clock.time = alice.clock.time + 5000
    if (what === 'tag') {
      await alice.api.tagResource({ SecretId: NAME, Tags: [{ Key: 'a', Value: 'alice' }] })
      await bob.call(box, 'TagResource', { SecretId: NAME, Tags: [{ Key: 'b', Value: 'bob' }] })
    } else {
      await move(alice, 'blue', 'a')
      const value = { SecretString: 'b', ClientRequestToken: token('b') }
      await bob.call(box, 'PutSecretValue', { SecretId: NAME, ...value })
    }
    box.git('fetch', '-q', alice.root, 'HEAD')
    const env = { ...process.env, GIT_VAULT_IDENTITY: bob.secret }
    execFileSync('git', ['cherry-pick', 'FETCH_HEAD'], { cwd: box.root, env, stdio: 'pipe' })
    const found = async () => (await checkRange(box, `${start}..HEAD`)).found.join('\n')
    const [, command = ''] =
      / by \S+, but bob has signed it for a merge: before a push, run: (git .*)$/.exec(await found()) ?? []
    box.write('code', 'code')
    box.git('add', 'code')
    box.git('commit', '-qm', 'code')
    // below another commit, the same command is the second of three
    const [, first = ''] = /: (git rebase -i [0-9a-f]{12}~) and mark /.exec(await found()) ?? []
    expect(await found()).toContain(`; then ${command} and git rebase --continue`)
    const sh = (line: string): string =>
      execFileSync('sh', ['-c', line], {
        cwd: box.root,
        env: { ...process.env, GIT_SEQUENCE_EDITOR: 'sed -i 1s/pick/edit/', GIT_EDITOR: 'true' },
        encoding: 'utf8',
        stdio: 'pipe'
      })
    sh(`${first} && ${command} && git rebase --continue`)
    expect(await found()).toBe('')
    expect(box.git('log', '-1', '--format=%s', 'HEAD~')).toBe('Take over a change of another member\n')
  }
)
