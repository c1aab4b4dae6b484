import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cloneOf, makeVault, secretString, top, type TestVault } from './fixture.js'
import { startDriver, walk } from './process.js'

/** Root can write everywhere, so the reader runs as nobody, with the number that most systems use. */
const NOBODY = 65_534
const isRoot = process.geteuid?.() === 0

describe.runIf(process.platform !== 'win32')('a repository with a read-only .git', () => {
  let box: TestVault
  let clone: TestVault

  beforeAll(async () => {
    box = await makeVault()
    box.clock.now = () => Date.now()
    await box.api.createSecret({ Name: 'prod/db', SecretString: 'one' })
    await box.api.putSecretValue({ SecretId: 'prod/db', SecretString: 'two' })
    clone = await cloneOf(box)
    fs.chmodSync(top, 0o755)
    if (isRoot) execFileSync('chown', ['-R', String(NOBODY), top])
    for (const { root, path } of [box, clone].map(vault => ({
      root: vault.root,
      path: vault.path('.git')
    }))) {
      fs.chmodSync(`${root}/..`, 0o755)
      for (const inside of [path, ...walk(path)])
        fs.chmodSync(inside, fs.statSync(inside).isDirectory() ? 0o555 : 0o444)
    }
  })

  afterAll(() => {
    for (const path of [box, clone].map(vault => vault.path('.git')))
      for (const inside of [path, ...walk(path)])
        if (fs.statSync(inside).isDirectory()) fs.chmodSync(inside, 0o755)
    if (isRoot) execFileSync('chown', ['-R', '0', top])
  })

  const start = (orders: object, env: NodeJS.ProcessEnv = {}) =>
    startDriver(
      { directory: box.root, name: 'prod/db', ...orders },
      { env: { ...process.env, ...env }, ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}) }
    )

  it('reads and lists, with a notice that it cannot remember', async () => {
    const driver = start({ read: true })
    expect({ ...(await driver.ended), errors: driver.errors() }).toEqual({
      code: 0,
      signal: null,
      errors: ''
    })
    const lines = driver.lines()
    expect(lines).toContain('value two')
    expect(lines).toContain('listed 1')
    expect(lines.filter(line => line.startsWith('notice'))).toEqual([
      expect.stringMatching(
        /^notice this clone cannot remember what it has seen: cannot write .*: permission denied$/
      )
    ])
  })

  it('refuses to write, with one clear error', async () => {
    const head = box.read('.git/refs/heads/main')
    const driver = start({ count: 1 })
    expect((await driver.ended).code).not.toBe(0)
    expect(driver.errors()).toMatch(/(FileFailed|RepositoryState): .*(permission denied|cannot)/i)
    expect(driver.acknowledged().size).toBe(0)
    expect(box.read('.git/refs/heads/main')).toBe(head)
  })

  it('reads in a fresh clone with an identity that carries the root, as machines do', async () => {
    const identity = `${secretString()}.${box.made.root}`
    const driver = start({ directory: clone.root, read: true }, { GIT_VAULT_IDENTITY: identity })
    expect({ ...(await driver.ended), errors: driver.errors() }).toEqual({
      code: 0,
      signal: null,
      errors: ''
    })
    expect(driver.lines()).toContain('value two')
    expect(driver.lines().filter(line => line.startsWith('notice'))).not.toEqual([])
  })
})

describe('a read-only memory', () => {
  let box: TestVault

  beforeAll(async () => {
    box = await makeVault()
    await box.api.createSecret({ Name: 'prod/db', SecretString: 'one' })
    fs.rmSync(box.path('.git/git-vault/seen'), { recursive: true })
    fs.writeFileSync(box.path('.git/git-vault/seen'), 'in the way')
  })

  it('a read succeeds, with a notice', async () => {
    expect((await box.api.getSecretValue({ SecretId: 'prod/db' })).SecretString).toBe('one')
    expect(box.notices).toEqual([expect.stringMatching(/^this clone cannot remember/)])
  })

  it('a committed put succeeds, with a notice', async () => {
    const commits = box.commits()
    const [outcome] = await Promise.allSettled([
      box.api.putSecretValue({ SecretId: 'prod/db', SecretString: 'two' })
    ])
    expect({ status: outcome.status, commits: box.commits() - commits }).toEqual({
      status: 'fulfilled',
      commits: 1
    })
  })
})
