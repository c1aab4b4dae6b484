import { beforeEach, expect, it } from 'vitest'
import { isProvenPolicy, provePolicy } from '../../../src/core/access/policyProof.js'
import { sodiumReady } from '../../../src/core/sodium.js'
import { formatTime } from '../../../src/core/time.js'
import { addMember, grant } from '../../../src/vault/team/team.js'
import { person, type Person } from '../../format/kit.js'
import { commit, as } from '../attacks/kit.js'
import { forge, read } from '../attacks/forge.js'
import { makeVault, type TestVault } from '../fixture.js'
import { rights } from '../people.js'
import { check } from '../verify/verifyKit.js'
import { FOLDER, follower, merge, NAME } from './mergeKit.js'

const SECRET = `${FOLDER}/secret.yaml`
const ALLOW = JSON.stringify({
  Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }]
})

/** Of a member with all rights. */
let ours: TestVault
let theirs: TestVault
/** Holds only `manage`. */
let curator: Person

beforeEach(async () => {
  await sodiumReady
  curator = person('curator')
  ours = await makeVault()
  ours.clock.time = Date.now()
  await addMember(await ours.internal(), {
    ...{ name: 'curator', publicKey: curator.public.text, admin: false },
    rights: rights({ default: 'manage' })
  })
  await ours.api.createSecret({ Name: NAME, SecretString: 'x' })
  ours.clock.advance(1000)
})

const tag = (box: TestVault) => {
  box.clock.advance(1000)
  return box.api.tagResource({ SecretId: NAME, Tags: [{ Key: 'a', Value: 'b' }] })
}

async function isProven(box: TestVault): Promise<boolean> {
  const view = await (await box.internal()).read()
  const { document, arn, key } = await view.secret(NAME)
  return isProvenPolicy(document.policy!, { access: view.access, secret: arn, key: key.alias })
}

/** Merges their branch here, which a member with `decrypt` signs. */
async function merged() {
  await merge(ours, theirs)
  expect((await check(ours)).found).toEqual([])
  const document = await read(ours, 'secret', SECRET)
  expect(document.signed.change.operation).toBe('Merge')
  return document.policy
}

it('a policy that a member with only manage proved has no proof after a merge, whatever they are granted later', async () => {
  theirs = await follower(ours)
  theirs.clock.time = ours.clock.time + 5000
  await forge(theirs, 'secret', SECRET, curator, document => {
    const policy = { value: ALLOW, changed: formatTime(theirs.clock.time) }
    document.policy = provePolicy(policy, { vaultId: theirs.made.root, secret: document.arn }, curator)
  })
  commit(theirs)
  await tag(ours)
  ours.clock.advance(10_000)
  expect(Object.keys((await merged()) ?? {}).sort()).toEqual(['changed', 'value'])
  expect(await isProven(ours)).toBe(false)
  await grant(await ours.internal(), 'curator', rights({ default: 'decrypt' }))
  expect(await isProven(ours)).toBe(false)
})

it.each(['ours', 'theirs'])('a false proof never replaces one that is accepted: it is on %s', async side => {
  await ours.api.putResourcePolicy({ SecretId: NAME, ResourcePolicy: ALLOW })
  theirs = await follower(ours)
  theirs.clock.time = ours.clock.time + 5000
  const [forged, honest] = side === 'ours' ? [ours, theirs] : [theirs, ours]
  await forge(forged, 'secret', SECRET, curator, document => {
    // the greater text would win
    document.policy = { ...document.policy!, by: 'z'.repeat(22) }
  })
  commit(forged)
  await forged.reopen()
  await tag(honest)
  ours.clock.advance(10_000)
  await merged()
  expect(await isProven(ours)).toBe(true)
})

it('a policy without a proof keeps none if a member with decrypt merges it', async () => {
  theirs = await follower(ours)
  theirs.clock.time = ours.clock.time + 5000
  await as(curator, theirs, api => api.putResourcePolicy({ SecretId: NAME, ResourcePolicy: ALLOW }))
  await tag(ours)
  ours.clock.advance(10_000)
  expect(Object.keys((await merged()) ?? {}).sort()).toEqual(['changed', 'value'])
  expect(await isProven(ours)).toBe(false)
})
