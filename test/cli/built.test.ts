import { execFileSync, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('what V8 has compiled of the program', () => {
  let program: string
  const dist = () => join(program, 'dist')
  const caches = () => fs.readdirSync(dist()).filter(name => name.includes('.cache'))
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(program, 'bin/git-vault.js'), ...args], {
      encoding: 'utf8',
      cwd: program,
      env: { ...process.env, GIT_VAULT_IDENTITY_FILE: join(program, 'identity.yaml') }
    })
  const show = () => run('identity', 'show')
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

  afterAll(() => fs.rmSync(program, { recursive: true, force: true }))

  beforeEach(() => {
    for (const name of caches()) fs.rmSync(join(dist(), name))
  })

  it('is kept beside it, for each command, and used the next time', () => {
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

  it('does not stop what is imported late', () => {
    for (let round = 1; round <= 2; round++) {
      const outcome = run('describe-secret', '--secret-id', 'x', '--query', '[')
      expect(outcome.stderr).toMatch(/Bad value for --query/)
    }
  })

  it('is not kept of a command that failed or only explained itself, nor under a name that is none', () => {
    expect(run('put', '--help').status).toBe(0)
    expect(run('describe-secret', '--generate-cli-skeleton').status).toBe(0)
    expect(run('describe-secret').status).toBe(252)
    expect(run('../../x', 'help').status).toBe(252)
    expect(caches()).toEqual([])
  })

  it.each<[string, (bytes: Buffer) => Uint8Array]>([
    ['empty', () => Buffer.alloc(0)],
    ['cut short', bytes => bytes.subarray(0, 1000)],
    ['of another program', bytes => Buffer.from(bytes).fill(7, 8, 12)],
    ['of another V8', bytes => Buffer.from(bytes).fill(7, 4, 8)]
  ])('is made anew where it is %s', (_, damage) => {
    show()
    const file = join(dist(), caches()[0]!)
    const whole = fs.readFileSync(file)
    fs.writeFileSync(file, damage(whole))
    expect(show()).toMatchObject(expected)
    expect(fs.readFileSync(file).length).toBeGreaterThan(whole.length / 2)
    expect(show()).toMatchObject(expected)
  })

  it('is gone without where it cannot be read or written', () => {
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

describe('a clone that nobody has built', () => {
  it('says how', () => {
    const program = fs.mkdtempSync(join(tmpdir(), 'git-vault-unbuilt-'))
    fs.cpSync(join(root, 'bin'), join(program, 'bin'), { recursive: true })
    const outcome = spawnSync(process.execPath, [join(program, 'bin/git-vault.js'), 'ls'], {
      encoding: 'utf8'
    })
    expect(outcome).toMatchObject({
      status: 255,
      stdout: '',
      stderr: 'git-vault: it is not built yet\ngit-vault: hint: in its folder, run: npm ci && npm run build\n'
    })
    fs.rmSync(program, { recursive: true })
  })
})
