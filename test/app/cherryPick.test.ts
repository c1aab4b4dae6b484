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
    const { found } = await checkRange(box, `${start}..HEAD`)
    expect(found).toEqual([
      expect.stringMatching(
        / by \S+, but bob has signed it for a merge: before a push, git commit --amend -m MESSAGE$/
      )
    ])
    box.git('commit', '-q', '--amend', '-m', 'Pick what alice did')
    expect((await checkRange(box, `${start}..HEAD`)).found).toEqual([])
  }
)
