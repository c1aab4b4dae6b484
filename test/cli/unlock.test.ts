import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { formatDocument } from '../../src/core/format/documents.js'
import { formatSecret } from '../../src/core/crypto/identity.js'
import { createIdentity } from '../identityWithPassphrase.js'
import { run as runHere, type Setting } from './world.js'
import { removeFolder } from '../removeFolder.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const DRIVER = fileURLToPath(new URL('terminal.py', import.meta.url))
const PASSPHRASE = 'a passphrase of a test'
const LOCKED = {
  status: 253,
  stdout: '',
  stderr: expect.stringContaining('cannot ask for the passphrase: no terminal') as string
}
const READ = { status: 0, stdout: 'value', stderr: '' }

// short, because a socket address has at most 103 bytes on some systems
const top = fs.realpathSync(fs.mkdtempSync('/tmp/gv-unlock-'))
const repository = join(top, 'repository')
const [ana, ben, open] = ['ana.yaml', 'ben.yaml', 'open.yaml'].map(name => join(top, name)) as [
  string,
  string,
  string
]
const seeds = { [ana]: Buffer.alloc(32, 7), [ben]: Buffer.alloc(32, 8) }
const keyIds: Record<string, string> = {}
const fakes: ChildProcess[] = []
let runtime: string

interface Options {
  readonly env?: Record<string, string>
  readonly passphrase?: string
  readonly input?: string
  readonly program?: string
}

const environment = ({ env = {}, passphrase }: Options): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: top,
  XDG_CONFIG_HOME: join(top, 'config'),
  GIT_CONFIG_GLOBAL: join(top, 'gitconfig'),
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_VAULT_IDENTITY_FILE: ana,
  XDG_RUNTIME_DIR: runtime,
  ...(passphrase === undefined ? {} : { GIT_VAULT_PASSPHRASE: passphrase }),
  ...env
})

function run(args: string, options: Options = {}) {
  const program = join(options.program ?? root, 'bin/git-vault.js')
  // in a session of its own: a command that needs a passphrase would ask at the terminal of whoever runs this test
  const { status, stdout, stderr } = spawnSync(
    'setsid',
    ['-w', process.execPath, program, ...args.split(' ')],
    {
      cwd: repository,
      env: environment(options),
      encoding: 'utf8',
      timeout: 30_000,
      input: options.input ?? ''
    }
  )
  return { status, stdout, stderr }
}

const get = (options: Options = {}) => run('get a', options)
const unlock = (more = '', options: Options = {}) =>
  run(`unlock${more}`, { passphrase: PASSPHRASE, ...options })
const folder = () => join(runtime, 'git-vault')
const socket = (identity = ana) => join(folder(), keyIds[identity]!)

/** The agents whose socket is in this test's folder. */
function agents(): { pid: number; args: string }[] {
  const { stdout } = spawnSync('ps', ['-A', '-ww', '-o', 'pid=,stat=,args='], { encoding: 'utf8' })
  return stdout.split('\n').flatMap(line => {
    const [, pid, state, args = ''] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? []
    const isOne = state?.startsWith('Z') === false && args.includes('agent.cjs') && args.includes(runtime)
    return isOne ? [{ pid: Number(pid), args }] : []
  })
}

async function until(isDone: () => boolean, what: string): Promise<void> {
  for (let round = 0; round < 200; round++) {
    if (isDone()) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`timed out: ${what}`)
}

/** Listens on an agent's socket, in a process of its own, and runs the code for each connection. */
async function fake(path: string, code: string): Promise<void> {
  fs.mkdirSync(folder(), { recursive: true, mode: 0o700 })
  const program = `process.umask(0o177); require('node:net').createServer(socket => {
    socket.on('error', () => {}); ${code} }).listen(${JSON.stringify(path)})`
  fakes.push(spawn(process.execPath, ['-e', program], { stdio: 'ignore' }))
  await until(() => fs.existsSync(path), 'the socket of a fake')
}

