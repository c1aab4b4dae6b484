import { execFileSync, spawn, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { checksum } from '../../src/cli/checksum.js'
import { removeFolder } from '../removeFolder.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('the cache of compiled code', () => {
  let program: string
  const dist = () => join(program, 'dist')
  const caches = () => fs.readdirSync(dist()).filter(name => name.includes('.cache'))
  const env = () => ({ ...process.env, GIT_VAULT_IDENTITY_FILE: join(program, 'identity.yaml') })
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(program, 'bin/git-vault.js'), ...args], {
      encoding: 'utf8',
      cwd: program,
      timeout: 20_000,
      env: env()
    })
  const showing = () => [join(program, 'bin/git-vault.js'), 'identity', 'show']
  const show = () => run('identity', 'show')
  const sealed = (bytes: Buffer) => {
    bytes.writeInt32LE(checksum(bytes.subarray(8)))
    return bytes
  }
  let expected: object

  beforeAll(() => {
    if (!fs.existsSync(join(root, 'dist/cli.cjs')))
      execFileSync(process.execPath, ['esbuild.config.js'], { cwd: root })
    program = fs.mkdtempSync(join(tmpdir(), 'git-vault-built-'))
    for (const path of ['bin', 'dist', 'package.json'])
      fs.cpSync(join(root, path), join(program, path), { recursive: true })
    fs.symlinkSync(join(root, 'node_modules'), join(program, 'node_modules'), 'junction')
    run('identity', 'new', '--no-passphrase')
    expected = { status: 0, stdout: show().stdout, stderr: '' }
    expect(expected).toMatchObject({ stdout: expect.stringContaining('gvpub1_') as string })
  })

  afterAll(() => removeFolder(program))

  beforeEach(() => {
    for (const name of caches()) fs.rmSync(join(dist(), name))
  })

  it('is cached beside the program, per command, and used the next time', () => {
    expect(show()).toMatchObject(expected)
    const [name, ...more] = caches()
    expect(name).toMatch(/^run-[0-9a-f]{16}-[\w.-]+-identity\.cache$/)
    expect(more).toEqual([])
    const written = fs.statSync(join(dist(), name!))
    expect(show()).toMatchObject(expected)
    expect(fs.statSync(join(dist(), name!))).toMatchObject({ ino: written.ino, mtimeMs: written.mtimeMs })
    expect(spawnSync('git', ['init', '-q', program]).status).toBe(0)
    expect(run('init', '--yes', '--member', 'ana')).toMatchObject({ status: 0, stderr: '' })
    expect(caches()).toHaveLength(2)
  })

  it('is used if the program that run starts has --help among its arguments', () => {
    const value = ['put', 'plain', 'package.json', '--create']
    expect(run(...value)).toMatchObject({ status: 0 })
    expect(run('run', '--env', 'A=plain', '--', 'true', '--help')).toMatchObject({ status: 0, stderr: '' })
    expect(caches().filter(name => name.endsWith('-run.cache'))).toHaveLength(1)
  })

  it('is the same after -C DIR, global options and the name of the service', () => {
    expect(run('get-random-password')).toMatchObject({ status: 0, stderr: '' })
    const [name = ''] = caches()
    const { ino } = fs.statSync(join(dist(), name))
    for (const leading of [
      ['-C', '.'],
      ['--region', 'x', '--no-cli-pager'],
      ['--output=json', 'secretsmanager']
    ]) {
      expect(run(...leading, 'get-random-password')).toMatchObject({ status: 0, stderr: '' })
      expect(caches()).toEqual([name])
      expect(fs.statSync(join(dist(), name)).ino).toBe(ino)
    }
    for (const leading of [
      ['-C', '.'],
      ['--region', 'x']
    ]) {
      fs.rmSync(join(dist(), name))
      expect(run(...leading, 'get-random-password').status).toBe(0)
      expect(caches()).toEqual([name])
    }
  })

  it('has another checksum if a sector of it is lost', () => {
    run('describe-secret', '--secret-id', 'x', '--query', '[')
    show()
    for (const name of caches()) {
      const data = fs.readFileSync(join(dist(), name)).subarray(8)
      // aligned to 8 bytes, as when it is read
      const whole = new Uint8Array(data)
      for (let at = 0; at < whole.length; at += 512) {
        if (whole.subarray(at, at + 512).every(byte => byte === 0)) continue
        const damaged = whole.slice().fill(0, at, at + 512)
        expect(checksum(damaged)).not.toBe(checksum(whole))
      }
    }
    expect(caches()).not.toEqual([])
  })

  it('does not break late imports', () => {
    for (let round = 1; round <= 2; round++) {
      const outcome = run('describe-secret', '--secret-id', 'x', '--query', '[')
      expect(outcome.stderr).toMatch(/Bad value for --query/)
    }
  })

  it('is not cached for a command that failed or printed help, nor for an unknown command', () => {
    expect(run('put', '--help').status).toBe(0)
    expect(run('describe-secret', '--generate-cli-skeleton').status).toBe(0)
    expect(run('describe-secret').status).toBe(252)
    expect(run('../../x', 'help').status).toBe(252)
    expect(caches()).toEqual([])
  })

  it.each<[string, (bytes: Buffer) => Uint8Array]>([
    ['empty', () => Buffer.alloc(0)],
    ['cut short', bytes => bytes.subarray(0, 1000)],
    ['without its checksum', bytes => bytes.subarray(8)],
    ['zeros', bytes => Buffer.alloc(bytes.length)],
    [
      'damaged',
      bytes => Buffer.from(bytes).map((byte, at) => (at >= 50_000 && at < 50_400 ? byte ^ 255 : byte))
    ],
    ['of another program', bytes => sealed(Buffer.from(bytes).fill(7, 16, 20))],
    ['of another V8', bytes => sealed(Buffer.from(bytes).fill(7, 12, 16))]
  ])('is replaced if it is %s', (_, damage) => {
    show()
    const file = join(dist(), caches()[0]!)
    const whole = fs.readFileSync(file)
    const damaged = damage(whole)
    fs.writeFileSync(file, damaged)
    expect(show()).toMatchObject(expected)
    const { ino } = fs.statSync(file)
    const replaced = fs.readFileSync(file)
    expect(replaced.equals(damaged)).toBe(false)
    expect(replaced.length).toBeGreaterThan(whole.length / 2)
    expect(show()).toMatchObject(expected)
    expect(fs.statSync(file).ino).toBe(ino)
  })

  it('is writable only by its owner, whatever the umask is', () => {
    const shown = spawnSync('sh', ['-c', 'umask 000 && exec "$0" "$@"', process.execPath, ...showing()], {
      encoding: 'utf8',
      env: env()
    })
    expect(shown).toMatchObject(expected)
    expect(fs.statSync(join(dist(), caches()[0]!)).mode & 0o777).toBe(0o644)
  })

  it.each([0o664, 0o646])('is not read but replaced if others can write it: mode %o', mode => {
    show()
    const file = join(dist(), caches()[0]!)
    const { ino } = fs.statSync(file)
    fs.chmodSync(file, mode)
    expect(show()).toMatchObject(expected)
    const replaced = fs.statSync(file)
    expect(replaced.mode & 0o022).toBe(0)
    expect(replaced.ino).not.toBe(ino)
  })

  it.runIf(process.getuid?.() === 0)('is not read but replaced if another user owns it', () => {
    show()
    const file = join(dist(), caches()[0]!)
    const { ino } = fs.statSync(file)
    fs.chownSync(file, 12_345, 12_345)
    expect(show()).toMatchObject(expected)
    expect(fs.statSync(file)).toMatchObject({ uid: 0 })
    expect(fs.statSync(file).ino).not.toBe(ino)
    // the owner of the program could replace the program as well
    const replaced = fs.statSync(file)
    for (const path of [file, join(dist(), 'run.cjs')]) fs.chownSync(path, 12_345, 12_345)
    expect(show()).toMatchObject(expected)
    expect(fs.statSync(file).ino).toBe(replaced.ino)
    fs.chownSync(join(dist(), 'run.cjs'), 0, 0)
  })

  it('is replaced without waiting if it is a FIFO', () => {
    show()
    const file = join(dist(), caches()[0]!)
    fs.rmSync(file)
    expect(spawnSync('mkfifo', ['-m', '600', file]).status).toBe(0)
    expect(show()).toMatchObject(expected)
    expect(fs.statSync(file).isFile()).toBe(true)
  })

  it('is neither written nor read with GIT_VAULT_NO_CACHE=1', () => {
    const without = () =>
      spawnSync(process.execPath, showing(), { encoding: 'utf8', env: { ...env(), GIT_VAULT_NO_CACHE: '1' } })
    expect(without()).toMatchObject(expected)
    expect(caches()).toEqual([])
    show()
    const file = join(dist(), caches()[0]!)
    fs.writeFileSync(file, 'damaged')
    expect(without()).toMatchObject(expected)
    expect(fs.readFileSync(file, 'utf8')).toBe('damaged')
  })

  it('is not needed: a command works if it cannot be read or written', () => {
    show()
    const file = join(dist(), caches()[0]!)
    fs.rmSync(file)
    fs.mkdirSync(file)
    expect(show()).toMatchObject(expected)
    expect(fs.statSync(file).isDirectory()).toBe(true)
    expect(caches()).toHaveLength(1)
    fs.rmdirSync(file)
  })
})

