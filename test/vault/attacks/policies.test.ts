import { beforeEach, describe, expect, it } from 'vitest'
import { trust } from '../../../src/app/trust.js'
import { provePolicy } from '../../../src/core/access/policyProof.js'
import { sodiumReady } from '../../../src/core/sodium.js'
import { needsOf } from '../../../src/http/authorize.js'
import { openVault, type SecretsVault } from '../../../src/index.js'
import { repairDates } from '../../../src/vault/repairDates.js'
import { addKey, addMember, grant, removeMember, revoke } from '../../../src/vault/team/team.js'
import { person, type Person } from '../../format/kit.js'
import { cloneOf, DAY, failure, makeVault, type TestVault } from '../fixture.js'
import { admit, rights } from '../people.js'
import { checkRange } from '../verify/verifyKit.js'
import { forge, read } from './forge.js'
import { as, commit } from './kit.js'

const NAME = 'prod/db'
const SECRET = 'vault/secrets/prod/db/secret.yaml'
const quiet = () => undefined
const statement = (Effect: string) => ({ Effect, Principal: '*', Action: '*', Resource: '*' })
const ALLOW = JSON.stringify({ Statement: [statement('Allow')] })
const BOTH = JSON.stringify({
  Statement: [statement('Allow'), { ...statement('Deny'), Action: 'secretsmanager:DeleteSecret' }]
})

let box: TestVault
/** Holds only `manage`. */
let curator: Person
/** Holds `manage` and `decrypt`. */
let carol: Person
/** Holds only `decrypt`. */
let bob: Person

beforeEach(async () => {
  await sodiumReady
  box = await makeVault()
  ;[curator, carol, bob] = [person('curator'), person('carol'), person('bob')]
  await join(curator, 'manage')
  await join(carol, 'decrypt manage')
  await join(bob, 'decrypt')
  await box.api.createSecret({ Name: NAME, SecretString: 'x', AddReplicaRegions: [{ Region: 'eu-1' }] })
  box.clock.advance(1000)
})

const join = async ({ name, public: { text } }: Person, held: string) =>
  addMember(await box.internal(), { name, publicKey: text, admin: false, rights: rights({ default: held }) })
const put = (api: SecretsVault, ResourcePolicy = ALLOW) =>
  api.putResourcePolicy({ SecretId: NAME, ResourcePolicy })
const putAs = (who: Person, policy = ALLOW) => as(who, box, api => put(api, policy))

/** The effects of the statements that an endpoint applies. */
async function effects(region?: string): Promise<string[]> {
  const home = await (await box.internal()).read()
  const view = region === undefined ? home : home.inRegion(region)
  const secret = await view.secret(NAME)
  const scope = { region: 'local', account: '000000000000' }
  const found = { secret, access: view.access }
  const [need] = needsOf('GetSecretValue', { SecretId: NAME }, scope, found)
  return need?.policy?.statements.map(({ effect }) => effect) ?? []
}

