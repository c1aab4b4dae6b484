import * as fs from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually, PEM, PROGRAM, RunSandbox, stateOf, VALUE, type Running } from './runKit.js'

let box: RunSandbox
beforeAll(() => {
  box = new RunSandbox()
}, 120_000)

const node = (code: string, ...args: string[]): string[] => ['--', process.execPath, '-e', code, ...args]

describe('a program', () => {
  it('gets the fields, its own arguments, and the rest of the environment but for the identity', () => {
    const show = 'console.log(JSON.stringify([process.argv.slice(1), process.env]))'
    const env = { GIT_VAULT_NO_CACHE: '1', git_vault_x: '1', OTHER: 'kept', DB_USER: 'replaced' }
    const args = ['run', 'dev/app', '--env', 'PEM=dev/pem', '--env', 'U=dev/app:DB_USER']
    const { stdout, code } = box.run([...args, ...node(show, '$DB_PASS', '--help', '*', '')], { env })
    const [words, got] = JSON.parse(stdout) as [string[], Record<string, string>]
    expect({ code, words }).toEqual({ code: 0, words: ['$DB_PASS', '--help', '*', ''] })
    expect(got).toMatchObject({ DB_USER: 'ana', DB_PASS: VALUE, PORT: '5432', PEM, U: 'ana', OTHER: 'kept' })
    expect(Object.keys(got).filter(name => /git_vault/i.test(name))).toEqual([])
    expect(got['HOME']).toBe(box.home)
  })

  it('is not started if any secret cannot be read, or a name is refused', () => {
    const marker = join(box.home, 'started')
    const touch = ['--', 'touch', marker]
    const none = box.run(['run', 'dev/app', 'dev/nope', ...touch])
    expect(none.code).toBe(254)
    expect(none.stderr).toContain("git-vault: there is no secret 'dev/nope'\n")
    const earlier = box.run(['run', 'dev/app', '--stage', 'AWSPREVIOUS', ...touch])
    expect(earlier).toMatchObject({
      code: 254,
      stderr: expect.stringContaining('cannot read dev/app: ') as string
    })
    const refused = box.run(['run', '--env', 'NODE_OPTIONS=dev/pem', ...touch])
    expect(refused).toMatchObject({ code: 252, stdout: '' })
    expect(refused.stderr).toContain('--allow-name "NODE_OPTIONS"')
    expect(refused.stderr).not.toContain('MIIE')
    expect(box.run(['run', 'dev/pem', ...touch]).code).toBe(252)
    expect(box.run(['run', '--env', 'A=dev/bytes', ...touch]).stderr).toContain('--file A=dev/bytes')
    expect(fs.existsSync(marker)).toBe(false)
  })

  it.each([
    [['run', 'dev/app', 'dev/ap', '--', 'true'], "there is no secret 'dev/ap'", 'did you mean dev/app?'],
    [
      ['run', '--env', 'A=dev:f', '--', 'true'],
      "there is no secret 'dev'",
      'it is a folder: git-vault ls dev/'
    ],
    [['env', 'dev/ap'], "there is no secret 'dev/ap'", 'did you mean dev/app?'],
    [['env', 'old'], "'old' is scheduled for deletion", 'bring it back: git-vault restore old']
  ])('is not started without a secret, which is named as in other commands: %j', (args, message, hint) => {
    if (args.includes('old')) {
      box.put('old', '{}')
      box.must('rm', 'old')
    }
    expect(box.run(args)).toEqual({
      code: 254,
      stdout: '',
      stderr: `git-vault: ${message}\ngit-vault: hint: ${hint}\n`
    })
  })

  it('ends with its exit code, and with those of env(1) if it does not start', () => {
    const run = (...program: string[]) => box.run(['exec', 'dev/app', '--', ...program])
    expect(run('sh', '-c', 'exit 7')).toEqual({ code: 7, stdout: '', stderr: '' })
    expect(run('sh', '-c', 'kill -KILL $$').code).toBe(137)
    expect(run('sh', '-c', 'kill -TERM $$').code).toBe(143)
    expect(run('no-such-program')).toEqual({
      code: 127,
      stdout: '',
      stderr: 'git-vault: cannot start no-such-program: command not found\n'
    })
    expect(run('/dev/null')).toMatchObject({ code: 126 })
    for (const args of [
      ['run', 'dev/app'],
      ['run', 'dev/app', '--'],
      ['run', 'dev/app', 'env']
    ])
      expect(box.run(args).stderr).toContain('run needs a program after --')
  })

  it('counts as a reader of the secret', () => {
    box.must('run', '--env', 'A=dev/pem', '--', 'true')
    const { stdout } = box.run(['describe-secret', '--secret-id', 'dev/pem', '--query', 'LastAccessedDate'])
    expect(stdout).toMatch(/^"\d{4}-/)
  })

  it('takes the secrets that .vaultrc lists, if the command names none', () => {
    const file = join(box.repository, '.vaultrc')
    const before = fs.readFileSync(file, 'utf8')
    const shell = ['--', 'sh', '-c', 'echo "$DB_USER$A"']
    expect(box.run(['run', ...shell])).toMatchObject({ code: 252, stdout: '' })
    fs.writeFileSync(file, `${before}run:\n  - dev/app\n`)
    expect(box.run(['run', ...shell])).toEqual({ code: 0, stdout: 'ana\n', stderr: '' })
    expect(box.run(['run', '--env', 'A=dev/app:PORT', ...shell]).stdout).toBe('5432\n')
    for (const line of [
      'run: {A: dev/app}',
      'run: [[dev/app]]',
      'run: ["dev/app:x"]',
      'run: []',
      'env: [A]'
    ]) {
      fs.writeFileSync(file, `${before}${line}\n`)
      expect(box.run(['run', ...shell]), line).toMatchObject({ code: 255, stdout: '' })
    }
    fs.writeFileSync(file, before)
  })
})

describe('plain text', () => {
  /** Looks for a value in the arguments of every process and in every file below some folders. */
  const search = `
    const fs = require('node:fs'), path = require('node:path')
    const value = process.env.DB_PASS, found = []
    for (const pid of fs.readdirSync('/proc').filter(name => /^\\d+$/.test(name)))
      try { if (fs.readFileSync('/proc/' + pid + '/cmdline', 'utf8').includes(value)) found.push(pid) } catch {}
    for (const folder of process.argv.slice(1))
      for (const name of fs.readdirSync(folder, { recursive: true })) {
        const file = path.join(folder, name)
        if (fs.lstatSync(file).isFile() && fs.readFileSync(file).includes(value)) found.push(file)
      }
    console.log(JSON.stringify(found), value.length)`

  it('is in no argument and in no file while a program runs', () => {
    const args = ['run', 'dev/app', '--file', 'F=dev/app', '--stdin', 'dev/app:DB_PASS', '--redact']
    const { stdout, code } = box.run([...args, ...node(search, box.home)])
    expect({ stdout, code }).toEqual({ stdout: `[] ${VALUE.length}\n`, code: 0 })
  })

  it('is found if it is there', () => {
    const file = join(box.home, 'leak')
    fs.writeFileSync(file, VALUE)
    expect(box.run(['run', 'dev/app', ...node(search, box.home)]).stdout).toContain(file)
    fs.rmSync(file)
  })
})

describe('--file', () => {
  const show = 'stat -c "%a %n" "$F" "$(dirname "$F")"; cat "$F"; echo x > "$(dirname "$F")/more"'

  it('is a path in memory that only the user can read, and gone afterwards', () => {
    const { stdout, code } = box.run(['run', '--file', 'F=dev/pem', '--', 'sh', '-c', `${show}; exit 3`])
    const [file = '', folder = '', ...text] = stdout.split('\n')
    expect({ code, text: text.join('\n') }).toEqual({ code: 3, text: PEM })
    expect(file).toMatch(/^600 .*\/F$/)
    expect(folder).toMatch(/^700 /)
    expect(basename(folder)).toMatch(/^git-vault-private\./)
    expect(fs.existsSync(folder.slice(4))).toBe(false)
  })

  it('has the exact bytes', () => {
    const { stdout } = box.run(['run', '--file', 'F=dev/bytes', '--', 'sh', '-c', 'od -An -tx1 "$F"'])
    expect(stdout.trim()).toBe('00 ff 0a 80')
  })

  it('is wiped if the program cannot start', () => {
    expect(box.run(['run', '--file', 'F=dev/pem', '--', 'no-such-program']).code).toBe(127)
    expect(fs.readdirSync(box.memory)).toEqual([])
  })

  it.each([
    ['missing', 'mount -t tmpfs none /dev', 'there is no storage in memory'],
    ['read-only', 'mount -t tmpfs -o ro none /dev/shm', 'there is no storage in memory'],
    ['full', 'mount -t tmpfs -o size=4k none /dev/shm; head -c 4096 /dev/zero > /dev/shm/x', 'no space left'],
    ['a disk', 'mount --bind "$HOME" /dev/shm', 'there is no storage in memory']
  ])('starts nothing if the storage in memory is %s', (_how, mount, message) => {
    const run = `'${process.execPath}' '${PROGRAM}' run --file F=dev/pem -- touch "$HOME/started-anyway"`
    const shell = `${mount}; ${run}; code=$?; grep -rl MIIE /dev/shm "$HOME" >&2; exit $code`
    const { code, stderr } = box.run([], {
      shell: `exec unshare -rm sh -c '${shell.replaceAll("'", "'\\''")}'`
    })
    expect({ code, stderr }).toEqual({ code: 255, stderr: expect.stringContaining(message) as string })
    expect(stderr).not.toContain(box.home)
    expect(fs.existsSync(join(box.home, 'started-anyway'))).toBe(false)
  })
})

describe('--stdin', () => {
  it.each(['cat', 'cat /dev/stdin', 'tail -c 1000'])('is the value: %s', program => {
    const { stdout, code } = box.run(['run', '--stdin', 'dev/pem', '--', 'sh', '-c', program], { input: 'x' })
    expect({ stdout, code }).toEqual({ stdout: PEM, code: 0 })
  })

  it('has a field, or bytes, and need not be read', () => {
    const od = ['--', 'od', '-An', '-tx1']
    expect(box.run(['run', '--stdin', 'dev/bytes', ...od]).stdout.trim()).toBe('00 ff 0a 80')
    expect(box.run(['run', '--stdin', 'dev/app:PORT', '--', 'cat']).stdout).toBe('5432')
    expect(box.run(['run', '--stdin', 'dev/pem', '--', 'true']).code).toBe(0)
  })

  it('comes through a pipe if there is no storage in memory', () => {
    const run = `mount -t tmpfs -o ro none /dev/shm; '${process.execPath}' '${PROGRAM}' run --stdin dev/pem -- cat`
    const shell = `exec unshare -rm sh -c '${run.replaceAll("'", "'\\''")}'`
    expect(box.run([], { shell }).stdout).toBe(PEM)
  })

  it('is otherwise the one of git-vault', () => {
    const { stdout } = box.run(['run', 'dev/app', '--', 'cat'], { input: 'typed' })
    expect(stdout).toBe('typed')
  })
})

describe('--redact', () => {
  const redact = (script: string) => box.run(['run', '--redact', 'dev/app', '--', 'sh', '-c', script])

  it('replaces values in both outputs, and says which are too short', () => {
    const { stdout, stderr, code } = redact('printf "a %s b" "$DB_PASS"; printf %s "$DB_PASS" >&2; exit 5')
    expect({ stdout, code }).toEqual({ stdout: 'a [redacted] b', code: 5 })
    expect(stderr).toBe(
      'git-vault: these values are too short to be replaced in the output (under 8 characters): DB_USER, PORT\n[redacted]'
    )
  })

  it('across writes, and in base64', () => {
    const { stdout } = redact(
      'printf "${DB_PASS%staple}"; sleep 0.2; printf "staple|"; printf %s "$DB_PASS" | base64'
    )
    expect(stdout).toMatch(/^\[redacted\]\|\[redacted\].{0,3}\n$/)
  })

  it('passes on more than a pipe holds, and the end of the reader', () => {
    expect(redact('head -c 1000000 /dev/zero | tr "\\0" x').stdout).toBe('x'.repeat(1_000_000))
    const shell = `git-vault run --redact dev/app -- sh -c 'while echo "$DB_PASS"; do :; done 2>/dev/null' 2>/dev/null | head -1`
    expect(box.run([], { shell }).stdout).toBe('[redacted]\n')
  })
})

describe('a signal to git-vault', () => {
  const traps = ['INT', 'QUIT', 'TERM', 'HUP', 'USR1', 'USR2']
    .map(name => `trap 'echo got ${name}; exit 9' ${name};`)
    .join(' ')
  const wait = 'echo "ready $$"; while :; do sleep 0.05; done'

  it.each(['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const)(
    'reaches the program, which decides: %s',
    async signal => {
      const running = await box.start(['run', 'dev/app', '--', 'sh', '-c', `${traps} ${wait}`])
      running.child.kill(signal)
      expect(await running.ended).toBe(9)
      expect(running.shown.match(/got \w+/g)).toEqual([`got ${signal.slice(3)}`])
    }
  )

  it('ends with 128 + its number if it ends the program', async () => {
    for (const [signal, code] of [
      ['SIGTERM', 143],
      ['SIGINT', 130]
    ] as const) {
      const running = await box.start(['run', 'dev/app', '--', 'sh', '-c', wait])
      running.child.kill(signal)
      expect(await running.ended).toBe(code)
    }
  })

  it('SIGTSTP stops both, and SIGCONT continues both', async () => {
    const running = await box.start(['run', 'dev/app', '--', 'sh', '-c', `trap 'exit 4' TERM; ${wait}`])
    const states = () => [running.child.pid!, running.program].map(stateOf).join('')
    running.child.kill('SIGTSTP')
    await eventually(() => states() === 'TT')
    running.child.kill('SIGCONT')
    await eventually(() => !states().includes('T'))
    // and again
    running.child.kill('SIGTSTP')
    await eventually(() => states() === 'TT')
    running.child.kill('SIGCONT')
    await eventually(() => !states().includes('T'))
    running.child.kill('SIGTERM')
    expect(await running.ended).toBe(4)
  })
})

describe('files in memory', () => {
  const wait = 'echo "path $F"; echo "ready $$"; while :; do sleep 0.05; done'
  const start = () => box.start(['run', '--file', 'F=dev/pem', '--', 'sh', '-c', wait])
  const folderOf = ({ shown }: Running) => dirname(/path (.*)/.exec(shown)![1]!)

  it.each(['SIGTERM', 'SIGKILL', 'SIGINT', 'SIGHUP'] as const)(
    'are wiped if the program is ended by %s',
    async signal => {
      const running = await start()
      expect(fs.existsSync(folderOf(running))).toBe(true)
      process.kill(running.program, signal)
      expect(await running.ended).toBeGreaterThan(128)
      expect(fs.existsSync(folderOf(running))).toBe(false)
    }
  )

  it('are wiped by the next command if git-vault is killed, and stay while another one runs', async () => {
    const [killed, other] = [await start(), await start()]
    killed.child.kill('SIGKILL')
    await killed.ended
    expect(fs.readFileSync(join(folderOf(killed), 'F'), 'utf8')).toBe(PEM)
    box.must('get', 'dev/app')
    expect([killed, other].map(each => fs.existsSync(folderOf(each)))).toEqual([false, true])
    process.kill(killed.program, 'SIGKILL')
    other.child.kill('SIGTERM')
    await other.ended
    expect(fs.existsSync(folderOf(other))).toBe(false)
  })
})
