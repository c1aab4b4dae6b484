import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { account, functions, passwordOf, startStore, type Store } from '../app/rotation/kit.js'
import { makeVault, scratch, type TestVault } from '../vault/fixture.js'
import { CTRL_C, PASSPHRASE, placeWithVault, PROGRAM, runBeside } from './drive.js'
import { inTerminal, inTerminalBeside } from './terminal/inTerminal.js'

let box: TestVault
let store: Store
const CHAOS = join(scratch('chaos'), 'chaos.json')
const chaos = (at = '', what = ''): void => writeFileSync(CHAOS, JSON.stringify({ at, what }))

/** Runs the program while the store of this process answers. */
const gitVault = (...args: string[]) => runBeside(box.root, args)

beforeAll(async () => {
  box = await makeVault()
  box.clock.now = () => Date.now()
  store = await startStore()
  await gitVault('function', 'add', 'plain', '--node', `${functions}plain.mjs`, '--env', `CHAOS=${CHAOS}`)
})

/** Creates a secret that `plain` rotates, and has not rotated. */
async function rotatable(name: string): Promise<void> {
  await account(box, store, name)
  chaos()
  const set = ['--rotation-lambda-arn', 'plain', '--no-rotate-immediately']
  expect((await gitVault('rotate-secret', '--secret-id', name, ...set)).code).toBe(0)
}

describe('git-vault rotate, with a function', () => {
  it('says in one line what was rotated', async () => {
    await rotatable('one')
    const { code, stdout, stderr } = await gitVault('rotate', 'one')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^rotated one: AWSCURRENT is on version [0-9a-f-]{36}\n$/)
    expect(await passwordOf(box, 'one')).toBe(store.passwords.get('one'))
  })

  it('finishes an earlier rotation, and succeeds', async () => {
    await rotatable('left')
    chaos('before setSecret', 'throw')
    expect((await gitVault('rotate', 'left')).code).toBe(255)
    const pending = await passwordOf(box, 'left', 'AWSPENDING')
    chaos()
    const { code, stdout, stderr } = await gitVault('rotate', 'left')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(
      /^finished the earlier rotation of left, begun \d{4}-\d\d-\d\d \d\d:\d\d: AWSCURRENT is on version [0-9a-f-]{36}\n$/
    )
    expect(await passwordOf(box, 'left')).toBe(pending)
    expect(store.passwords.get('left')).toBe(pending)
  })

  it('goes on after a failure, and ends with its exit code', async () => {
    await rotatable('first')
    await rotatable('last')
    const { code, stdout, stderr } = await gitVault('rotate', 'first', 'lasst', 'last', 'first')
    expect(code).toBe(254)
    expect(stdout.replaceAll(/[0-9a-f-]{36}/g, 'ID')).toBe(
      'rotated first: AWSCURRENT is on version ID\nrotated last: AWSCURRENT is on version ID\n'
    )
    expect(stderr).toBe("git-vault: there is no secret 'lasst'\ngit-vault: hint: did you mean last?\n")
  })

  it('does not continue a rotation that was cancelled', async () => {
    await rotatable('off')
    chaos('before setSecret', 'throw')
    await gitVault('rotate', 'off')
    chaos()
    await gitVault('rotation', 'cancel', 'off')
    const { code, stderr } = await gitVault('rotate', 'off')
    expect(code).toBe(254)
    expect(stderr).toContain('git-vault: hint: git-vault label off AWSPENDING --remove\n')
    expect(await passwordOf(box, 'off')).toBe(store.passwords.get('off'))
  })
})

const ONCE = `${process.execPath} ${functions}once.mjs ${CHAOS}`
const once = (name: string) => ['rotate', name, '--generate', '--command', ONCE]

