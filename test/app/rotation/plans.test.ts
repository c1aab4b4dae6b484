import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { beforeAll, expect, it } from 'vitest'
import { plansIn, readPlans } from '../../../src/app/rotation/plans.js'
import { call } from '../../../src/operations/call.js'
import type { RotationPlan } from '../../../src/operations/rotationPlan.js'
import { digest } from '../../../src/system/files/digest.js'
import { makeVault, token, type TestVault } from '../../vault/fixture.js'
import { register } from './kit.js'

/*
 * `due` reads what this clone has verified before, and does not verify it again.
 */

const FOLDER = '.git/git-vault/verified'
/** Enough that the file is written. */
const COUNT = 17
const ELSEWHERE = 'vault/regions/eu-west-1/secrets/there/stages.yaml'

let box: TestVault
beforeAll(async () => {
  box = await makeVault()
  await register(box, 'fails', { command: 'false' })
  const vault = await box.internal()
  for (let at = 0; at < COUNT; at++) {
    const replicas = at === 1 ? { AddReplicaRegions: [{ Region: 'eu-west-1' }] } : {}
    const made = { SecretString: 'x', ClientRequestToken: token(at), ...replicas }
    await call(vault, 'CreateSecret', { Name: `s${at}`, ...made })
  }
  const there = vault.inRegion('eu-west-1')
  await call(there, 'CreateSecret', { Name: 'there', SecretString: 'x', ClientRequestToken: token('there') })
  const RotationRules = { AutomaticallyAfterDays: 3 }
  for (const [SecretId, at] of [['s0', vault] as const, ['s1', vault] as const, ['there', there] as const]) {
    const asked = { SecretId, RotationLambdaARN: 'fails', ClientRequestToken: token(`of ${SecretId}`) }
    await call(at, 'RotateSecret', { ...asked, RotationRules }).catch(() => undefined)
  }
  await vault.close()
})

it('plans are the same from the files, and from what was verified before', async () => {
  const vault = await box.internal()
  const sorted = (plans: Iterable<RotationPlan>) => [...plans].sort((a, b) => (a.name < b.name ? -1 : 1))
  const all = sorted((await plansIn(vault)).values())
  expect(all).toMatchObject([
    { name: 's0', elsewhere: undefined, claim: { version: token('of s0'), hasValue: false } },
    { name: 's1', elsewhere: undefined, claim: { version: token('of s1') } },
    { name: 'there', elsewhere: 'eu-west-1', hasSchedule: true, claim: { version: token('of there') } }
  ])
  expect(sorted(await readPlans(vault))).toEqual(all)
  // known by now
  expect(sorted(await readPlans(vault))).toEqual(all)

  const file = box.path(`${FOLDER}/${readdirSync(box.path(FOLDER)).find(name => !name.includes('.'))}`)
  const text = readFileSync(file, 'utf8')
  const body = Buffer.from(text.slice(text.indexOf('\n') + 1).replaceAll(token('of s0'), token('known')))
  const { access } = await vault.read()
  const { vaultId, entries } = access
  const under = JSON.stringify(['development', { region: 'local', vaultId, entry: entries.at(-1) }])
  writeFileSync(file, `${digest([Buffer.from(under), body])}\n${body.toString()}`)
  // another process reads the file
  const other = await box.internal()
  expect(sorted(await readPlans(other))[0]).toMatchObject({ name: 's0', claim: { version: token('known') } })
})

it('a secret that fails verification, and a folder that is no region, are reported as left out', async () => {
  const vault = await box.internal()
  const stages = readFileSync(box.path(ELSEWHERE), 'utf8')
  writeFileSync(box.path(ELSEWHERE), stages.replace('AWSPENDING', 'AWSPANDING'))
  const odd = 'vault/regions/No_Region/secrets/odd'
  mkdirSync(box.path(odd), { recursive: true })
  for (const name of ['secret.yaml', 'stages.yaml']) writeFileSync(box.path(`${odd}/${name}`), 'format: 1\n')
  expect((await readPlans(vault)).map(({ name }) => name).sort()).toEqual(['s0', 's1'])
  const others = await box.internal()
  await plansIn(others)
  const pathsOf = ({ skipped }: typeof vault) => skipped.map(({ path }) => path).sort()
  expect(pathsOf(vault)).toContain(ELSEWHERE.replace('stages', 'secret'))
  expect(pathsOf(vault)).toEqual(pathsOf(others))
  writeFileSync(box.path(ELSEWHERE), stages)
})
