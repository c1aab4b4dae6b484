import { describe, expect, it } from 'vitest'
import { hashEntry } from '../../../src/core/access/accessLog.js'
import { openVault } from '../../../src/index.js'
import { trust } from '../../../src/app/trust.js'
import { exposure } from '../../../src/vault/team/exposure.js'
import { bindNames, grant, removeMember, revoke, setRole } from '../../../src/vault/team/team.js'
import { cloneOf, failure, token } from '../fixture.js'
import {
  entry,
  forge,
  forgeEntry,
  forgePut,
  forgeSecret,
  forgeStages,
  LOG,
  NAME,
  prove,
  read,
  SECRET,
  STAGES,
  version
} from './forge.js'
import {
  after,
  alice,
  as,
  carol,
  commit,
  commitAt,
  eve,
  expectRefused,
  expectUnharmed,
  faces,
  freshClone,
  mallory,
  pull,
  type Scene,
  scene
} from './kit.js'

const quiet = () => undefined

/** Pulls the victim's honest work, so that the attack starts from it. */
const follow = ({ victim, attacker }: Scene) => attacker.git('pull', '-q', '--ff-only', victim.root, 'main')

describe('a removed member', () => {
  it('signs as if nothing had happened', async () => {
    await expectRefused(
      await after(attacker => forgePut(attacker, eve)),
      STAGES,
      /signed by eve, who may not sign it/
    )
    await expectRefused(
      await after(attacker => forgeSecret(attacker, eve)),
      SECRET,
      /signed by eve, who may not sign it/
    )
  })

  it('backdates: names a log entry from before the removal', async () => {
    const victim = await after(async attacker =>
      forgePut(attacker, eve, {}, { access: await entry(attacker, 5), time: '2027-03-01T10:02:00.000Z' })
    )
    await expectRefused(victim, STAGES, /signed by eve, who may not sign it/)
    await expectRefused(await freshClone(victim), STAGES, /signed by eve, who may not sign it/)
  })

  it('names a log entry that never existed', async () => {
    const access = { entry: '6', hash: hashEntry({ entry: 'no' } as never) }
    await expectRefused(
      await after(attacker => forgePut(attacker, carol, {}, { access })),
      STAGES,
      /it names an entry that is not in the access log/
    )
  })

  it('keeps writing with git-vault on a stale branch, which is merged', async () => {
    const { victim } = await scene()
    const stale = await cloneOf(victim)
    stale.git('reset', '-q', '--hard', commitAt('eve'))
    await trust(stale.root, victim.made.root)
    await as(eve, stale, api => api.putSecretValue({ SecretId: NAME, SecretString: 'stale' }))
    victim.git('fetch', '-q', stale.root, 'main')
    const { status } = victim.tryGit('merge', '-q', '-m', 'merge', 'FETCH_HEAD')
    expect(status).not.toBe(0)
    const conflict = await failure(faces.get(victim.api))
    expect(conflict.code).toBe('DocumentRefused')
    expect(conflict.message).toContain(`${STAGES}: it contains merge conflict markers`)
    victim.git('checkout', '-q', '--theirs', '--', 'vault')
    commit(victim, 'merge')
    await expectRefused(victim, STAGES, /signed by eve, who may not sign it/)
  })

  it('lists her own version in the name of a member who did not sign it', async () => {
    const victim = await after(async attacker => {
      await forgePut(attacker, eve)
      await forgeStages(attacker, eve, () => undefined, { by: carol.public.keyId })
    })
    await expectRefused(victim, STAGES, /the signature does not verify/)
  })

  it('keeps what she could read, and the values are exposed until they are replaced', async () => {
    const both = await scene()
    const vault = await both.victim.internal()
    const listed = async () =>
      (await exposure(vault, quiet)).exposed
        .filter(({ to }) => to.some(({ member }) => member === 'eve'))
        .map(({ secret, labels }) => `${secret} ${labels.join(' ')}`)
    expect(await listed()).toEqual(['prod/other AWSPREVIOUS'])
    await both.victim.api.putSecretValue({ SecretId: 'prod/other', SecretString: 'new' })
    expect(await listed()).toEqual([])
  })
})