/** Runs a command in a terminal of its own, which closes when the command ends. */
function drive(args: readonly string[], steps: readonly { wait: string; type: string }[]): string {
  const argv = [process.execPath, join(root, 'bin/git-vault.js'), ...args]
  const order = { argv, cwd: repository, env: environment({}), steps }
  const { stdout, error } = spawnSync('python3', [DRIVER, JSON.stringify(order)], { encoding: 'utf8' })
  if (error) throw new Error('missing: python3, which gives the program a terminal', { cause: error })
  const { shown, code, late, left } = JSON.parse(stdout) as Record<string, unknown> & { shown: string }
  expect({ code, late, left, shown }).toEqual({ code: 0, late: false, left: 0, shown })
  return shown
}

beforeAll(async () => {
  runtime = top
  for (const [path, seed] of Object.entries(seeds)) {
    const { text, keyId } = await createIdentity(path, PASSPHRASE, seed)
    keyIds[path] = keyId
    if (path !== ana) continue
    const document = {
      kind: 'git-vault/identity',
      format: '1',
      public: text,
      secret: formatSecret(seed)
    } as const
    fs.writeFileSync(open, formatDocument('identity', document, open), { mode: 0o600 })
  }
  fs.mkdirSync(repository)
  expect(run('init --yes --member ana', { passphrase: PASSPHRASE })).toMatchObject({ status: 0 })
  const put = run('put a - --create', { passphrase: PASSPHRASE, input: 'value' })
  expect(put).toMatchObject({ status: 0 })
})

beforeEach(() => {
  runtime = fs.mkdtempSync(join(top, 'run-'))
})

afterEach(() => {
  for (const each of fakes.splice(0)) each.kill('SIGKILL')
  for (const { pid } of agents()) process.kill(pid, 'SIGKILL')
})

afterAll(() => removeFolder(top))

