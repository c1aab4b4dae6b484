import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Right } from '../../../src/core/access/access.js'
import { identityFromSeed, parseSecret } from '../../../src/core/crypto/identity.js'
import { sodiumReady } from '../../../src/core/sodium.js'
import { openVault, type SecretsVault } from '../../../src/index.js'
import { trust } from '../../../src/app/trust.js'
import { addKey, addMember, removeMember } from '../../../src/vault/team/team.js'
import { person, type Person } from '../../format/kit.js'
import {
  batchStrictly,
  cloneOf,
  failure,
  listStrictly,
  makeVault,
  scratch,
  secretString,
  TestVault,
  token
} from '../fixture.js'
import { NAME } from './forge.js'

/** The victim. An admin. */
export let alice: Person
/** Holds only `encrypt` on `prod`, and all rights on `dev`. */
export let mallory: Person
/** Holds `decrypt` on `prod`. */
export let bob: Person
/** Holds all rights on `prod`. Not an admin. */
export let carol: Person
/** Held all rights on `prod`, and was removed. */
export let eve: Person
/** Not a member. */
export let stranger: Person

/** Two clones of the honest state: the victim's, which has seen it, and one to attack from. */
export interface Scene {
  readonly victim: TestVault
  readonly attacker: TestVault
}

let template: (Scene & { readonly folder: string }) | undefined
/** Commits of the honest history, by the name of the step that they complete. */
const marks = new Map<string, string>()
export const commitAt = (mark: string): string => marks.get(mark) ?? expect.fail(`no commit ${mark}`)

async function honest(time: number | undefined): Promise<NonNullable<typeof template>> {
  await sodiumReady
  const home = await makeVault('scene')
  home.clock.time = time ?? home.clock.time
  ;[mallory, bob, carol, eve, stranger] = ['mallory', 'bob', 'carol', 'eve', 'stranger'].map(person) as [
    Person,
    Person,
    Person,
    Person,
    Person
  ]
  const secret = secretString()
  alice = { ...identityFromSeed(parseSecret(secret)!), name: 'alice', secret }
  const vault = await home.internal()
  const done = (mark: string) => {
    marks.set(mark, home.head())
    home.clock.advance(60_000)
  }
  const admit = ({ name, public: { text } }: Person, rights: Record<string, [Right, ...Right[]]>) =>
    addMember(vault, { name, publicKey: text, admin: false, rights: new Map(Object.entries(rights)) })
  await home.api.createSecret({ Name: 'plain', SecretString: 'p1', ClientRequestToken: token('one') })
  await addKey(vault, 'prod', ['prod/**'], () => undefined)
  await addKey(vault, 'dev', ['dev/**'], () => undefined)
  await admit(eve, { prod: ['decrypt', 'encrypt', 'manage'] })
  await admit(mallory, { prod: ['encrypt'], dev: ['decrypt', 'encrypt', 'manage'] })
  await admit(bob, { prod: ['decrypt'] })
  await admit(carol, { prod: ['decrypt', 'encrypt', 'manage'] })
  done('members')
  const put = (api: SecretsVault, name: string, what: string) =>
    api.putSecretValue({ SecretId: name, SecretString: what, ClientRequestToken: token(what) })
  for (const Name of [NAME, 'prod/other', 'dev/app'])
    await home.api.createSecret({ Name, SecretString: 'one', ClientRequestToken: token('one') })
  done('one')
  await as(eve, home, async api => {
    await api.updateSecret({ SecretId: NAME, Description: 'of eve' })
    await put(api, NAME, 'evil')
  })
  done('eve')
  await removeMember(vault, 'eve', () => undefined)
  done('removal')
  const blue = { SecretId: NAME, VersionStage: 'blue' }
  await home.api.updateSecretVersionStage({ ...blue, MoveToVersionId: token('one') })
  done('blue')
  await put(home.api, NAME, 'two')
  done('two')
  await home.api.updateSecretVersionStage({
    ...blue,
    RemoveFromVersionId: token('one'),
    MoveToVersionId: token('two')
  })
  done('moved')
  await as(mallory, home, api => put(api, NAME, 'mine'))
  done('mine')
  await put(home.api, NAME, 'three')
  await put(home.api, 'prod/other', 'two')
  await home.api.tagResource({ SecretId: NAME, Tags: [{ Key: 'k', Value: 'v' }] })
  done('three')
  home.write('code.txt', 'a program\n')
  commit(home, 'code')
  await readAll(home)

  const folder = scratch('template')
  fs.cpSync(home.root, join(folder, 'victim'), { recursive: true })
  execFileSync('git', ['clone', '-q', home.root, join(folder, 'attacker')], { stdio: 'pipe' })
  await trust(join(folder, 'attacker'), home.made.root)
  return (template = { folder, victim: home, attacker: home })
}

/**
 * Creates a separate scene for a test.
 * @param time of the first write of the honest history, if this is the first scene of the test file
 */
export async function scene(time?: number): Promise<Scene> {
  const { folder, victim: home } = template ?? (await honest(time))
  const own = scratch('attack')
  fs.cpSync(folder, own, { recursive: true })
  const at = async (name: string) => {
    const vault = new TestVault(join(own, name), home.made)
    vault.clock.time = home.clock.time
    await vault.reopen()
    return vault
  }
  return { victim: await at('victim'), attacker: await at('attacker') }
}

