import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { account, functions, passwordOf, startStore, type Store } from '../app/rotation/kit.js'
import { makeVault, scratch, type TestVault } from '../vault/fixture.js'
import { CTRL_C, PROGRAM, runBeside } from './drive.js'
import { inTerminal } from './terminal/inTerminal.js'

let box: TestVault
let store: Store
const CHAOS = join(scratch('chaos'), 'chaos.json')
const chaos = (at: string, what: string): void => writeFileSync(CHAOS, JSON.stringify({ at, what }))

/** Runs the program while the store of this process answers. */
const gitVault = (...args: string[]) => runBeside(box.root, args)

beforeAll(async () => {
  box = await makeVault()
  box.clock.now = () => Date.now()
  store = await startStore()
  const file = ['--node', `${functions}plain.mjs`, '--env', `CHAOS=${CHAOS}`]
  expect(await gitVault('function', 'add', 'plain', ...file)).toEqual({
    code: 0,
    stdout: `plain  node ${functions}plain.mjs:handler\n`,
    stderr: ''
  })
})

/** Waits until the function that outlived its program has ended. Its own process writes its id. */
async function functionGone(): Promise<void> {
  const pid = Number(readFileSync(`${CHAOS}.pid`, 'utf8'))
  const isThere = (): boolean => {
    try {
      return process.kill(pid, 0)
    } catch {
      return false
    }
  }
  while (isThere()) await new Promise(resolve => setTimeout(resolve, 50))
}

const rotate = (SecretId: string, ...more: string[]) =>
  gitVault('rotate-secret', '--secret-id', SecretId, '--rotation-lambda-arn', 'plain', ...more)

describe('kill -9 of the program', () => {
  const SecretId = 'killed'
  beforeAll(() => account(box, store, SecretId))

  it.each([
    'before createSecret',
    'after createSecret',
    'after setSecret',
    'after testSecret',
    'after finishSecret'
  ])('%s leaves nothing that the next run does not finish', async point => {
    const isComplete = point === 'after finishSecret'
    const old = await passwordOf(box, SecretId)
    chaos(point, 'kill the program')
    expect(await rotate(SecretId)).toMatchObject({ code: null, stdout: '' })
    await functionGone()
    const working = [await passwordOf(box, SecretId)]
    if (point !== 'before createSecret') working.push(await passwordOf(box, SecretId, 'AWSPENDING'))
    expect(working).toContain(store.passwords.get(SecretId))
    if (isComplete) expect(working[0]).toBe(store.passwords.get(SecretId))

    chaos('', '')
    // a rotation that was complete is followed by another one
    expect((await rotate(SecretId)).code).toBe(isComplete ? 0 : 254)
    expect(await passwordOf(box, SecretId)).toBe(store.passwords.get(SecretId))
    expect(store.passwords.get(SecretId)).not.toBe(old)
    expect((await box.api.describeSecret({ SecretId })).LastRotatedDate).toBeInstanceOf(Date)
    expect(await gitVault('verify')).toMatchObject({ code: 0 })
    expect(box.status()).toBe('')
  })
})

