import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { PROGRAM } from '../app/built.js'
import { makeVault, scratch, type TestVault } from '../vault/fixture.js'

/*
 * The package of a database's client, beside git-vault as `npm install -g` puts it.
 */

const modules = join(scratch('global'), 'node_modules')
const program = join(modules, 'git-vault/bin/git-vault.js')
const PACKAGE = 'pg'
const installed = fileURLToPath(new URL(`../../node_modules/${PACKAGE}`, import.meta.url))

let box: TestVault
const gitVault = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: box.root,
    encoding: 'utf8'
  })
  return { status, stdout, stderr }
}
const install = (): void => symlinkSync(installed, join(modules, PACKAGE), 'junction')

beforeAll(async () => {
  mkdirSync(join(modules, 'git-vault'), { recursive: true })
  const root = dirname(dirname(PROGRAM))
  for (const folder of ['bin', 'dist'])
    cpSync(join(root, folder), join(modules, 'git-vault', folder), { recursive: true })
  box = await makeVault()
  box.clock.now = () => Date.now()
  const value = { engine: 'postgres', host: '127.0.0.1', port: 1, username: 'u', password: 'a-password' }
  await box.api.createSecret({ Name: 'db', SecretString: JSON.stringify(value) })
})

const MISSING = 'git-vault: the function "db" needs the package pg\ngit-vault: hint: npm install -g pg\n'

describe('a built-in function', () => {
  it('is not registered without its package', () => {
    expect(gitVault('function', 'add', 'db', '--builtin', 'postgresql')).toEqual({
      status: 255,
      stdout: '',
      stderr: MISSING
    })
    expect(gitVault('function', 'list').stdout).toBe('')
  })

  it('is registered, listed and shown once it is installed beside git-vault', () => {
    install()
    expect(gitVault('function', 'add', 'db', '--builtin', 'postgresql')).toEqual({
      status: 0,
      stdout: 'db  built-in postgresql\n',
      stderr: ''
    })
    const two = ['--builtin', 'postgresql', '--alternating', '--may-read', 'master']
    expect(gitVault('function', 'add', 'two', ...two).stdout).toBe(
      'two  built-in postgresql, alternating users\n'
    )
    expect(gitVault('function', 'list').stdout).toMatch(
      /^db +built-in postgresql\ntwo +built-in postgresql, alternating users\n$/
    )
    expect(gitVault('function', 'show', 'two').stdout).toMatch(
      /^runs +built-in postgresql, alternating users$/m
    )
    expect(JSON.parse(gitVault('function', 'show', 'two', '--json').stdout)).toMatchObject({
      builtin: { database: 'postgresql', isAlternating: true },
      reads: ['master']
    })
  })

  it('is known by the other name of MySQL', () => {
    symlinkSync(join(dirname(installed), 'mysql2'), join(modules, 'mysql2'), 'junction')
    expect(gitVault('function', 'add', 'maria', '--builtin', 'mariadb').stdout).toBe(
      'maria  built-in mysql\n'
    )
  })

  it('runs in the vault’s repository without anything of it', () => {
    // a package of this name in the repository is not the one that is loaded
    const trap = join(box.root, 'node_modules', PACKAGE)
    mkdirSync(trap, { recursive: true })
    cpSync(fileURLToPath(import.meta.url), join(trap, 'index.js'))
    const { status, stderr } = gitVault('function', 'test', 'db', 'db')
    rmSync(join(box.root, 'node_modules'), { recursive: true })
    expect(status).toBe(255)
    expect(stderr).toContain('  cannot log in to the database: connect ECONNREFUSED')
    expect(stderr).not.toContain('a-password')
  })

  it('changes nothing if its package is gone', async () => {
    rmSync(join(modules, PACKAGE))
    const ran = gitVault('rotate-secret', '--secret-id', 'db', '--rotation-lambda-arn', 'db')
    expect(ran).toEqual({ status: 255, stdout: '', stderr: MISSING })
    const described = await box.api.describeSecret({ SecretId: 'db' })
    expect(described).not.toHaveProperty('RotationEnabled')
    expect(Object.values(described.VersionIdsToStages!)).toEqual([['AWSCURRENT']])
    expect(gitVault('function', 'test', 'db', 'db')).toEqual({ status: 255, stdout: '', stderr: MISSING })
  })

  it('is not run with a package that the repository has', () => {
    const pushed = join(box.root, 'pushed')
    cpSync(installed, pushed, { recursive: true })
    symlinkSync(pushed, join(modules, PACKAGE), 'junction')
    const { stderr } = gitVault('function', 'test', 'db', 'db')
    expect(stderr).toContain(
      'the package pg is in the repository, so anyone who can push could change what runs here'
    )
  })
})
