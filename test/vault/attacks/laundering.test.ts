import { describe, expect, it } from 'vitest'
import { exposure } from '../../../src/vault/team/exposure.js'
import { addKey, removeMember, revoke } from '../../../src/vault/team/team.js'
import { failure, type TestVault } from '../fixture.js'
import { forgePut, forgeSecret, forgeStages, NAME, prove, SECRET, STAGES, version } from './forge.js'
import {
  after,
  as,
  carol,
  commit,
  eve,
  expectRefused,
  mallory,
  pull,
  restore,
  type Scene,
  scene
} from './kit.js'

type Vault = Awaited<ReturnType<TestVault['internal']>>

const quiet = () => undefined
const RESOLVE = `git-vault resolve ${NAME}`

/** Pulls the victim's honest work, so that the attack starts from it. */
const follow = ({ victim, attacker }: Scene) => attacker.git('pull', '-q', '--ff-only', victim.root, 'main')

describe('a forged document is not laundered', () => {
  const planted: [string, string, (attacker: TestVault) => unknown, RegExp][] = [
    ['a put by a removed member', STAGES, attacker => forgePut(attacker, eve), /signed by eve/],
    [
      'a secret.yaml by a member with only encrypt',
      SECRET,
      attacker => forgeSecret(attacker, mallory),
      /signed by mallory/
    ],
    ['an old stages.yaml', STAGES, attacker => restore(attacker, 'mine', STAGES), /an older state/],
    [
      'a label moved without the right to',
      STAGES,
      async attacker => {
        await forgeStages(attacker, mallory, stages => {
          stages.labels['blue'] = prove(attacker, mallory, stages, 'blue', 'one')
        })
      },
      /who may not move blue/
    ]
  ]

  it.each(planted)('by a put: %s', async (_, path, plant, why) => {
    await expectRefused(await after(plant), path, why, ['put', 'move', 'update'])
  })

  it.each(planted)('by a removal, a revocation or a role: %s', async (_, path, plant, why) => {
    for (const lose of [
      (vault: Vault) => removeMember(vault, 'carol', quiet),
      (vault: Vault) => removeMember(vault, 'mallory', quiet),
      (vault: Vault) => revoke(vault, 'bob', new Map([['prod', ['decrypt']]]), quiet)
    ]) {
      const victim = await after(plant)
      const text = victim.read(path)
      const lost = await lose(await victim.internal())
      expect(lost.skipped).toEqual([
        { path: SECRET, why: expect.stringMatching(why) as string, mend: RESOLVE }
      ])
      expect(victim.read(path)).toBe(text)
      await expectRefused(victim, path, /signed by (eve|mallory)|an older state|who may not move/, [
        'get',
        'put'
      ])
    }
  })

  it.each(planted)('by a new key for its name: %s', async (_, path, plant, why) => {
    const victim = await after(plant)
    const text = victim.read(path)
    const skipped = await addKey(await victim.internal(), 'db', ['prod/db**'], quiet)
    expect(skipped).toEqual([{ path: SECRET, why: expect.stringMatching(why) as string, mend: RESOLVE }])
    expect(victim.read(path)).toBe(text)
    await expectRefused(victim, 'vault/secrets/prod/db/', /signed by|older state|under key|may not move/, [
      'get',
      'put'
    ])
  })

  it.each(planted)('by a merge with honest work on another secret: %s', async (_, path, plant, why) => {
    const both = await scene()
    await both.victim.api.putSecretValue({ SecretId: 'prod/other', SecretString: 'honest' })
    await plant(both.attacker)
    commit(both.attacker)
    both.victim.git('fetch', '-q', both.attacker.root, 'main')
    both.victim.git('merge', '-q', '-m', 'merge', 'FETCH_HEAD')
    await expectRefused(both.victim, path, why)
    expect(await both.victim.api.getSecretValue({ SecretId: 'prod/other' })).toMatchObject({
      SecretString: 'honest'
    })
  })

  it('by the removal of its signer, if it is dated 2999', async () => {
    const victim = await after(attacker => {
      attacker.clock.time = Date.UTC(2999, 0, 1)
      return forgePut(attacker, mallory)
    })
    const { skipped } = await removeMember(await victim.internal(), 'mallory', quiet)
    expect(skipped).toEqual([
      {
        path: SECRET,
        why: `${STAGES}: dated 2999-01-01T00:00:00.000Z, over 24 hours ahead of this computer's clock`,
        mend: `git-vault repair-dates ${NAME}`
      }
    ])
    await expectRefused(victim, STAGES, /signed by mallory, who may not sign it/)
  })

  it('by re-encryption of a forged version', async () => {
    const victim = await after(attacker => attacker.write(version('three'), attacker.read(version('two'))))
    const forged = victim.read(version('three'))
    const skipped = await addKey(await victim.internal(), 'db', ['prod/db**'], quiet)
    const why = `${version('three')}: its digest is not the one that stages.yaml lists`
    expect(skipped).toEqual([{ path: version('three'), why }])
    expect(victim.read(version('three'))).toBe(forged)
    expect(await failure(victim.api.getSecretValue({ SecretId: NAME }))).toEqual({
      code: 'DocumentRefused',
      message: why
    })
    const previous = { SecretId: NAME, VersionStage: 'AWSPREVIOUS' }
    expect(await victim.api.getSecretValue(previous)).toMatchObject({ SecretString: 'mine' })
  })

  it('and does not prevent the removal from re-signing other documents', async () => {
    const both = await scene()
    await as(carol, both.attacker, api =>
      api.putSecretValue({ SecretId: 'prod/other', SecretString: 'of carol' })
    )
    await forgePut(both.attacker, eve)
    pull(both)
    const { skipped } = await removeMember(await both.victim.internal(), 'carol', quiet)
    expect(skipped.map(({ path }) => path)).toEqual([SECRET])
    expect(await both.victim.api.getSecretValue({ SecretId: 'prod/other' })).toMatchObject({
      SecretString: 'of carol'
    })
  })

  it('and does not hide other secrets in the exposure ledger', async () => {
    const both = await scene()
    await removeMember(await both.victim.internal(), 'carol', quiet)
    follow(both)
    both.attacker.write(version('three'), both.attacker.read(version('two')))
    pull(both)
    const { exposed, skipped } = await exposure(await both.victim.internal(), quiet)
    expect(exposed.map(({ secret }) => secret)).toContain('prod/other')
    const path = version('three')
    expect(skipped).toEqual([{ path, why: `${path}: its digest is not the one that stages.yaml lists` }])
  })
})