describe('git-vault rotation', () => {
  it('shows what failed, and cancels', async () => {
    const SecretId = 'shown'
    await account(box, store, SecretId)
    expect((await gitVault('rotation', 'status', SecretId)).stdout).toBe(
      'secret    shown\nrotation  not configured\n'
    )
    chaos('before setSecret', 'throw')
    const rotated = await rotate(SecretId, '--rotation-rules', 'AutomaticallyAfterDays=30')
    expect(rotated).toMatchObject({ code: 255, stdout: '' })
    expect(rotated.stderr).toMatch(
      /^git-vault: the rotation of shown failed at setSecret: function "plain": it ended with exit code 1\n {2}[^]*Error: trouble with [^]*\ngit-vault: hint: git-vault rotation status shown\n$/
    )
    const { stdout } = await gitVault('rotation', 'status', SecretId)
    expect(stdout).toMatch(/^rotation +on$/m)
    expect(stdout).toMatch(/^schedule +every 30 days$/m)
    expect(stdout).toMatch(
      /^in progress +version \S+ has a new value; no process of this clone is rotating it$/m
    )
    expect(stdout).toMatch(/^failed .* setSecret: it ended with exit code 1$/m)
    expect(stdout).toContain('Error: trouble with ')
    expect(stdout).not.toContain(await passwordOf(box, SecretId))

    const cancelled = await gitVault('rotation', 'cancel', SecretId)
    expect(cancelled.code).toBe(0)
    expect(cancelled.stderr).toMatch(
      /^git-vault: AWSPENDING stays on version \S+, which may be in use already\n/
    )
    expect((await gitVault('rotation', 'status', SecretId)).stdout).toMatch(/^rotation +off$/m)
  })

  it('cancel takes AWSPENDING off a version without a value', async () => {
    const SecretId = 'cancelled'
    await account(box, store, SecretId)
    chaos('before createSecret', 'throw')
    await rotate(SecretId)
    expect((await gitVault('history', SecretId)).stdout).toMatch(/ AWSPENDING \(no value yet\)$/m)
    expect(await gitVault('rotation', 'cancel', SecretId)).toEqual({ code: 0, stdout: '', stderr: '' })
    const { VersionIdsToStages } = await box.api.describeSecret({ SecretId })
    expect(Object.values(VersionIdsToStages!)).toEqual([['AWSCURRENT']])
    chaos('', '')
    expect(await rotate(SecretId)).toMatchObject({ code: 0, stderr: '' })
    expect(await passwordOf(box, SecretId)).toBe(store.passwords.get(SecretId))
  })
})

it('shows each step at a terminal, and Ctrl-C ends the function with the program', async () => {
  const mark = join(scratch('mark'), 'pid')
  const line = `sh -c 'echo $$ >${mark}; exec sleep 1000'`
  // quotes in quotes: the shell is the function's own
  await gitVault('function', 'add', 'slow', '--command', line)
  await account(box, store, 'slow')
  const { shown, code } = inTerminal({
    argv: [
      ...[process.execPath, PROGRAM, 'rotate-secret', '--secret-id', 'slow'],
      ...['--rotation-lambda-arn', 'slow']
    ],
    cwd: box.root,
    env: process.env as Record<string, string>,
    steps: [{ wait: 'git-vault: rotating slow: createSecret', type: CTRL_C }]
  })
  expect(code).toBe(130)
  expect(shown.replace(/\s+/g, ' ')).toContain(
    'git-vault: the rotation of slow was interrupted: AWSCURRENT is as it was, and no new value is stored yet git-vault: hint: continue it: git-vault rotate slow'
  )
  // it may have been stopped before it ran
  if (existsSync(mark)) {
    const pid = Number(readFileSync(mark, 'utf8'))
    expect(() => process.kill(pid, 0)).toThrow()
  }
})

it('ends the function when its terminal is closed', async () => {
  const mark = join(scratch('mark'), 'pid')
  await gitVault('function', 'add', 'hung', '--command', `sh -c 'echo $$ >${mark}; exec sleep 1000'`)
  await account(box, store, 'hung')
  const args = ['rotate-secret', '--secret-id', 'hung', '--rotation-lambda-arn', 'hung']
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: box.root, stdio: 'ignore' })
  const ended = new Promise<number | null>(resolve => child.on('close', resolve))
  while (!existsSync(mark) || readFileSync(mark, 'utf8') === '')
    await new Promise(resolve => setTimeout(resolve, 20))
  child.kill('SIGHUP')
  expect(await ended).toBe(255)
  await gitVault('function', 'rm', 'hung')
  expect(() => process.kill(Number(readFileSync(mark, 'utf8')), 0)).toThrow()
})

