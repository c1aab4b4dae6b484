import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { account, functions, passwordOf, startStore, type Store } from '../app/rotation/kit.js'
import { makeVault, scratch, type TestVault } from '../vault/fixture.js'
import { CTRL_C, ENTER, PROGRAM, runBeside } from './drive.js'
import { inTerminalBeside } from './terminal/inTerminal.js'

let box: TestVault
let store: Store
const folder = scratch('exposure')
const CHAOS = join(folder, 'chaos.json')
const chaos = (at = '', what = ''): void => writeFileSync(CHAOS, JSON.stringify({ at, what }))

const runIn = (env: Record<string, string>, args: readonly string[]) => runBeside(box.root, args, env)
const gitVault = (...args: string[]) => runIn({}, args)
const plainIds = (text: string): string =>
  text.replaceAll(/\b[0-9a-z-]{36}(?![0-9a-z-])/g, 'ID').replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d/g, 'DATE')

async function must(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await gitVault(...args)
  expect({ args, code, stderr }).toMatchObject({ args, code: 0 })
  return stdout
}

/** In this order: bob reads everything, and is removed. */
beforeAll(async () => {
  box = await makeVault()
  box.clock.now = () => Date.now()
  store = await startStore()
  await must('function', 'add', 'plain', '--node', `${functions}plain.mjs`, '--env', `CHAOS=${CHAOS}`)
  await must('function', 'add', 'gone', '--command', 'true')
  chaos()
  for (const [name, rotates] of Object.entries({ one: 'plain', two: 'plain', three: 'gone', four: '' })) {
    await account(box, store, name)
    if (rotates === '') continue
    await must(
      'rotate-secret',
      '--secret-id',
      name,
      '--rotation-lambda-arn',
      rotates,
      '--no-rotate-immediately'
    )
  }
  await must('function', 'rm', 'gone')
  const file = join(folder, 'bob.yaml')
  await must('identity', 'new', '--no-passphrase', '--file', file)
  const { stdout } = await runIn({ GIT_VAULT_IDENTITY_FILE: file, GIT_VAULT_IDENTITY: '' }, [
    'member',
    'request'
  ])
  await must('member', 'add', 'bob', stdout.trim(), '--key', 'default', '--allow', 'decrypt', '--yes')
})

it('the removal of a member names it', async () => {
  expect(await must('member', 'remove', 'bob', '--yes')).toContain(
    'replace the 4 values that bob could read or wrote: git-vault exposure --rotate\n'
  )
})

it('asks first, and changes nothing on Ctrl-C, on no, and without a terminal', async () => {
  const before = box.head()
  for (const [typed, expected] of [
    [CTRL_C, 130],
    [`n${ENTER}`, 252]
  ] as const) {
    const { shown, code } = await inTerminalBeside({
      argv: [process.execPath, PROGRAM, 'exposure', '--rotate'],
      cwd: box.root,
      env: process.env as Record<string, string>,
      columns: 120,
      steps: [{ wait: 'Rotate these 2 secrets now?', type: typed }]
    })
    expect(code).toBe(expected)
    expect(shown).toContain('git-vault: one: by the function plain')
  }
  expect(await gitVault('exposure', '--rotate')).toMatchObject({
    code: 252,
    stderr: expect.stringContaining('git-vault: hint: pass --yes\n') as string
  })
  expect(box.head()).toBe(before)
})

it('rotates what has a function, one after the other, and lists what is left with a command for each', async () => {
  chaos('before setSecret', 'throw')
  expect((await gitVault('rotate', 'two')).code).toBe(255)
  chaos()
  const old = await passwordOf(box, 'one')
  const { code, stdout } = await gitVault('exposure', '--rotate', '--yes')
  expect(code).toBe(0)
  expect(plainIds(stdout)).toBe(
    ['four', 'one', 'three', 'two']
      .map(name => `${name}  ID  AWSCURRENT\n  bob could read it; without the right since DATE\n`)
      .join('') +
      'rotated one: AWSCURRENT is on version ID\n' +
      'finished the earlier rotation of two, begun DATE: AWSCURRENT is on version ID\n' +
      'left to do by hand:\n' +
      '  now:                              git-vault put four\n' +
      '  when nothing uses the old value:  git-vault rotate one\n' +
      '  now:                              git-vault function add gone\n' +
      '  when nothing uses the old value:  git-vault rotate two\n'
  )
  expect(await passwordOf(box, 'one')).toBe(store.passwords.get('one'))
  expect(await passwordOf(box, 'two')).toBe(store.passwords.get('two'))
  // a program that has the old value can still read which one it was
  expect(await passwordOf(box, 'one', 'AWSPREVIOUS')).toBe(old)
})

it('clears AWSPREVIOUS when it is run again, and --fail counts what is left', async () => {
  const { code, stdout, stderr } = await gitVault('exposure', '--rotate', '--yes', '--fail')
  expect(code).toBe(255)
  expect(stderr).toBe(
    ['one', 'two']
      .map(
        name =>
          `git-vault: ${name}: by the function plain; programs that have not read the newest value are refused then\n`
      )
      .join('') +
      'git-vault: 2 exposed values must be replaced\n' +
      'git-vault: hint: store a new value, or record why the old one may stay: git-vault exposure waive\n'
  )
  expect(plainIds(stdout)).toContain('rotated two: AWSCURRENT is on version ID\nleft to do by hand:\n')
  expect(await passwordOf(box, 'one')).toBe(store.passwords.get('one'))
  expect((await gitVault('exposure')).stdout).not.toMatch(/^(?:one|two) /m)
})

it('goes on after a failure, and names the next command for a value that was put by hand', async () => {
  await must('rotate', 'four', '--generate')
  const { code, stdout } = await gitVault('exposure', '--rotate', '--yes')
  expect(code).toBe(0)
  expect(plainIds(stdout)).toMatch(
    / {2}when nothing uses the old value: {2}git-vault label four AWSPREVIOUS --remove\n/
  )
  await must('label', 'four', 'AWSPREVIOUS', '--remove')
  await must('exposure', 'waive', 'three', '--until', '2999-01-01', '--reason', 'x')
  expect((await gitVault('exposure', '--rotate', '--yes')).stdout).toMatch(/\nnothing is left to replace\n$/)
})

it.each([
  [['--yes'], '--yes can only be used with exposure --rotate'],
  [['--rotate', '--json'], '--json cannot be combined with --rotate'],
  [['waive', 'one', '--rotate'], '--rotate cannot be used with exposure waive']
])('%j is refused', async (args, message) => {
  expect(await gitVault('exposure', ...args)).toMatchObject({ code: 252, stderr: `git-vault: ${message}\n` })
})
