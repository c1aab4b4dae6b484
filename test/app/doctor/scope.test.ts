import * as fs from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { doctor } from '../../../src/app/doctor/doctor.js'
import type { History, Repository } from '../../../src/core/ports.js'
import { addKey, removeMember } from '../../../src/vault/team/team.js'
import { waive } from '../../../src/vault/team/waiver.js'
import { DAY, makeVault, token, type TestVault } from '../../vault/fixture.js'
import { admit } from '../../vault/people.js'

const MEMORY = '.git/git-vault/examined'

let box: TestVault
beforeEach(async () => {
  box = await makeVault()
  box.clock.time = Date.now()
  for (const name of ['a', 'b', 'c', 'a/b']) await box.api.createSecret({ Name: name, SecretString: 'one' })
})

/** What doctor says about secrets. */
async function secrets(options: Parameters<typeof doctor>[3] = {}): Promise<string[]> {
  const found: string[] = []
  for await (const { what, state, text } of doctor(box.root, await box.internal(), undefined, options))
    if (['versions', 'exposure'].includes(what)) found.push(`${what} ${state}: ${text}`)
  return found
}

const now = (): string => box.git('rev-parse', '--short=12', 'HEAD').trim()
const ALL = [
  'versions ok: every secret has the files that its stages.yaml lists, and no others',
  'exposure ok: no exposed values'
]
const only = (secretsChanged: string, since: string): string[] =>
  ALL.map(line => `${line} (looked at ${secretsChanged} changed since ${since})`)