describe('unlock', () => {
  it('asks once, in a terminal that may then close, and no command asks until lock', () => {
    const passphrase = { wait: 'Passphrase of your identity', type: `${PASSPHRASE}\r` }
    expect(drive(['get', 'a'], [passphrase])).toContain('value')
    expect(drive(['unlock'], [passphrase])).toMatch(/unlocked until \d{4}-\d\d-\d\d \d\d:\d\d/)
    for (const args of [
      ['get', 'a'],
      ['get-secret-value', '--secret-id', 'a'],
      ['unlock', '--status']
    ])
      expect(drive(args, [])).not.toContain('Passphrase')
    expect(run('put b - --create', { input: 'other' })).toMatchObject({ status: 0 })
    expect(drive(['lock'], [])).toContain('locked')
    expect(drive(['get', 'a'], [passphrase])).toContain('value')
  }, 120_000)

  it('reports until when the identity is unlocked', () => {
    const before = Date.now()
    expect(unlock(' --ttl 2h')).toMatchObject({ status: 0, stderr: '' })
    const { stdout } = run('unlock --status')
    const reported = Date.parse(/until (.*)/.exec(stdout)?.[1] ?? '')
    expect(Math.abs(reported - before - 7_200_000)).toBeLessThan(90_000)
    expect(run('lock')).toEqual({ status: 0, stdout: 'locked\n', stderr: '' })
    expect(run('unlock --status')).toEqual({ status: 0, stdout: 'locked\n', stderr: '' })
    expect(run('lock')).toEqual({ status: 0, stdout: 'nothing was unlocked\n', stderr: '' })
    expect(agents()).toEqual([])
    expect(fs.readdirSync(folder())).toEqual([])
  })

  it('exposes neither the secret nor the environment of the caller', () => {
    unlock('', { env: { MARK: 'of the caller' } })
    const [{ pid, args } = { pid: 0, args: '' }, ...others] = agents()
    expect(others).toEqual([])
    const exposed =
      process.platform === 'linux'
        ? fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1') +
          fs.readFileSync(`/proc/${pid}/environ`, 'latin1')
        : spawnSync('ps', ['-E', '-ww', '-p', String(pid)], { encoding: 'latin1' }).stdout
    const seed = seeds[ana]!
    for (const secret of [
      PASSPHRASE,
      formatSecret(seed),
      seed.toString('latin1'),
      seed.toString('hex'),
      'MARK'
    ])
      expect(exposed + args).not.toContain(secret)
    expect(fs.lstatSync(socket()).mode & 0o777).toBe(0o600)
    expect(fs.lstatSync(folder()).mode & 0o777).toBe(0o700)
    expect(fs.readdirSync(folder())).toEqual([keyIds[ana]])
    if (process.platform !== 'linux') return
    expect(fs.readFileSync(`/proc/${pid}/environ`, 'latin1')).toBe('')
    expect(fs.readlinkSync(`/proc/${pid}/cwd`)).toBe('/')
    for (const each of [0, 1, 2]) expect(fs.readlinkSync(`/proc/${pid}/fd/${each}`)).toBe('/dev/null')
    const session = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[3]
    expect(Number(session)).toBe(pid)
  })

  it('ends when its time is over', async () => {
    expect(unlock(' --ttl 2s')).toMatchObject({ status: 0 })
    expect(get()).toEqual(READ)
    await until(() => agents().length === 0, 'the end of its time')
    expect(get()).toMatchObject(LOCKED)
    expect(fs.readdirSync(folder())).toEqual([])
  })

  it('replaces the previous agent', () => {
    expect(unlock(' --ttl 8h')).toMatchObject({ status: 0 })
    const [first] = agents()
    expect(unlock(' --ttl 3s')).toMatchObject({ status: 0 })
    const now = agents()
    expect(now).toHaveLength(1)
    expect(now[0]!.pid).not.toBe(first!.pid)
    expect(get()).toEqual(READ)
  })

  it('leaves one agent if many start together', async () => {
    const starts = Array.from(
      { length: 6 },
      () =>
        new Promise<number | null>(resolve => {
          const env = environment({ passphrase: PASSPHRASE })
          const argv = [join(root, 'bin/git-vault.js'), 'unlock']
          spawn(process.execPath, argv, { cwd: repository, env, stdio: 'ignore' }).once('exit', resolve)
        })
    )
    expect(await Promise.all(starts)).toEqual([0, 0, 0, 0, 0, 0])
    await until(() => agents().length === 1, 'the end of all but one')
    expect(fs.readdirSync(folder())).toEqual([keyIds[ana]])
    expect(get()).toEqual(READ)
  })

  it('serves the identity to serve, which then needs it no longer', async () => {
    unlock()
    const argv = [join(root, 'bin/git-vault.js'), 'serve', '--port', '0']
    const server = spawn(process.execPath, argv, { cwd: repository, env: environment({}) })
    fakes.push(server)
    let output = ''
    server.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    await until(() => output.includes('git-vault serves at'), 'the server')
    expect(run('lock').stdout).toBe('locked\n')
    const url = /http:\S+/.exec(output)![0]
    expect((await fetch(`${url}/ping`)).status).toBe(200)
  })

  it('keeps no inherited file descriptor open', async () => {
    const argv = [join(root, 'bin/git-vault.js'), 'unlock']
    const child = spawn(process.execPath, argv, {
      cwd: repository,
      env: environment({ passphrase: PASSPHRASE }),
      stdio: ['ignore', 'pipe', 'pipe', 'ignore', 'pipe']
    })
    const pipes = [1, 2, 4].map(each => child.stdio[each] as Readable)
    await Promise.all(pipes.map(pipe => new Promise(resolve => pipe.resume().once('end', resolve))))
    expect(agents()).toHaveLength(1)
  })

  it('loads no network module for a read if nothing is unlocked', () => {
    const [probe, loaded] = [join(top, 'probe.cjs'), join(top, 'loaded')]
    fs.writeFileSync(
      probe,
      `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(loaded)}, process.moduleLoadList.join('\\n')))`
    )
    const hasNet = () => fs.readFileSync(loaded, 'utf8').split('\n').includes('NativeModule net')
    const env = { NODE_OPTIONS: `--require=${probe}` }
    expect(get({ env })).toMatchObject(LOCKED)
    expect(hasNet()).toBe(false)
    unlock()
    expect(get({ env })).toEqual(READ)
    expect(hasNet()).toBe(true)
  })

  it('asks for the passphrase again if it is already unlocked', () => {
    expect(unlock()).toMatchObject({ status: 0 })
    expect(run('unlock')).toMatchObject(LOCKED)
    const stderr = expect.stringContaining('the passphrase in GIT_VAULT_PASSPHRASE is wrong') as string
    expect(unlock('', { passphrase: 'wrong' })).toMatchObject({ status: 253, stderr })
    // a passphrase in the environment takes precedence
    expect(get({ passphrase: 'wrong' })).toMatchObject({ status: 253, stderr })
    expect(get()).toEqual(READ)
  })

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1'] as const)('ends with %s', async signal => {
    unlock()
    process.kill(agents()[0]!.pid, signal)
    await until(() => agents().length === 0, signal)
    expect(fs.readdirSync(folder())).toEqual([])
  })

  it('is ignored after it was killed, and can be started again', async () => {
    unlock()
    process.kill(agents()[0]!.pid, 'SIGKILL')
    await until(() => agents().length === 0, 'its death')
    expect(fs.readdirSync(folder())).toEqual([keyIds[ana]])
    expect(get()).toMatchObject(LOCKED)
    expect(get({ passphrase: PASSPHRASE })).toEqual(READ)
    expect(run('unlock --status').stdout).toBe('locked\n')
    expect(unlock()).toMatchObject({ status: 0 })
    expect(get()).toEqual(READ)
    process.kill(agents()[0]!.pid, 'SIGKILL')
    await until(() => agents().length === 0, 'its death')
    expect(run('lock').stdout).toBe('nothing was unlocked\n')
    expect(fs.readdirSync(folder())).toEqual([])
  })

  it('keeps several identities apart, and lock ends all', () => {
    const other = { env: { GIT_VAULT_IDENTITY_FILE: ben } }
    expect(unlock()).toMatchObject({ status: 0 })
    expect(run('unlock --status', other).stdout).toBe('locked\n')
    expect(get(other)).toMatchObject(LOCKED)
    expect(unlock('', other)).toMatchObject({ status: 0 })
    expect(fs.readdirSync(folder()).sort()).toEqual([keyIds[ana], keyIds[ben]].sort())
    expect(get()).toEqual(READ)
    // unlocked, but not a member
    expect(get(other)).toMatchObject({ status: 254 })
    expect(run('lock').stdout).toBe('locked\n')
    expect(agents()).toEqual([])
  })

  it.each<[string, Record<string, string>]>([
    ['without a passphrase', { GIT_VAULT_IDENTITY_FILE: open }],
    ['in the environment', { GIT_VAULT_IDENTITY: formatSecretOf(7) }],
    ['from a command, which is not run', { GIT_VAULT_IDENTITY_COMMAND: `touch ${join(top, 'was-run')}` }]
  ])('has nothing to do for an identity %s', (_, env) => {
    for (const args of ['unlock', 'unlock --status']) {
      expect(run(args, { env })).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(
          /^nothing to unlock: the identity from .* has no passphrase\n$/
        ) as string
      })
    }
    expect(fs.existsSync(folder())).toBe(false)
    expect(fs.existsSync(join(top, 'was-run'))).toBe(false)
  })
})

