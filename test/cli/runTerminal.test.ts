import * as fs from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { RunSandbox, VALUE } from './runKit.js'
import { inTerminal, type Step } from './terminal/inTerminal.js'

const ENTER = '\r'
const [CTRL_C, CTRL_Z] = ['\x03', '\x1a']

let box: RunSandbox
beforeAll(() => {
  box = new RunSandbox()
}, 120_000)

/** Runs a command in a terminal of its own. */
function drive(argv: readonly string[], steps: readonly Step[]): { shown: string; code: number } {
  return inTerminal({ argv, cwd: box.repository, env: { ...box.env, PS1: 'prompt> ' }, steps })
}

const run = (script: string, ...options: string[]) => [
  'git-vault',
  'run',
  'dev/app',
  ...options,
  '--',
  'bash',
  '-c',
  script
]

it('the program has the terminal, and may read from it', () => {
  const script = 'test -t 0 && test -t 1 && read -r -p "who? " name && echo "hello $name $DB_USER"'
  const { shown, code } = drive(run(script), [{ wait: 'who? ', type: `me${ENTER}` }])
  expect({ shown, code }).toMatchObject({ code: 0 })
  expect(shown).toContain('hello me ana')
})

it('Ctrl-C reaches the program once, which may go on', () => {
  const script = 'trap "echo caught" INT; echo go; until read -r a; do :; done; echo "end $a"; exit 6'
  const { shown, code } = drive(run(script), [
    { wait: 'go', type: CTRL_C },
    { wait: 'caught', type: `one${ENTER}` }
  ])
  expect({ code, caught: shown.match(/caught/g)?.length }).toEqual({ code: 6, caught: 1 })
})

it('Ctrl-C ends a program without a handler, and git-vault with 130', () => {
  expect(drive(run('echo go; exec sleep 30'), [{ wait: 'go', type: CTRL_C }]).code).toBe(130)
})

it('Ctrl-Z makes a stopped job, which fg and bg continue', () => {
  const line = `git-vault run dev/app --file F=dev/pem -- bash -c 'echo go $((40+2)); read -r a; echo "got $a"; exit 7'`
  const { shown, code } = drive(
    ['bash', '--norc', '-i'],
    [
      { wait: 'prompt> ', type: line + ENTER },
      { wait: 'go 42', type: CTRL_Z },
      { wait: 'Stopped', type: `echo files $(ls ${box.memory} | wc -l)${ENTER}` },
      { wait: 'files 1', type: `fg${ENTER}` },
      { wait: 'bash -c', type: `typed${ENTER}` },
      { wait: 'got typed', type: `echo "code $?"${ENTER}` },
      { wait: 'code 7', type: `exit 0${ENTER}` }
    ]
  )
  expect({ shown, code }).toMatchObject({ code: 0 })
  expect(fs.readdirSync(box.memory)).toEqual([])
})

it('a program that stops itself alone gives the terminal back', () => {
  const line = `git-vault run dev/app -- bash -c 'echo go $((40+2)); kill -STOP $$; echo went on; exit 7'`
  const { code } = drive(
    ['bash', '--norc', '-i'],
    [
      { wait: 'prompt> ', type: line + ENTER },
      { wait: 'Stopped', type: `fg${ENTER}` },
      { wait: 'went on', type: `exit $?${ENTER}` }
    ]
  )
  expect(code).toBe(7)
})

it('a hang-up ends the program, and its file is wiped', () => {
  const argv = ['git-vault', 'run', '--file', 'F=dev/pem', '--', 'bash', '-c', 'kill -HUP $PPID; sleep 30']
  expect(drive(argv, []).code).toBe(129)
  expect(fs.readdirSync(box.memory)).toEqual([])
})

it('says which secrets .vaultrc names, because whoever can push can change that', () => {
  const file = join(box.repository, '.vaultrc')
  const before = fs.readFileSync(file, 'utf8')
  fs.writeFileSync(file, `${before}run:\n  - dev/app\n`)
  const { shown } = drive(['git-vault', 'run', '--', 'true'], [])
  expect(shown).toBe('git-vault: .vaultrc names the secrets: dev/app\r\n')
  fs.writeFileSync(file, before)
})

it('asks for the passphrase before the program starts, and leaves the terminal to it', () => {
  const identity = join(box.home, 'locked.yaml')
  const env = { GIT_VAULT_IDENTITY_FILE: identity, GIT_VAULT_PASSPHRASE: 'a passphrase that is typed' }
  expect(box.run(['identity', 'new'], { env }).code).toBe(0)
  const { stdout } = box.run(['member', 'request'], { env })
  box.must(
    'member',
    'add',
    'bob',
    /gvpub1_[\w-]+/.exec(stdout)![0],
    '--key',
    'default',
    '--allow',
    'decrypt',
    '--yes'
  )
  const argv = [
    'env',
    `GIT_VAULT_IDENTITY_FILE=${identity}`,
    ...run('echo go; read -r a; echo "got $a $DB_USER"')
  ]
  const { shown, code } = drive(argv, [
    { wait: 'Passphrase of your identity', type: `a passphrase that is typed${ENTER}` },
    { wait: 'go', type: `typed${ENTER}` }
  ])
  expect({ shown, code }).toMatchObject({ code: 0 })
  expect(shown).toContain('got typed ana')
})

describe('env', () => {
  it('escapes control characters at a terminal', () => {
    box.put('dev/odd', JSON.stringify({ ODD: 'a\u001b[31mb' }))
    expect(drive(['git-vault', 'env', 'dev/odd'], []).shown).toBe("export ODD='a\\u001b[31mb'\r\n")
    expect(box.run(['env', 'dev/odd']).stdout).toBe("export ODD='a\u001b[31mb'\n")
  })

  it('is read by eval', () => {
    const shell = 'eval "$(git-vault env dev/app --only DB_PASS)"; printf %s "$DB_PASS"'
    expect(box.run([], { shell }).stdout).toBe(VALUE)
  })

  it('refuses names that no shell can set, also if they are allowed', () => {
    box.put('dev/names', JSON.stringify({ 'a-b': 'x' }))
    const { code, stderr } = box.run(['env', 'dev/names', '--allow-name', 'a-b'])
    expect({ code, stderr }).toEqual({
      code: 252,
      stderr:
        'git-vault: "a-b", a field of dev/names, is not a name that shells can set\n' +
        'git-vault: hint: leave it out with --only\n'
    })
  })
})