describe('a clone that is not built', () => {
  const unbuilt = {
    status: 255,
    stdout: '',
    stderr:
      'git-vault: not built yet\ngit-vault: hint: run in the git-vault folder: npm ci && npm run build\n'
  }

  it.each([
    ['is reported with the command to build it', []],
    ['is reported too if it is built only in part', ['cli.cjs']]
  ])('%s', (_, built) => {
    const program = fs.mkdtempSync(join(tmpdir(), 'git-vault-unbuilt-'))
    fs.cpSync(join(root, 'bin'), join(program, 'bin'), { recursive: true })
    for (const name of built) fs.cpSync(join(root, 'dist', name), join(program, 'dist', name))
    const outcome = spawnSync(process.execPath, [join(program, 'bin/git-vault.js'), 'ls'], {
      encoding: 'utf8'
    })
    expect(outcome).toMatchObject(unbuilt)
    fs.rmSync(program, { recursive: true })
  })
})

it('reports why it cannot write the output, for help too', () => {
  const full = fs.openSync('/dev/full', 'w')
  for (const args of [['--help'], ['--version'], ['ls', '--help']]) {
    const outcome = spawnSync(process.execPath, [join(root, 'bin/git-vault.js'), ...args], {
      encoding: 'utf8',
      stdio: ['ignore', full, 'pipe']
    })
    expect(outcome).toMatchObject({ status: 255, stderr: 'git-vault: cannot write the output: ENOSPC\n' })
  }
  fs.closeSync(full)
})

it('a command that waits for its input opens no debugger on SIGUSR1', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => taken.once('listening', resolve))
  const { port } = taken.address() as AddressInfo
  await new Promise(resolve => taken.close(resolve))
  const args = [
    'credential',
    'new',
    'a',
    '--allow',
    '*',
    '--resource',
    '*',
    '--access-key-id',
    'x'.repeat(20)
  ]
  const program = join(root, 'bin/git-vault.js')
  const child = spawn(process.execPath, [`--inspect-port=127.0.0.1:${port}`, program, ...args])
  let errors = ''
  child.stderr.on('data', chunk => (errors += String(chunk)))
  await new Promise(resolve => setTimeout(resolve, 1_500))
  child.kill('SIGUSR1')
  await new Promise(resolve => setTimeout(resolve, 500))
  const isOpen = await new Promise<boolean>(resolve => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('error', () => resolve(false)).once('connect', () => resolve(true))
    socket.once('connect', () => socket.destroy())
  })
  expect({ isOpen, errors, exitCode: child.exitCode }).toEqual({ isOpen: false, errors: '', exitCode: null })
  child.kill('SIGKILL')
})