describe('a socket folder that others can reach', () => {
  const foreign = (path: string): void => {
    if (process.getuid?.() === 0) fs.chownSync(path, 12_345, 12_345)
  }
  const elsewhere = (): string => fs.mkdtempSync(join(top, 'else-'))
  const cases: [string, string, () => Record<string, string> | void][] = [
    ['not set', 'does not name a folder', () => ({ XDG_RUNTIME_DIR: '' })],
    ['not absolute', 'does not name a folder', () => ({ XDG_RUNTIME_DIR: 'run' })],
    ['missing', 'does not exist', () => ({ XDG_RUNTIME_DIR: join(runtime, 'none') })],
    ['open to others', 'is open to others', () => fs.chmodSync(runtime, 0o750)],
    [
      'a link',
      'is a symbolic link',
      () => {
        fs.symlinkSync(elsewhere(), join(runtime, 'link'))
        return { XDG_RUNTIME_DIR: `${join(runtime, 'link')}/` }
      }
    ],
    [
      'of another user',
      'belongs to another user',
      () => {
        foreign(runtime)
        return process.getuid?.() === 0 ? {} : { XDG_RUNTIME_DIR: '/' }
      }
    ],
    [
      'with too long a path',
      'is too long for a socket',
      () => {
        const path = join(runtime, 'x'.repeat(60))
        fs.mkdirSync(path, { mode: 0o700 })
        return { XDG_RUNTIME_DIR: path }
      }
    ],
    [
      'with a folder in it that is open to others',
      'is open to others',
      () => (fs.mkdirSync(folder()), fs.chmodSync(folder(), 0o701))
    ],
    ['with a link in it', 'is a symbolic link', () => fs.symlinkSync(elsewhere(), folder())],
    ['with a file in it', 'has the wrong file type', () => fs.writeFileSync(folder(), '', { mode: 0o600 })]
  ]

  it.each(cases)('is refused before the passphrase is asked: %s', (_, message, prepare) => {
    const env = prepare() ?? {}
    // if the passphrase was checked, this wrong one would be reported
    const { status, stdout, stderr } = unlock('', { passphrase: 'wrong', env })
    expect({ status, stdout }).toEqual({ status: 255, stdout: '' })
    expect(stderr).toMatch(/^git-vault: [^\n]*\ngit-vault: hint: [^\n]*\n$/)
    expect(stderr).toContain(message)
    expect(agents()).toEqual([])
    // reads behave as if no agent was running
    expect(get({ env })).toMatchObject(LOCKED)
    expect(get({ env, passphrase: PASSPHRASE })).toEqual(READ)
  })

  it('is not used, and neither is a socket that others can reach', () => {
    unlock()
    for (const path of [runtime, folder(), socket()]) {
      const { mode } = fs.lstatSync(path)
      fs.chmodSync(path, mode | 0o020)
      expect(get(), path).toMatchObject(LOCKED)
      fs.chmodSync(path, mode & 0o7777)
      expect(get(), path).toEqual(READ)
    }
    for (const path of [folder(), socket()]) {
      fs.renameSync(path, join(runtime, 'moved'))
      fs.symlinkSync(join(runtime, 'moved'), path)
      expect(get(), path).toMatchObject(LOCKED)
      fs.unlinkSync(path)
      fs.renameSync(join(runtime, 'moved'), path)
      expect(get(), path).toEqual(READ)
    }
    fs.chmodSync(folder(), 0o755)
    expect(run('lock')).toMatchObject({
      status: 255,
      stderr: expect.stringContaining('is open to others') as string
    })
  }, 120_000)

  it('is not used if it, its folder or the socket belongs to another user', () => {
    unlock()
    for (const path of [socket(), folder(), runtime]) {
      if (process.getuid?.() !== 0) continue
      foreign(path)
      expect(get(), path).toMatchObject(LOCKED)
      fs.chownSync(path, 0, 0)
      expect(get(), path).toEqual(READ)
    }
    expect(get({ env: { XDG_RUNTIME_DIR: '/root' } })).toMatchObject(LOCKED)
  }, 120_000)
})