describe('an Allow that a member with only manage wrote', () => {
  const later: [string, () => unknown][] = [
    ['a tag', () => box.api.tagResource({ SecretId: NAME, Tags: [{ Key: 'a', Value: 'b' }] })],
    ['a description', () => box.api.updateSecret({ SecretId: NAME, Description: 'new' })],
    ['a new value', () => box.api.putSecretValue({ SecretId: NAME, SecretString: 'y' })],
    [
      'a replica',
      () => box.api.replicateSecretToRegions({ SecretId: NAME, AddReplicaRegions: [{ Region: 'us-1' }] })
    ],
    [
      'a deletion that is cancelled',
      async () => {
        await box.api.removeRegionsFromReplication({ SecretId: NAME, RemoveReplicaRegions: ['eu-1'] })
        await box.api.deleteSecret({ SecretId: NAME })
        await box.api.restoreSecret({ SecretId: NAME })
      }
    ],
    ['their removal', async () => removeMember(await box.internal(), 'curator', quiet)],
    [
      'the loss of their right',
      async () => revoke(await box.internal(), 'curator', rights({ default: 'manage' }), quiet)
    ],
    ['another key for the name', async () => addKey(await box.internal(), 'prod', ['prod/**'], quiet)]
  ]

  it.each(later)(
    'does not take effect by %s that a member with decrypt signs; its Deny does',
    async (_, write) => {
      await putAs(curator, BOTH)
      expect(await effects()).toEqual(['Deny'])
      await write()
      expect(await effects()).toEqual(['Deny'])
      expect((await read(box, 'secret', SECRET)).policy).not.toHaveProperty('proof')
    }
  )

  it('does not take effect in the secret that a replica becomes', async () => {
    await putAs(curator)
    expect(await effects('eu-1')).toEqual([])
    await promote()
    expect(await effects('eu-1')).toEqual([])
  })

  it('does not take effect by a repair of dates', async () => {
    box.clock.time += 1000 * DAY
    await putAs(curator)
    box.clock.time -= 1000 * DAY
    expect((await repairDates(await box.internal(), NAME)).dates).toBeGreaterThan(0)
    expect(await effects()).toEqual([])
  })

  it('does not take effect when they are granted decrypt later', async () => {
    await putAs(curator)
    await grant(await box.internal(), 'curator', rights({ default: 'decrypt' }))
    expect(await effects()).toEqual([])
    await putAs(curator)
    expect(await effects()).toEqual(['Allow'])
  })

  it('takes effect once a member with decrypt sets it', async () => {
    await putAs(curator)
    await put(box.api)
    expect(await effects()).toEqual(['Allow'])
    await putAs(curator)
    expect(await effects()).toEqual([])
    await putAs(carol)
    expect(await effects()).toEqual(['Allow'])
  })
})

const promote = async () =>
  (await openVault({ ...box.options, region: 'eu-1' })).stopReplicationToReplica({ SecretId: NAME })

describe('a member with only manage who forges the proof', () => {
  const forged = async (change: (policy: Record<string, string>, arn: string) => unknown) => {
    await forge(box, 'secret', SECRET, curator, secret => {
      change((secret.policy ??= { changed: secret.created }), secret.arn)
    })
    commit(box)
    return effects()
  }
  const place = (secret: string) => ({ vaultId: box.made.root, secret })

  it.each<[string, (policy: Record<string, string>, arn: string) => unknown]>([
    ['the name of another', policy => (policy['by'] = carol.public.keyId)],
    [
      'a signature by themselves',
      (policy, arn) =>
        Object.assign(policy, provePolicy({ value: ALLOW, changed: policy['changed']! }, place(arn), curator))
    ],
    [
      'their signature under the name of another',
      (policy, arn) => {
        const { proof } = provePolicy({ value: ALLOW, changed: policy['changed']! }, place(arn), curator)
        Object.assign(policy, { by: carol.public.keyId, proof })
      }
    ],
    [
      'the proof of another policy',
      (policy, arn) => {
        const denial = BOTH.replace('"Allow"', '"Deny"')
        const { by, proof } = provePolicy({ value: denial, changed: policy['changed']! }, place(arn), carol)
        Object.assign(policy, { by, proof })
      }
    ],
    [
      'the proof for another secret',
      (policy, arn) =>
        Object.assign(
          policy,
          provePolicy(
            { value: ALLOW, changed: policy['changed']! },
            place(arn.replace(/.{6}$/, 'AbCdEf')),
            carol
          )
        )
    ],
    [
      'the proof of another vault',
      (policy, secret) => {
        const vaultId = 'A'.repeat(43)
        Object.assign(
          policy,
          provePolicy({ value: ALLOW, changed: policy['changed']! }, { vaultId, secret }, carol)
        )
      }
    ],
    [
      'the proof of another time',
      (policy, arn) => {
        const { by, proof } = provePolicy(
          { value: ALLOW, changed: '2020-01-01T00:00:00.000Z' },
          place(arn),
          carol
        )
        Object.assign(policy, { by, proof })
      }
    ]
  ])('by %s gains nothing', async (_, change) => {
    await putAs(curator)
    expect(await forged(change)).toEqual([])
    // and nobody launders it
    await box.api.tagResource({ SecretId: NAME, Tags: [{ Key: 'a', Value: 'b' }] })
    expect(await effects()).toEqual([])
  })

  it('by a proof that is valid would succeed, so that these tests test something', async () => {
    await putAs(curator)
    const valid = (policy: Record<string, string>, arn: string) =>
      Object.assign(policy, provePolicy({ value: ALLOW, changed: policy['changed']! }, place(arn), carol))
    expect(await forged(valid)).toEqual(['Allow'])
  })

  it('by an old policy with its proof is refused, and reported in a range', async () => {
    await putAs(carol)
    const old = (await read(box, 'secret', SECRET)).policy!
    const clone = await cloneOf(box)
    await trust(clone.root, box.made.root)
    box.clock.advance(1000)
    await box.api.deleteResourcePolicy({ SecretId: NAME })
    await box.api.describeSecret({ SecretId: NAME })
    const start = box.head()
    const refused = {
      code: 'DocumentRefused',
      message: `${SECRET}: the policy of prod/db is older than this clone has seen on this branch`
    }
    for (const policy of [old, undefined]) {
      await forge(box, 'secret', SECRET, curator, secret => {
        if (policy) secret.policy = policy
        else delete secret.policy
      })
      commit(box, 'restore')
      expect(await failure(box.api.describeSecret({ SecretId: NAME }))).toEqual(refused)
      expect((await checkRange(box, `${start}..HEAD`)).found).toEqual([
        `restore | ${SECRET}: the policy of prod/db is older than an earlier commit has`
      ])
      box.git('reset', '-q', '--hard', start)
    }
  })
})

