// Tests of the executable that GIT_VAULT_TEST_PROGRAM names. They run only if it does: see vitest.config.ts.
import { spawn, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { programPath } from '../../src/system/files/programs.js'
import { createIdentity } from '../identityWithPassphrase.js'
import { COMMAND } from '../program.js'
import { removeFolder } from '../removeFolder.js'

let machine: string
let env: Record<string, string>
const at = (path: string): string => join(machine, path)

/** Runs sh on a computer that has only git and the executable: no Node, no network, and an empty home. */
function sh(script: string, more: Record<string, string> = {}, folder = 'work') {
  const done = spawnSync(programPath('unshare')!, ['--net', '--map-root-user', at('bin/sh'), '-ec', script], {
    cwd: at(folder),
    env: { ...env, ...more },
    encoding: 'utf8',
    timeout: 60_000
  })
  if (done.error) throw done.error
  return { code: done.status, stdout: done.stdout, stderr: done.stderr }
}

beforeAll(() => {
  machine = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'git-vault-machine-')))
  for (const folder of ['bin', 'home', 'run', 'work', 'tmp']) fs.mkdirSync(at(folder), { mode: 0o700 })
  // the whole PATH; sh only for this test
  for (const name of ['git', 'sh']) fs.symlinkSync(programPath(name)!, at(`bin/${name}`))
  fs.copyFileSync(COMMAND[0], at('bin/git-vault'))
  env = {
    ...{ PATH: at('bin'), HOME: at('home'), XDG_RUNTIME_DIR: at('run'), TMPDIR: at('tmp') },
    GIT_CONFIG_NOSYSTEM: '1'
  }
})

afterAll(() => removeFolder(machine))

it('is copied to an empty machine, and keeps a first secret', () => {
  expect(sh('command -v node || command -v npm').code).not.toBe(0)
  const first = sh(`
    git init -q -b main code
    cd code
    git config user.name ana
    git config user.email ana@example.com
    git-vault identity new --no-passphrase
    git-vault init --yes --member ana
    printf 'a first value' | git-vault put dev/app - --create`)
  expect(first).toMatchObject({ code: 0, stderr: '' })
  expect(sh('git-vault get dev/app; git-vault run dev/app --env A -- true', {}, 'work/code').stdout).toBe(
    'a first value'
  )
  expect(sh('git-vault verify', {}, 'work/code').stdout).toContain('; 0 problems')
  // nothing is unpacked
  expect(fs.readdirSync(at('tmp'))).toEqual([])
})

it('runs no code, and reads no variables, that the repository has for its runtime', () => {
  const [code, mark] = [at('work/code'), at('tmp/mark')]
  const files: Record<string, string> = {
    '.env': `GIT_VAULT_DIR=/nowhere\nBUN_OPTIONS=--preload ${code}/evil.js\n`,
    '.env.production': 'GIT_VAULT_DIR=/nowhere\n',
    'bunfig.toml': `preload = ["${code}/evil.js"]\n`,
    'evil.js': `require('node:fs').writeFileSync(${JSON.stringify(mark)}, '')\n`,
    'tsconfig.json': '{"compilerOptions":{"paths":{"*":["./evil.js"]}}}',
    'package.json': '{"type":"module","imports":{"#x":"./evil.js"}}'
  }
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(join(code, name), text)
  expect(sh('git-vault get dev/app', {}, 'work/code')).toMatchObject({ code: 0, stdout: 'a first value' })
  for (const name of Object.keys(files)) fs.rmSync(join(code, name))
  expect(fs.existsSync(mark)).toBe(false)
})

it('merges and shows diffs as the program that git is told to start', () => {
  const driver = sh('git config merge.git-vault.driver; git config diff.git-vault.textconv', {}, 'work/code')
  const program = `'${at('bin/git-vault')}'`
  expect(driver.stdout).toBe(`${program} merge-driver %O %A %B %P %L\n${program} textconv\n`)
})

it('starts its agent, and ends it', async () => {
  const keep = { GIT_VAULT_PASSPHRASE: 'a passphrase', GIT_VAULT_IDENTITY_FILE: at('home/other.yaml') }
  await createIdentity(keep.GIT_VAULT_IDENTITY_FILE, keep.GIT_VAULT_PASSPHRASE)
  const sockets = () =>
    fs
      .readdirSync(at('run'), { recursive: true, encoding: 'utf8' })
      .filter(name => fs.statSync(at(`run/${name}`)).isSocket())
  expect(sh('git-vault unlock --ttl 1h', keep, 'work/code')).toMatchObject({ code: 0 })
  expect(sockets()).toHaveLength(1)
  expect(sh('git-vault lock', keep, 'work/code')).toMatchObject({ code: 0 })
  expect(sockets()).toEqual([])
})

it('serves, and ends when it is asked to', async () => {
  const child = spawn(at('bin/git-vault'), ['serve', '--port', '0'], {
    cwd: at('work/code'),
    env,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const [port, ended] = [
    new Promise<string>(resolve => {
      let text = ''
      const look = (chunk: Buffer): void => {
        text += String(chunk)
        const found = /http:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1]
        if (found !== undefined) resolve(found)
      }
      child.stdout.on('data', look)
      child.stderr.on('data', look)
    }),
    new Promise<number | null>(resolve => child.once('exit', resolve))
  ]
  const answer = await fetch(`http://127.0.0.1:${await port}/`, { method: 'POST', body: '{}' })
  expect(answer.status).toBe(400)
  await answer.text()
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
})

it('has the clients of the databases in itself', () => {
  for (const name of ['postgresql', 'mysql', 'redis'])
    expect(sh(`git-vault function add of-${name} --builtin ${name}`, {}, 'work/code')).toMatchObject({
      code: 0,
      stderr: ''
    })
  const step = sh(`git-vault __builtin redis single 1`)
  // it ends at once if it is not a child of the process that it names
  expect(step).toMatchObject({ code: 1, stdout: '', stderr: '' })
})

it('has no Node for a handler in JavaScript, and says so', () => {
  fs.writeFileSync(at('home/handler.js'), 'exports.handler = () => {}\n')
  const added = sh('git-vault function add f --node "$HOME/handler.js"', {}, 'work/code')
  expect(added.stderr).toContain('there is no program "node"')
})