/** Waits until the program that outlived git-vault has ended, which is ended here. */
async function endOnce(): Promise<void> {
  const pid = Number(readFileSync(`${CHAOS}.pid`, 'utf8'))
  process.kill(pid, 'SIGKILL')
  while (isThere(pid)) await new Promise(resolve => setTimeout(resolve, 20))
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('git-vault rotate --generate --command', () => {
  it.each(['before', 'after'])(
    'killed %s the program has set the value, is finished by the next run',
    async at => {
      const name = `killed/${at}`
      await account(box, store, name)
      const first = await passwordOf(box, name)
      chaos(at, 'kill the program')
      expect(await gitVault(...once(name))).toMatchObject({ code: null, stdout: '' })
      const pending = await passwordOf(box, name, 'AWSPENDING')
      expect(await passwordOf(box, name)).toBe(first)
      expect(store.passwords.get(name)).toBe(at === 'before' ? first : pending)
      await endOnce()
      chaos()
      const { code, stdout } = await gitVault(...once(name))
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: expect.stringContaining(`finished the earlier rotation of ${name}`) as string
      })
      expect(await passwordOf(box, name)).toBe(pending)
      expect(store.passwords.get(name)).toBe(pending)
      expect(await gitVault('verify')).toMatchObject({ code: 0 })
      expect(box.status()).toBe('')
    }
  )

  it('waits for no terminal, and shows each step at one', async () => {
    await account(box, store, 'steps')
    chaos()
    const { shown, code } = await inTerminalBeside({
      argv: [process.execPath, PROGRAM, ...once('steps')],
      cwd: box.root,
      env: process.env as Record<string, string>,
      columns: 200,
      steps: []
    })
    expect(code).toBe(0)
    expect(shown.replaceAll('\r', '').replace(/[0-9a-f-]{36}/, 'ID')).toBe(
      'git-vault: rotating steps: storing the new value\n' +
        `git-vault: rotating steps: running ${process.execPath}\n` +
        'rotated steps: AWSCURRENT is on version ID\n'
    )
  })

  it.each([
    [
      '--generate',
      'AWSCURRENT is as it was, and AWSPENDING keeps the new value, which may be in use already'
    ],
    [undefined, 'AWSCURRENT is as it was, and no new value is stored yet']
  ])('ends by Ctrl-C with 130, ends the program, and says how the secret is (%s)', async (option, state) => {
    const name = `interrupted/${option === undefined ? 'printing' : 'setting'}`
    await account(box, store, name)
    const mark = join(scratch('mark'), 'pid')
    const line = `sh -c 'echo $$ >${mark}; exec sleep 1000'`
    const others = ['never']
    const { shown, code } = inTerminal({
      argv: [
        ...[process.execPath, PROGRAM, 'rotate', name, ...others],
        ...(option === undefined ? [] : [option]),
        ...['--command', line]
      ],
      cwd: box.root,
      env: process.env as Record<string, string>,
      columns: 300,
      steps: [{ wait: 'running sh', type: CTRL_C }]
    })
    expect(code).toBe(130)
    const told = shown.replaceAll('\r', '')
    expect(told).toContain(
      `git-vault: the rotation of ${name} was interrupted: ${state}\ngit-vault: hint: continue it: run the same command again\n`
    )
    expect(told).not.toContain('never')
    expect(await passwordOf(box, name)).toBe(store.passwords.get(name))
    if (existsSync(mark)) expect(isThere(Number(readFileSync(mark, 'utf8')))).toBe(false)
  })

  it('does not run beside a function, and a function does not run beside it', async () => {
    await rotatable('busy')
    const mark = join(scratch('mark'), 'pid')
    const first = gitVault(
      'rotate',
      'busy',
      '--generate',
      '--command',
      `sh -c 'echo $$ >${mark}; exec sleep 1000'`
    )
    while (!existsSync(mark) || readFileSync(mark, 'utf8') === '')
      await new Promise(resolve => setTimeout(resolve, 20))
    const [other, function_] = await Promise.all([gitVault(...once('busy')), gitVault('rotate', 'busy')])
    for (const { code, stderr } of [other, function_]) {
      expect(code).toBe(255)
      expect(stderr).toContain('another process is rotating busy')
    }
    process.kill(Number(readFileSync(mark, 'utf8')), 'SIGKILL')
    expect((await first).stderr).toContain('it was ended by SIGKILL (9)')
    expect((await gitVault('rotate', 'busy')).code).toBe(0)
    expect(await passwordOf(box, 'busy')).toBe(store.passwords.get('busy'))
  })
})

it('Ctrl-C during a function says that the rotation can be continued', async () => {
  await rotatable('stopped')
  chaos('before setSecret', 'hang')
  const { shown, code } = await inTerminalBeside({
    argv: [process.execPath, PROGRAM, 'rotate', 'stopped'],
    cwd: box.root,
    env: process.env as Record<string, string>,
    columns: 300,
    steps: [{ wait: 'rotating stopped: setSecret', type: CTRL_C }]
  })
  expect(code).toBe(130)
  expect(shown.replaceAll('\r', '')).toContain(
    'git-vault: the rotation of stopped was interrupted: AWSCURRENT is as it was, and AWSPENDING keeps the new value, which may be in use already\n' +
      'git-vault: hint: continue it: git-vault rotate stopped\n'
  )
  chaos()
  expect((await gitVault('rotate', 'stopped')).stdout).toContain('finished the earlier rotation of stopped')
})

