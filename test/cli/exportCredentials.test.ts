import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { diskFolder } from '../fastFolder.js'
import { removeFolder } from '../removeFolder.js'
import { newPlace, type Place } from './drive.js'

// systemd-creds is the real one, with the key that needs neither a TPM nor the host's secret

const KEY = ['--with-key', 'tpm2-absent']
const NOTICE = 'git-vault: everyone can decrypt what --with-key tpm2-absent encrypts\n'
const fields = { DB_URL: 'postgres://db', PASSWORD: 'it\'s $HOME "x"\n\\', EMPTY: '', port: 8080 }

let place: Place
let memory: string
const folder = (name: string) => join(place.env['HOME']!, name)
const run = (...args: string[]) => place.run(['export', 'dev/app', ...args])
const decrypt = (name: string, file: string) =>
  execFileSync('systemd-creds', ['decrypt', '--newline=no', `--name=${name}`, file, '-'], { stdio: 'pipe' })

beforeAll(() => {
  memory = fs.mkdtempSync('/dev/shm/git-vault-test-')
  place = newPlace('credentials')
  for (const args of [
    ['identity', 'new', '--no-passphrase'],
    ['init', '--yes', '--member', 'ana']
  ])
    expect(place.run(args)).toMatchObject({ code: 0 })
  const put = place.run(['put', 'dev/app', '-', '--create'], { input: JSON.stringify(fields) })
  expect(put).toMatchObject({ code: 0 })
})
afterAll(() => removeFolder(memory))

describe('encrypted credentials of systemd', () => {
  it('are files that only their own name decrypts', () => {
    const out = folder('creds')
    expect(run('--format', 'systemd-creds', '--output-dir', out, ...KEY)).toEqual({
      code: 0,
      stdout: '',
      stderr: NOTICE
    })
    expect(fs.readdirSync(out).sort()).toEqual(
      Object.keys(fields)
        .map(name => `${name}.cred`)
        .sort()
    )
    for (const [name, value] of Object.entries(fields)) {
      expect(decrypt(name, join(out, `${name}.cred`)).toString()).toBe(String(value))
      expect(fs.statSync(join(out, `${name}.cred`)).mode & 0o777).toBe(0o600)
    }
    expect(() => decrypt('other', join(out, 'PASSWORD.cred'))).toThrow()
    expect(run('--format', 'systemd-creds', '--output-dir', out, ...KEY)).toMatchObject({
      code: 255,
      stderr: expect.stringContaining('DB_URL.cred: EEXIST')
    })
  })

  it('are lines for a unit', () => {
    const { code, stdout } = run('--format', 'systemd-creds', ...KEY)
    expect(code).toBe(0)
    const settings = [...stdout.matchAll(/^SetCredentialEncrypted=(\w+): \\\n((?: .*\n)+)/gm)]
    expect(settings.map(([, name]) => name)).toEqual(Object.keys(fields))
    const file = folder('pasted')
    fs.writeFileSync(file, settings[1]![2]!.replace(/[\s\\]/g, ''))
    expect(decrypt('PASSWORD', file).toString()).toBe(fields.PASSWORD)
    expect(stdout).not.toContain('postgres')
  })

  it('name systemd-creds and its reason if it fails', () => {
    const { code, stderr } = run(
      '--format',
      'systemd-creds',
      '--with-key',
      'nothing',
      '--output-dir',
      folder('x')
    )
    expect({ code, stderr }).toMatchObject({
      code: 255,
      stderr: expect.stringMatching(/^git-vault: systemd-creds failed: /)
    })
    expect(fs.existsSync(folder('x'))).toBe(false)
  })
})