/** Expects what `--all` says, and that it is no praise. */
async function expectSameAsAll(): Promise<void> {
  const found = (await secrets()).map(line => line.replace(/ \(looked at .*/, ''))
  fs.rmSync(box.path(MEMORY), { force: true })
  expect(found).toEqual(await secrets({ isAll: true }))
  expect(found).not.toEqual(ALL)
}

/** Counts the documents of secrets that doctor reads. */
async function documentsRead(): Promise<number> {
  const vault = await box.internal()
  let reads = 0
  const counting = <T extends { read: (path: string, limit: number) => Promise<Uint8Array | undefined> }>(
    tree: T
  ): T => ({
    ...tree,
    read: (path: string, limit: number) => {
      if (path.includes('/secrets/')) reads++
      return tree.read(path, limit)
    }
  })
  const own: Partial<Repository & History> = {
    workTree: counting(vault.repository.workTree),
    treeOf: commit => {
      const tree = vault.repository.treeOf(commit)
      return counting({ read: (path: string, limit: number) => tree.read(path, limit) })
    }
  }
  // methods with private fields run on the original
  const repository = new Proxy(vault.repository, {
    get(target, name) {
      if (Object.hasOwn(own, name)) return own[name as 'workTree']
      const member: unknown = target[name as 'treeOf']
      return typeof member === 'function' ? member.bind(target) : member
    }
  })
  for await (const finding of doctor(box.root, vault.over(repository))) void finding
  return reads
}

describe('doctor', () => {
  it('looks at the secrets that changed since all were in order, and at all with --all', async () => {
    expect(await secrets()).toEqual(ALL)
    const first = now()
    expect(await secrets()).toEqual(only('no secret', first))
    await box.api.putSecretValue({ SecretId: 'a', SecretString: 'two' })
    expect(await secrets()).toEqual(only('1 secret', first))
    await box.api.deleteSecret({ SecretId: 'b', ForceDeleteWithoutRecovery: true })
    box.git('commit', '-q', '--allow-empty', '-m', 'of the project')
    expect((await secrets())[1]).toMatch(/ 1 secret changed /)
    expect(await secrets()).toEqual(only('no secret', now()))
    expect(await secrets({ isAll: true })).toEqual(ALL)
    expect(await secrets({ program: 'a newer one' })).toEqual(ALL)
  })

  it('reads documents in proportion to the change', async () => {
    const whole = await documentsRead()
    await box.api.putSecretValue({ SecretId: 'a', SecretString: 'two' })
    const some = await documentsRead()
    expect(some).toBeGreaterThan(0)
    expect(some).toBeLessThan(whole)
    for (let at = 0; at < 20; at++) await box.api.createSecret({ Name: `more/${at}`, SecretString: 'x' })
    expect(await documentsRead()).toBeGreaterThan(whole)
    await box.api.putSecretValue({ SecretId: 'b', SecretString: 'two' })
    expect(await documentsRead()).toBe(some)
  })

  it('looks at all if it has nothing to start from', async () => {
    await secrets()
    const good = box.read(MEMORY)
    box.write(MEMORY, good.replace(/[0-9a-f]{40}/, '0'.repeat(40)))
    expect(await secrets()).toEqual(ALL)
    box.write(MEMORY, good.slice(0, -9))
    expect(await secrets()).toEqual(ALL)
    box.write(MEMORY, '')
    expect(await secrets()).toEqual(ALL)
    // of another vault
    const mine = box
    box = await makeVault()
    await box.api.createSecret({ Name: 'a', SecretString: 'one' })
    await secrets()
    fs.copyFileSync(box.path(MEMORY), mine.path(MEMORY))
    box = mine
    expect(await secrets()).toEqual(ALL)
    box.git('checkout', '-q', '-b', 'other')
    expect(await secrets()).toEqual(ALL)
    box.git('checkout', '-q', '--orphan', 'new')
    box.git('commit', '-q', '-m', 'without history')
    box.git('branch', '-D', '-q', 'main', 'other')
    box.git('reflog', 'expire', '--expire=now', '--all')
    box.git('gc', '-q', '--prune=now')
    box.git('branch', '-M', 'other')
    expect(await secrets()).toEqual(ALL)
  })
})

describe('doctor is never content because of what it remembers: it says what --all says', () => {
  it('after a secret went back to a state older than one seen', async () => {
    await secrets()
    const before = now()
    await box.api.putSecretValue({ SecretId: 'a', SecretString: 'two' })
    box.git('reset', '-q', '--hard', before)
    await expectSameAsAll()
  })

  it('after a state was seen in the work tree alone', async () => {
    await box.api.putSecretValue({ SecretId: 'a', SecretString: 'two' })
    const newer = now()
    box.git('reset', '-q', '--hard', 'HEAD~1')
    fs.rmSync(box.path('.git/git-vault/seen'), { recursive: true })
    await secrets()
    box.git('checkout', '-q', newer, '--', 'vault')
    await (await box.reopen()).getSecretValue({ SecretId: 'a' })
    box.git('reset', '-q', '--hard')
    await expectSameAsAll()
  })

  it('after a commit by hand', async () => {
    await secrets()
    box.write('vault/secrets/a/stages.yaml', box.read('vault/secrets/b/stages.yaml'))
    box.git('commit', '-q', '-a', '-m', 'forged')
    await expectSameAsAll()
    box.git('rm', '-q', 'vault/secrets/c/secret.yaml')
    box.git('commit', '-q', '-m', 'half of it')
    await expectSameAsAll()
    expect((await secrets())[1]).toBe('exposure problem: 2 secrets failed verification')
  })

  it('after a listed version was removed', async () => {
    await secrets()
    box.git('rm', '-q', '-r', 'vault/secrets/a/versions')
    box.git('commit', '-q', '-m', 'oops')
    await expectSameAsAll()
  })

  it('after an edit, also of a file that git is told not to look at', async () => {
    await secrets()
    box.write('vault/secrets/a/stages.yaml', box.read('vault/secrets/b/stages.yaml'))
    await expectSameAsAll()
    box.git('checkout', '-q', 'vault')
    expect(await secrets()).toEqual(ALL)
    box.git('update-index', '--assume-unchanged', 'vault/secrets/a/stages.yaml')
    box.write('vault/secrets/a/stages.yaml', box.read('vault/secrets/b/stages.yaml'))
    await expectSameAsAll()
  })

  it('while a value is exposed, after a member left, and after a waiver has ended', async () => {
    await addKey(await box.internal(), 'other', ['other/**'], () => undefined)
    await admit(box, 'bob', { default: 'decrypt' })
    await box.api.createSecret({ Name: 'other/d', SecretString: 'one', ClientRequestToken: token('d') })
    expect(await secrets()).toEqual(ALL)
    box.clock.advance(1000)
    await removeMember(await box.internal(), 'bob', () => undefined)
    await expectSameAsAll()
    expect((await secrets())[1]).toBe('exposure problem: 4 exposed values must be replaced')
    expect((await secrets())[1]).toBe('exposure problem: 4 exposed values must be replaced')
    for (const name of ['b', 'c', 'a/b'])
      await box.api.putSecretValue({ SecretId: name, SecretString: 'two' })
    for (const name of ['b', 'c', 'a/b'])
      await box.api.putSecretValue({ SecretId: name, SecretString: 'three' })
    expect((await secrets())[1]).toBe('exposure problem: 1 exposed value must be replaced')
    const until = new Date(box.clock.now() + DAY)
    await waive(await box.internal(), 'a', { reason: 'soon gone', until })
    const waived = 'exposure ok: no exposed values, except 1 with a waiver'
    expect((await secrets())[1]).toBe(waived)
    expect((await secrets())[1]).toBe(`${waived} (looked at 1 secret changed since ${now()})`)
    box.clock.advance(2 * DAY)
    await expectSameAsAll()
  })
})