describe('another program that listens on the socket', () => {
  const seedOf = (byte: number, length = 32) => `socket.end(Buffer.alloc(${length}, ${byte}))`

  it('is believed if it sends the right seed', async () => {
    await fake(socket(), seedOf(7))
    expect(get()).toEqual(READ)
  })

  it.each([
    ['another seed', seedOf(8)],
    ['zeros', seedOf(0)],
    ['too little', seedOf(7, 31)],
    ['too much', seedOf(7, 33)],
    ['without an end', 'setInterval(() => socket.write(Buffer.alloc(65536)), 1)'],
    ['nothing', 'socket.end()'],
    ['a reset', 'socket.destroy()']
  ])('is not believed if it sends %s', async (_, code) => {
    await fake(socket(), code)
    expect(get()).toMatchObject(LOCKED)
    expect(get({ passphrase: PASSPHRASE })).toEqual(READ)
  })

  it('does not block a command if it hangs, and unlock replaces it', async () => {
    await fake(socket(), '')
    const began = performance.now()
    expect(get()).toMatchObject(LOCKED)
    expect(performance.now() - began).toBeLessThan(8_000)
    expect(run('unlock --status').stdout).toBe('locked\n')
    expect(unlock()).toMatchObject({ status: 0 })
    expect(get()).toEqual(READ)
  })

  it('loses its socket to lock if it hangs, and forgets the identity when it continues', async () => {
    unlock()
    const { pid } = agents()[0]!
    process.kill(pid, 'SIGSTOP')
    expect(get()).toMatchObject(LOCKED)
    expect(run('lock')).toMatchObject({
      status: 255,
      stderr: expect.stringMatching(
        /^git-vault: [^\n]*does not answer[^\n]*\ngit-vault: hint: [^\n]*\n$/
      ) as string
    })
    expect(fs.readdirSync(folder())).toEqual([])
    process.kill(pid, 'SIGCONT')
    await until(() => agents().length === 0, 'its end')
  })
})