describe('--no-wait', () => {
  const status = async (name: string) => (await gitVault('rotation', 'status', name, '--json')).stdout

  /** Waits for the end of the process in the background. */
  async function settled(name: string): Promise<string> {
    for (;;) {
      const shown = await status(name)
      if (!(JSON.parse(shown) as { IsRunning: boolean }).IsRunning) return shown
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }

  it('returns while the first step runs, and the rest goes on without the terminal', async () => {
    await rotatable('later')
    const first = await passwordOf(box, 'later')
    chaos('before createSecret', 'wait')
    const { shown, code } = await inTerminalBeside({
      argv: [process.execPath, PROGRAM, 'rotate', 'later', '--no-wait'],
      cwd: box.root,
      env: process.env as Record<string, string>,
      columns: 200,
      steps: []
    })
    expect(code).toBe(0)
    expect(shown).toMatch(
      /^a process has begun to rotate later, version [0-9a-f-]{36}: git-vault rotation status shows how it goes\r?\n$/
    )
    // its terminal has ended by now
    expect((await gitVault('rotation', 'status', 'later')).stdout).toMatch(/a process is rotating it now$/m)
    expect(await passwordOf(box, 'later')).toBe(first)
    chaos()
    await settled('later')
    expect(await passwordOf(box, 'later')).not.toBe(first)
    expect(await passwordOf(box, 'later')).toBe(store.passwords.get('later'))
    expect(box.status()).toBe('')
  })

  it('leaves a failure to rotation status, and a later run continues', async () => {
    await rotatable('fails/later')
    chaos('before setSecret', 'throw')
    const begun = await gitVault('rotate-secret', '--secret-id', 'fails/later', '--no-wait')
    expect(begun).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(begun.stdout)).toMatchObject({ Name: 'fails/later' })
    expect(JSON.parse(await settled('fails/later'))).toMatchObject({
      LastFailure: { step: 'setSecret', reason: 'it ended with exit code 1' }
    })
    chaos()
    const again = await gitVault('rotate', 'fails/later', '--no-wait')
    expect(again.stdout).toContain('a process continues with the earlier rotation of fails/later')
    await settled('fails/later')
    expect(await passwordOf(box, 'fails/later')).toBe(store.passwords.get('fails/later'))
  })

  it('says that it cannot begin, if another process is rotating the secret', async () => {
    await rotatable('taken')
    chaos('before createSecret', 'wait')
    const first = await gitVault('rotate', 'taken', '--no-wait')
    expect(first.code).toBe(0)
    // the very same rotation is going on already
    expect((await gitVault('rotate', 'taken', '--no-wait')).code).toBe(0)
    chaos()
    await settled('taken')
    expect(await passwordOf(box, 'taken')).toBe(store.passwords.get('taken'))
  })

  it('asks for no passphrase, which its process could not, and changes nothing without one', async () => {
    const place = await placeWithVault('asking')
    const env = { GIT_VAULT_PASSPHRASE: PASSPHRASE }
    expect(place.run(['put', 'app', '-', '--create'], { env, input: 'x' }).code).toBe(0)
    expect(place.run(['function', 'add', 'ok', '--command', 'true'], { env }).code).toBe(0)
    const set = ['--rotation-lambda-arn', 'ok', '--no-rotate-immediately']
    expect(place.run(['rotate-secret', '--secret-id', 'app', ...set], { env }).code).toBe(0)
    const { shown, code } = place.drive(['rotate', 'app', '--no-wait'], [], { columns: 200 })
    expect({ shown: shown.replaceAll('\r', ''), code }).toEqual({
      shown:
        'git-vault: a rotation in the background cannot ask for your passphrase\ngit-vault: hint: git-vault unlock\n',
      code: 253
    })
    expect(place.run(['rotation', 'status', 'app']).stdout).not.toContain('in progress')
  })

  it('finds the vault and the identity by relative paths, too', async () => {
    await rotatable('relative')
    process.env['GIT_VAULT_DIR'] = '.'
    const { code } = await gitVault('rotate', 'relative', '--no-wait').finally(
      () => delete process.env['GIT_VAULT_DIR']
    )
    expect(code).toBe(0)
    await settled('relative')
    expect(await passwordOf(box, 'relative')).toBe(store.passwords.get('relative'))
  })

  it('is for functions alone', async () => {
    expect(await gitVault('rotate', 'later', '--no-wait', '--generate')).toMatchObject({
      code: 252,
      stderr: 'git-vault: --no-wait can only be used with a rotation function\n'
    })
  })
})