describe('a member whom this clone removed, if it has not read since', () => {
  it('cuts the removal off the log and signs as before', async () => {
    const both = await scene()
    const { victim, attacker } = both
    const before = victim.head()
    await removeMember(await victim.internal(), 'carol', quiet)
    follow(both)
    attacker.git('checkout', '-q', before, '--', 'vault')
    await forgePut(attacker, carol, {}, { serial: '99' })
    pull(both)
    await expectRefused(victim, STAGES, /signed by carol, who may not sign it/, [
      'get',
      'describe',
      'versions'
    ])
    expect(await failure(faces.put(victim.api))).toEqual({
      code: 'RepositoryState',
      message: 'this branch lacks entries of the access log that this clone has verified'
    })
  })
})

describe('a member who lost a right', () => {
  it('signs under the right that she had', async () => {
    const both = await scene()
    await revoke(await both.victim.internal(), 'carol', new Map([['prod', ['encrypt', 'manage']]]), quiet)
    follow(both)
    await forgePut(both.attacker, carol)
    pull(both)
    await expectRefused(both.victim, STAGES, /signed by carol, who may not sign it/)
  })

  it('signs with an entry from when she did not have the right, and is refused after regaining it', async () => {
    const both = await scene()
    const { victim, attacker } = both
    const vault = await victim.internal()
    await revoke(vault, 'carol', new Map([['prod', ['encrypt', 'manage']]]), quiet)
    const without = await entry(victim)
    await grant(vault, 'carol', new Map([['prod', ['encrypt', 'manage']]]))
    follow(both)
    await forgePut(attacker, carol, {}, { access: without })
    await forgeSecret(attacker, carol, () => undefined, { access: without })
    pull(both)
    await expectRefused(victim, 'vault/secrets/prod/db/', /signed by carol, who may not sign it/)
  })

  it('signs with an entry from before the loss, and is refused after regaining it', async () => {
    const both = await scene()
    const { victim, attacker } = both
    const before = await entry(victim)
    const vault = await victim.internal()
    await revoke(vault, 'carol', new Map([['prod', ['encrypt', 'manage']]]), quiet)
    await grant(vault, 'carol', new Map([['prod', ['encrypt', 'manage']]]))
    follow(both)
    await forgePut(attacker, carol, {}, { access: before })
    pull(both)
    await expectRefused(victim, STAGES, /signed by carol, who may not sign it/)
  })

  it('signs as the admin that she was', async () => {
    const both = await scene()
    const vault = await both.victim.internal()
    await setRole(vault, 'mallory', 'admin', quiet)
    const asAdmin = await entry(both.victim)
    await setRole(vault, 'mallory', 'member', quiet)
    follow(both)
    await forgeSecret(both.attacker, mallory, () => undefined, { access: asAdmin })
    pull(both)
    await expectRefused(both.victim, SECRET, /signed by mallory, who may not sign it/)
  })

  it('moves a label whose moves she could once prove', async () => {
    const both = await scene()
    const { victim, attacker } = both
    await as(carol, attacker, api =>
      api.updateSecretVersionStage({ SecretId: NAME, VersionStage: 'red', MoveToVersionId: token('one') })
    )
    pull(both)
    await faces.get(victim.api)
    await revoke(await victim.internal(), 'carol', new Map([['prod', ['manage']]]), quiet)
    follow(both)
    await forgeStages(attacker, carol, stages => {
      stages.labels['red'] = prove(attacker, carol, stages, 'red', 'two')
    })
    pull(both)
    await expectRefused(victim, STAGES, /signed by carol, who may not move red there/)
  })
})