/** Reads every secret, so that the clone has seen it. */
async function readAll(vault: TestVault): Promise<void> {
  const { SecretList } = await vault.api.listSecrets()
  for (const { Name } of SecretList!) await vault.api.getSecretValue({ SecretId: Name! })
}

/** Uses git-vault itself as a member. */
export async function as<T>(
  { secret }: Person,
  vault: TestVault,
  use: (api: SecretsVault) => Promise<T>
): Promise<T> {
  process.env['GIT_VAULT_IDENTITY'] = secret
  try {
    return await use(await openVault(vault.options))
  } finally {
    delete process.env['GIT_VAULT_IDENTITY']
  }
}

export function commit(vault: TestVault, message = 'Tidy up'): void {
  vault.git('add', '-A')
  vault.git('commit', '-q', '--allow-empty', '-m', message)
}

/** Commits the attacker's changes, and pulls them as the victim. */
export function pull({ victim, attacker }: Scene): void {
  if (attacker.status() !== '') commit(attacker)
  victim.git('pull', '-q', '--ff-only', attacker.root, 'main')
}

/** Runs a complete attack. Returns the victim's clone after it. */
export async function after(how: (attacker: TestVault) => unknown): Promise<TestVault> {
  const both = await scene()
  await how(both.attacker)
  pull(both)
  return both.victim
}

/** Clones a vault and trusts its root. The clone has seen nothing else. */
export async function freshClone(vault: TestVault): Promise<TestVault> {
  const clone = await cloneOf(vault)
  await trust(clone.root, vault.made.root)
  return clone
}

/** Restores files as they were at a step of the honest history. */
export function restore(vault: TestVault, mark: string, ...paths: string[]): void {
  vault.git('checkout', '-q', commitAt(mark), '--', ...paths)
}

export function copy(vault: TestVault, from: string, to: string): void {
  vault.write(to, fs.readFileSync(vault.path(from)))
}

export type Face = (api: SecretsVault) => Promise<unknown>

/** The operations that an attack may affect. */
export const faces = {
  get: api => api.getSecretValue({ SecretId: NAME }),
  previous: api => api.getSecretValue({ SecretId: NAME, VersionStage: 'AWSPREVIOUS' }),
  blue: api => api.getSecretValue({ SecretId: NAME, VersionStage: 'blue' }),
  describe: api => api.describeSecret({ SecretId: NAME }),
  list: api => listStrictly(api),
  batch: api => batchStrictly(api, NAME),
  versions: api => api.listSecretVersionIds({ SecretId: NAME }),
  put: api => api.putSecretValue({ SecretId: NAME, SecretString: 'new' }),
  move: api =>
    api.updateSecretVersionStage({
      SecretId: NAME,
      VersionStage: 'blue',
      RemoveFromVersionId: token('two'),
      MoveToVersionId: token('three')
    }),
  update: api => api.updateSecret({ SecretId: NAME, Description: 'new' })
} satisfies Record<string, Face>

/** The operations that read or write a value. */
export const valueFaces = ['get', 'put'] as const

/** Expects that each operation is refused, naming file and reason, and that nothing is written. */
export async function expectRefused(
  vault: TestVault,
  path: string,
  why: RegExp,
  which: readonly (keyof typeof faces)[] = Object.keys(faces) as (keyof typeof faces)[]
): Promise<void> {
  const state = vault.state()
  const outcomes: Record<string, unknown> = {}
  const expected: Record<string, unknown> = {}
  for (const name of which) {
    const outcome = await failure(faces[name](vault.api)).catch((error: unknown) =>
      String(error).slice(0, 200)
    )
    outcomes[name] = outcome
    expected[name] = { code: 'DocumentRefused', message: expect.stringMatching(why) as string }
    if (typeof outcome === 'object') expect(outcome.message).toContain(path)
  }
  expect(outcomes).toEqual(expected)
  expect(vault.state()).toBe(state)
}

/** Expects that the attack had no effect: all secrets are unchanged and can be written. */
export async function expectUnharmed(vault: TestVault): Promise<void> {
  expect(await vault.api.getSecretValue({ SecretId: NAME })).toMatchObject({
    SecretString: 'three',
    VersionStages: ['AWSCURRENT']
  })
  expect(await vault.api.describeSecret({ SecretId: NAME })).toMatchObject({
    VersionIdsToStages: {
      [token('mine')]: ['AWSPREVIOUS'],
      [token('three')]: ['AWSCURRENT'],
      [token('two')]: ['blue']
    },
    Tags: [{ Key: 'k', Value: 'v' }]
  })
  const { SecretList } = await vault.api.listSecrets()
  expect(SecretList!.map(({ Name }) => Name).sort()).toEqual(['dev/app', 'plain', NAME, 'prod/other'])
  await vault.api.putSecretValue({ SecretId: NAME, SecretString: 'after' })
  expect(await vault.api.getSecretValue({ SecretId: NAME })).toMatchObject({ SecretString: 'after' })
}