describe('git-vault function', () => {
  it('is listed, shown, tested and removed', async () => {
    await account(box, store, 'tested')
    chaos('', '')
    const before = box.head()
    expect(await gitVault('function', 'test', 'plain', 'tested')).toEqual({
      code: 0,
      stdout: '',
      stderr: 'git-vault: plain accepted the value of tested\n'
    })
    store.passwords.set('tested', 'changed by hand')
    expect((await gitVault('function', 'test', 'plain', 'tested')).stderr).toContain('failed at testSecret')
    expect(box.head()).toBe(before)
    const line = ['--command', "env 'A=b c' true", '--timeout', '30s', '--may-read', 'x']
    await gitVault('function', 'add', 'line', ...line)
    expect((await gitVault('function', 'list')).stdout).toMatch(/^line +\S+\/env A=b c true\nplain +node /)
    expect((await gitVault('function', 'show', 'line')).stdout).toMatch(/^timeout +30 s\nmay read +x$/m)
    expect(await gitVault('function', 'rm', 'line')).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(await gitVault('function', 'rm', 'line')).toMatchObject({ code: 252 })
  })

  it('is no program of the repository, on PATH or through a link', async () => {
    const tools = join(box.root, 'tools')
    mkdirSync(tools)
    writeFileSync(join(tools, 'mine'), '#!/bin/sh\n', { mode: 0o755 })
    const link = join(scratch('link'), 'outside')
    symlinkSync(join(tools, 'mine'), link)
    const { PATH } = process.env
    process.env['PATH'] = `${tools}:${PATH ?? ''}`
    for (const line of ['mine', link, `env ${link}`]) {
      const { code, stderr } = await gitVault('function', 'add', 'x', '--command', line)
      expect({ line, code }).toEqual({ line, code: 252 })
      expect(stderr).toContain('is in the repository, so anyone who can push')
    }
    process.env['PATH'] = PATH
    rmSync(tools, { recursive: true })
  })

  it('is read from a file that only its user can read', async () => {
    const folder = join(process.env['XDG_CONFIG_HOME']!, 'git-vault/functions')
    const path = join(
      folder,
      readdirSync(folder).find(name => name.endsWith('.json'))!
    )
    expect(statSync(path).mode & 0o777).toBe(0o600)
    chmodSync(path, 0o644)
    expect((await gitVault('function', 'list')).stderr).toContain('can be read by others')
    chmodSync(path, 0o600)
  })

  it.each([
    [['a b', '--command', 'true'], 'invalid function name'],
    [['x'], 'function add needs one of --command, --python, --node and --builtin'],
    [['x', '--command', 'true', '--alternating'], '--alternating needs --builtin'],
    [
      ['x', '--builtin', 'redis', '--alternating'],
      'alternating users need a master, whose secret the function may read'
    ],
    [['x', '--builtin', 'oracle'], 'argument --builtin: Invalid choice'],
    [['x', '--command', "'"], '--command needs a program, and quotes come in pairs'],
    [['x', '--command', 'no-such-program-here'], 'there is no program "no-such-program-here"'],
    [['x', '--command', 'sh .vaultrc'], '".vaultrc" is in the repository, so anyone who can push'],
    [['x', '--node', '.vaultrc'], 'is in the repository'],
    [['x', '--node', '/no/such'], 'there is no file "/no/such"'],
    [['x', '--command', 'true', '--env', 'AWS_PROFILE=x'], '--env AWS_PROFILE: a rotation sets or hides'],
    [['x', '--command', 'true', '--env', 'x'], 'must be NAME=VALUE'],
    [['x', '--command', 'true', '--timeout', '5'], "--timeout does not take '5'"],
    [['x', '--command', 'true', '--may-read', 'a b'], '"a b" is not the name or ARN of a secret'],
    [['plain', '--command', 'true'], 'the function "plain" is registered already']
  ])('add %j is refused', async (args, message) => {
    const { code, stderr } = await gitVault('function', 'add', ...args)
    expect(code).toBe(252)
    expect(stderr).toContain(message)
  })
})