describe('a name', () => {
  const other = 'vault/secrets/prod/other'

  it('is taken over under a key that the attacker holds', async () => {
    const victim = await after(async attacker => {
      await forgeSecret(attacker, mallory, secret => {
        secret.key = { value: 'dev', changed: secret.signed.change.time }
      })
      await forgePut(attacker, mallory, { key: 'dev' })
    })
    await expectRefused(victim, SECRET, /signed by mallory, who may not sign it/)
  })

  it('is put under another key by a member with rights on both', async () => {
    const both = await scene()
    await grant(await both.victim.internal(), 'carol', new Map([['dev', ['decrypt', 'encrypt', 'manage']]]))
    follow(both)
    await forgeSecret(both.attacker, carol, secret => (secret.key.value = 'dev'))
    pull(both)
    await expectRefused(both.victim, SECRET, /it is under key "dev", but the key of "prod\/db" is "prod"/)
  })

  it('is deleted and created again under a key that the attacker holds', async () => {
    const dev = 'vault/secrets/dev/app'
    const victim = await after(async attacker => {
      attacker.git('rm', '-rq', other)
      const { arn } = await read(attacker, 'secret', `${dev}/secret.yaml`)
      const taken = arn.replace('dev/app', 'prod/other')
      attacker.write(`${other}/secret.yaml`, attacker.read(`${dev}/secret.yaml`))
      attacker.write(`${other}/stages.yaml`, attacker.read(`${dev}/stages.yaml`))
      await forge(attacker, 'secret', `${other}/secret.yaml`, mallory, secret =>
        Object.assign(secret, { name: 'prod/other', arn: taken })
      )
      await forge(attacker, 'stages', `${other}/stages.yaml`, mallory, stages => (stages.secret = taken))
    })
    await expectRefused(victim, `${other}/secret.yaml`, /signed by mallory, who may not sign it/, ['list'])
    expect(await failure(victim.api.getSecretValue({ SecretId: 'prod/other' }))).toEqual({
      code: 'DocumentRefused',
      message: `${other}/secret.yaml: signed by mallory, who may not sign it`
    })
  })

  it('is bound to another key by a non-admin', async () => {
    const victim = await after(attacker =>
      forgeEntry(attacker, mallory, [{ change: 'names', key: 'dev', names: ['prod/**'] }])
    )
    await expectRefused(victim, LOG, /not signed by an admin/)
  })

  it('is put back under its former key from a stale branch', async () => {
    const both = await scene()
    await bindNames(await both.victim.internal(), 'dev', [NAME], quiet)
    follow(both)
    const { attacker, victim } = both
    attacker.git('checkout', '-q', 'HEAD~1', '--', SECRET, STAGES, version('three'), version('mine'))
    pull(both)
    await expectRefused(victim, 'vault/secrets/prod/db/', /older state|it is under key "prod"/)
  })
})

it('a value’s former keys are still recorded when its replica becomes a secret', async () => {
  const { victim } = await scene()
  const vault = await victim.internal()
  const SecretId = 'moved'
  const put = (name: string, SecretString: string, ...VersionStages: string[]) =>
    victim.api.putSecretValue({
      SecretId,
      SecretString,
      ClientRequestToken: token(name),
      ...(VersionStages.length > 0 ? { VersionStages } : {})
    })
  await victim.api.createSecret({ Name: SecretId, SecretString: 'v', ClientRequestToken: token('one') })
  await victim.api.updateSecretVersionStage({
    SecretId,
    VersionStage: 'blue',
    MoveToVersionId: token('one')
  })
  await put('two', 'w')
  await put('three', 'x')
  await bindNames(vault, 'prod', [SecretId], quiet)
  // the same value keeps its origin; versions with only a custom label are not re-encrypted
  await put('four', 'v', 'blue')
  await bindNames(vault, 'dev', [SecretId], quiet)
  await victim.api.replicateSecretToRegions({ SecretId, AddReplicaRegions: [{ Region: 'eu-west-1' }] })
  const elsewhere = await openVault({ ...victim.options, region: 'eu-west-1' })
  await elsewhere.stopReplicationToReplica({ SecretId })
  const path = version('four', 'vault/regions/eu-west-1/secrets/moved')
  const { key, origin } = await read(victim, 'version', path)
  expect([key, origin.key, ...origin.also!.map(other => other.key)]).toEqual(['dev', 'default', 'prod'])
})

it('what carol signed is re-signed by the removal, and still accepted', async () => {
  const both = await scene()
  await as(carol, both.attacker, api =>
    api.putSecretValue({ SecretId: NAME, SecretString: 'of carol', ClientRequestToken: token('carol') })
  )
  pull(both)
  await removeMember(await both.victim.internal(), 'carol', quiet)
  expect(await faces.get(both.victim.api)).toMatchObject({ SecretString: 'of carol' })
  expect((await read(both.victim, 'stages', STAGES)).signed.by).toBe(alice.public.keyId)
  both.victim.expectClean()
})

it('the scene itself is unharmed', async () => {
  await expectUnharmed((await scene()).victim)
})
