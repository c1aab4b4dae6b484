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
import { cloneOf, failure, makeVault, scratch, secretString, TestVault, token } from '../fixture.js'
import { NAME } from './forge.js'

/** The victim, and admin. */
export let alice: Person
/** May write under `prod` and read nothing; holds everything on `dev`. */
export let mallory: Person
/** May read under `prod`. */
export let bob: Person
/** Holds everything on `prod`; no admin. */
export let carol: Person
/** Held everything on `prod`, and was removed. */
export let eve: Person
/** Nobody. */
export let stranger: Person

/** Two repositories, side by side, with the honest state: whose user has seen it, and one to attack from. */
export interface Scene {
  readonly victim: TestVault
  readonly attacker: TestVault
}

let template: (Scene & { readonly folder: string }) | undefined
/** Commits of the honest history, by what had been done by then. */
const marks = new Map<string, string>()
export const commitAt = (mark: string): string => marks.get(mark) ?? expect.fail(`no commit ${mark}`)

async function honest(): Promise<NonNullable<typeof template>> {
  await sodiumReady
  const home = await makeVault('scene')
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
  await look(home)

  const folder = scratch('template')
  fs.cpSync(home.root, join(folder, 'victim'), { recursive: true })
  execFileSync('git', ['clone', '-q', home.root, join(folder, 'attacker')], { stdio: 'pipe' })
  await trust(join(folder, 'attacker'), home.made.root)
  return (template = { folder, victim: home, attacker: home })
}

/** A scene of its own for a test. */
export async function scene(): Promise<Scene> {
  const { folder, victim: home } = template ?? (await honest())
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

/** Looks at all there is, so that the clone has seen it. */
async function look(vault: TestVault): Promise<void> {
  const { SecretList } = await vault.api.listSecrets()
  for (const { Name } of SecretList!) await vault.api.getSecretValue({ SecretId: Name! })
}

/** What a member does with git-vault itself. */
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

/** What the attacker left is committed, and fetched and merged by the victim. */
export function pull({ victim, attacker }: Scene): void {
  if (attacker.status() !== '') commit(attacker)
  victim.git('pull', '-q', '--ff-only', attacker.root, 'main')
}

/** An attack from beginning to end: the victim's clone after it. */
export async function after(how: (attacker: TestVault) => unknown): Promise<TestVault> {
  const both = await scene()
  await how(both.attacker)
  pull(both)
  return both.victim
}

/** The same seen by a clone that remembers nothing, with an identity that carries the root. */
export async function freshClone(vault: TestVault): Promise<TestVault> {
  const clone = await cloneOf(vault)
  await trust(clone.root, vault.made.root)
  return clone
}

/** A file as it was in the honest history, or as bytes. */
export function restore(vault: TestVault, mark: string, ...paths: string[]): void {
  vault.git('checkout', '-q', commitAt(mark), '--', ...paths)
}

export function copy(vault: TestVault, from: string, to: string): void {
  vault.write(to, fs.readFileSync(vault.path(from)))
}

export type Face = (api: SecretsVault) => Promise<unknown>

export const faces = {
  get: api => api.getSecretValue({ SecretId: NAME }),
  previous: api => api.getSecretValue({ SecretId: NAME, VersionStage: 'AWSPREVIOUS' }),
  blue: api => api.getSecretValue({ SecretId: NAME, VersionStage: 'blue' }),
  describe: api => api.describeSecret({ SecretId: NAME }),
  list: api => api.listSecrets(),
  batch: api => api.batchGetSecretValue({ SecretIdList: [NAME] }),
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

/** Those that read or write a value. */
export const valueFaces = ['get', 'put'] as const

/** Every one of them is refused, by file and reason, and nothing is written. */
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

/** What was planted has no effect: all is as it was, and can be written. */
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