describe('an agent that does not start', () => {
  let program: string
  beforeAll(() => {
    program = fs.mkdtempSync(join(top, 'program-'))
    for (const path of ['bin', 'dist', 'package.json'])
      fs.cpSync(join(root, path), join(program, path), { recursive: true })
    fs.symlinkSync(join(root, 'node_modules'), join(program, 'node_modules'), 'junction')
  })

  it.each([
    ['process.exit(3)', 'the agent ended with status 3'],
    ["process.kill(process.pid, 'SIGKILL')", 'the agent ended with SIGKILL'],
    ["require('node:fs').writeSync(3, 'no\\nroom'); process.exit(1)", 'no\\u000aroom'],
    ["require('node:fs').writeSync(3, 'ready')", 'does not answer']
  ])('%s: the reason is reported in one line', (code, reason) => {
    fs.writeFileSync(join(program, 'dist/agent.cjs'), code)
    const { status, stdout, stderr } = unlock('', { program })
    expect({ status, stdout }).toEqual({ status: 255, stdout: '' })
    expect(stderr).toMatch(/^git-vault: [^\n]*\n$/)
    expect(stderr).toContain(reason)
  })

  it('ends if it receives no seed', () => {
    const agent = join(root, 'dist/agent.cjs')
    const { status, output } = spawnSync(process.execPath, [agent, join(runtime, 'git-vault/x'), '1000'], {
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      input: 'short',
      encoding: 'utf8'
    })
    expect({ status, output }).toEqual({ status: 1, output: [null, '', '', 'received no seed'] })
    expect(fs.readdirSync(folder())).toEqual([])
  })
})

describe('the command', () => {
  const here = async (argv: string[], setting: Setting = {}) => {
    const ttls: number[] = []
    const services: Setting['services'] = {
      unlock: async ({ ttl }) => (
        ttls.push(ttl),
        { kind: 'unlocked', until: new Date(2027, 0, 2, 3, 4).getTime() }
      ),
      unlocked: async () => ({ kind: 'locked' }),
      lock: async () => 2
    }
    return { ...(await runHere(argv, { services, ...setting })), ttls }
  }

  it.each([
    [[], 900_000],
    [['--ttl', '30s'], 30_000],
    [['--ttl=24h'], 86_400_000],
    [['--ttl', '1s'], 1_000]
  ])('accepts %j', async (argv, ttl) => {
    expect(await here(['unlock', ...argv])).toMatchObject({
      code: 0,
      stdout: 'unlocked until 2027-01-02 03:04\n',
      ttls: [ttl]
    })
  })

  it.each([
    [['--ttl', '0s'], '--ttl must be a time from 1s to 24h'],
    [['--ttl', '25h'], '--ttl must be a time from 1s to 24h'],
    [['--ttl', '15'], '--ttl must be a time from 1s to 24h'],
    [['--ttl', ''], '--ttl must be a time from 1s to 24h'],
    [['--ttl', '1h', '--status'], '--status and --ttl cannot be combined'],
    [['now'], "unlock does not take 'now'"]
  ])('refuses %j', async (argv, message) => {
    const { code, stderr, ttls } = await here(['unlock', ...argv])
    expect({ code, ttls }).toEqual({ code: 252, ttls: [] })
    expect(stderr).toContain(message)
  })

  it('reports the status', async () => {
    expect((await here(['unlock', '--status'])).stdout).toBe('locked\n')
    expect((await here(['lock'])).stdout).toBe('locked\n')
  })
})

function formatSecretOf(byte: number): string {
  return formatSecret(Buffer.alloc(32, byte))
}