describe('plain credentials of systemd', () => {
  it('are files in memory that only their owner reads', () => {
    const out = join(memory, 'app')
    expect(run('--format', 'systemd-load', '--output-dir', out)).toEqual({ code: 0, stdout: '', stderr: '' })
    for (const [name, value] of Object.entries(fields)) {
      expect(fs.readFileSync(join(out, name), 'utf8')).toBe(String(value))
      expect(fs.statSync(join(out, name)).mode & 0o777).toBe(0o400)
    }
    expect(fs.statSync(out).mode & 0o777).toBe(0o700)
  })

  it('are never written to a disk', () => {
    const disk = diskFolder('git-vault-test-')
    onTestFinished(() => removeFolder(disk))
    const out = join(disk, 'plain')
    expect(run('--format', 'systemd-load', '--output-dir', out)).toEqual({
      code: 255,
      stdout: '',
      stderr: `git-vault: ${out} is not in memory, and plain text is never written to a disk\ngit-vault: hint: use --format systemd-creds, or a folder in /run\n`
    })
    expect(fs.existsSync(out)).toBe(false)
  })
})

describe('credentials that everyone can read', () => {
  const git = (root: string, ...args: string[]) =>
    execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' })

  /** A repository in memory, where plain text may be written. */
  function clone(): string {
    const root = fs.realpathSync(fs.mkdtempSync(join(memory, 'clone-')))
    git(root, 'init', '--quiet')
    return root
  }

  it.each([
    ['plain text', ['--format', 'systemd-load']],
    ['a key that everyone knows', ['--format', 'systemd-creds', ...KEY]]
  ])('are not written where git could commit them: %s', (_, format) => {
    const root = clone()
    const out = join(root, 'sub/creds')
    const { code, stderr } = run(...format, '--output-dir', out)
    expect({ code, stderr }).toEqual({
      code: 255,
      stderr: expect.stringContaining(
        `git-vault: the folder of credentials would be in the work tree ${root}, where git could commit it: ${out}\n` +
          `git-vault: hint: choose a path outside it, or first run: echo '/sub/creds/' >> '${root}/.git/info/exclude'\n`
      )
    })
    expect(git(root, 'status', '--porcelain', '--untracked-files=all')).toBe('')
    const inRoot = run(...format, '--output-dir', root)
    expect(inRoot).toMatchObject({ code: 255, stderr: expect.stringMatching(/choose a path outside it\n$/) })
    expect(git(root, 'status', '--porcelain', '--untracked-files=all')).toBe('')
  })

  it('are written where git ignores them, as the hint says', () => {
    const root = clone()
    fs.appendFileSync(join(root, '.git/info/exclude'), '/sub/creds/\n')
    const out = join(root, 'sub/creds')
    expect(run('--format', 'systemd-load', '--output-dir', out)).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(git(root, 'status', '--porcelain', '--untracked-files=all')).toBe('')
  })

  it('are refused if git ignores only some of the files', () => {
    const root = clone()
    fs.appendFileSync(join(root, '.git/info/exclude'), 'DB_URL\n')
    const out = join(root, 'creds')
    expect(run('--format', 'systemd-load', '--output-dir', out)).toMatchObject({ code: 255 })
    expect(fs.existsSync(out)).toBe(false)
  })
})

it.each([
  [['--format', 'systemd-load'], 'systemd-load needs a folder'],
  [
    ['--format', 'json', '--output-dir', 'x'],
    '--output-dir is only for --format systemd-creds or systemd-load'
  ],
  [
    ['--format', 'systemd-load', '--output-dir', 'x', ...KEY],
    '--with-key is only for --format systemd-creds'
  ],
  [['--format', 'systemd-creds', '--with-key', 'a b'], "'a b' is not a key of systemd-creds"],
  [
    ['--format', 'systemd-creds', '--output', 'a', '--output-dir', 'b'],
    '--output and --output-dir cannot be combined'
  ]
])('refuses %j', (args, message) => {
  const { code, stderr } = run(...args)
  expect({ code, stderr }).toMatchObject({
    code: 252,
    stderr: expect.stringContaining(`git-vault: ${message}\n`)
  })
})