describe('an Allow that a member with decrypt set', () => {
  it('stays in effect when a member with only manage writes something else', async () => {
    await putAs(carol)
    await as(curator, box, api => api.tagResource({ SecretId: NAME, Tags: [{ Key: 'a', Value: 'b' }] }))
    expect(await effects()).toEqual(['Allow'])
    expect(await effects('eu-1')).toEqual(['Allow'])
  })

  it('ends when that member loses decrypt and no admin with decrypt signs it anew', async () => {
    const admin = await admit(box, 'admin', { default: 'manage' }, true)
    await putAs(carol)
    await removeMember(await admin.open(box), 'carol', quiet)
    expect(await effects()).toEqual([])
  })

  it('stays in effect when an admin with decrypt removes that member, or revokes the right', async () => {
    await putAs(carol)
    await removeMember(await box.internal(), 'carol', quiet)
    expect(await effects()).toEqual(['Allow'])
    const second = person('second')
    await join(second, 'decrypt manage')
    await putAs(second)
    await revoke(await box.internal(), 'second', rights({ default: 'decrypt' }), quiet)
    expect(await effects()).toEqual(['Allow'])
  })

  it('stays in effect in a secret that a replica becomes, and after a repair of dates', async () => {
    box.clock.time += 1000 * DAY
    await putAs(carol)
    box.clock.time -= 1000 * DAY
    await repairDates(await box.internal(), NAME)
    expect(await effects()).toEqual(['Allow'])
    await promote()
    expect(await effects('eu-1')).toEqual(['Allow'])
  })

  it('does not take effect from a document without a proof, as earlier versions wrote it', async () => {
    await putAs(carol, BOTH)
    await forge(box, 'secret', SECRET, carol, ({ policy }) => {
      delete policy!.by
      delete policy!.proof
    })
    commit(box)
    expect(await effects()).toEqual(['Deny'])
    expect((await box.api.getResourcePolicy({ SecretId: NAME })).ResourcePolicy).toBe(BOTH)
    await put(box.api, BOTH)
    expect(await effects()).toEqual(['Allow', 'Deny'])
  })
})
