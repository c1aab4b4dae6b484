import { execFileSync, spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { removeFolder } from '../removeFolder.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Signature {
  readonly sumsOf: (folder: string) => string
  readonly sign: (
    bytes: Uint8Array,
    key: Buffer | string
  ) => Promise<{ signature: Uint8Array; publicKey: string }>
  readonly checkRelease: (folder: string, key: string) => Promise<void>
}
interface Tar {
  readonly tarOf: (files: ReadonlyMap<string, string>, time: number) => Buffer
  readonly filesOfTar: (archive: Buffer) => Map<string, Buffer>
}
const part = (name: string): Promise<unknown> => import(join(root, 'bin/release', name))
const { sumsOf, sign, checkRelease } = (await part('signature.mjs')) as Signature
const { tarOf, filesOfTar } = (await part('tar.mjs')) as Tar

function newFolder(): string {
  const folder = fs.mkdtempSync(join(tmpdir(), 'git-vault-release-test-'))
  onTestFinished(() => removeFolder(folder))
  return folder
}

it('the sums of a release are refused for a name that could be read as two lines', () => {
  const folder = newFolder()
  fs.writeFileSync(join(folder, 'a\nb'), 'x')
  expect(() => sumsOf(folder)).toThrow('a release has no file of this name: "a\\nb"')
})

describe('the signature of a release', () => {
  let folder: string
  let publicKey: string
  const pem = () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
  const write = (name: string, bytes: string | Uint8Array): void =>
    fs.writeFileSync(join(folder, name), bytes)

  beforeEach(async () => {
    folder = newFolder()
    write('a program', 'one')
    write('b', 'two')
    const sums = sumsOf(folder)
    write('SHA256SUMS', sums)
    const signed = await sign(Buffer.from(sums), pem())
    write('SHA256SUMS.sig', signed.signature)
    publicKey = signed.publicKey
  })

  it('is one for git-vault, OpenSSL and sha256sum', async () => {
    await checkRelease(folder, publicKey)
    const key = join(newFolder(), 'key.pem')
    fs.writeFileSync(key, publicKey)
    const args = [
      '-verify',
      '-pubin',
      '-inkey',
      key,
      '-rawin',
      '-in',
      'SHA256SUMS',
      '-sigfile',
      'SHA256SUMS.sig'
    ]
    execFileSync('openssl', ['pkeyutl', ...args], { cwd: folder })
    execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: folder })
  })

  it('is refused after any change', async () => {
    const other = await sign(Buffer.from('x'), pem())
    await expect(checkRelease(folder, other.publicKey)).rejects.toThrow('is not a signature')
    write('b', 'three')
    await expect(checkRelease(folder, publicKey)).rejects.toThrow('the files are not those')
    write('b', 'two')
    write('c', 'one more file')
    await expect(checkRelease(folder, publicKey)).rejects.toThrow('the files are not those')
    fs.rmSync(join(folder, 'c'))
    await checkRelease(folder, publicKey)
    write('SHA256SUMS', `${sumsOf(folder)}\n`)
    await expect(checkRelease(folder, publicKey)).rejects.toThrow('is not a signature')
    write('SHA256SUMS.sig', 'short')
    await expect(checkRelease(folder, publicKey)).rejects.toThrow('is not a signature')
  })

  it('is by an Ed25519 key only', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    const key = rsa.export({ type: 'pkcs8', format: 'pem' })
    await expect(sign(Buffer.from('x'), key)).rejects.toThrow('must be an Ed25519 key')
  })
})

describe('an archive', () => {
  const files = new Map([
    ['man/man1/a.1', 'a page'],
    ['completions/b', 'x'.repeat(512)],
    ['completions/a', '']
  ])

  it('is read by tar, and depends on its files only', () => {
    const archive = tarOf(files, 1_700_000_000)
    expect(archive.equals(tarOf(new Map([...files].reverse()), 1_700_000_000))).toBe(true)
    const folder = newFolder()
    execFileSync('tar', ['-xf', '-'], { cwd: folder, input: archive })
    for (const [path, content] of files) expect(fs.readFileSync(join(folder, path), 'utf8')).toBe(content)
    expect(fs.statSync(join(folder, 'completions/b')).mtimeMs).toBe(1_700_000_000_000)
  })

  it('is read as tar writes it', () => {
    const folder = newFolder()
    fs.mkdirSync(join(folder, 'package'))
    fs.writeFileSync(join(folder, 'package/one'), 'y'.repeat(1_000))
    const args = ['-cf', '-', '--format=ustar', 'package']
    const archive = execFileSync('tar', args, { cwd: folder })
    expect(filesOfTar(archive)).toEqual(new Map([['package/one', Buffer.from('y'.repeat(1_000))]]))
  })
})

it('a release is not begun with a key that is not there, a target that is not built, or half of a check', () => {
  const run = (env: Record<string, string>, ...args: string[]) =>
    spawnSync(
      process.execPath,
      [join(root, 'bin/release.mjs'), '--output', join(newFolder(), 'out'), ...args],
      {
        encoding: 'utf8',
        env: { ...process.env, ...env }
      }
    )
  expect(run({ GIT_VAULT_RELEASE_KEY_FILE: '/none' })).toMatchObject({ status: 1 })
  expect(run({}, '--targets', 'vax').stderr).toContain('there is no target vax')
  expect(run({}, '--check', root).stderr).toContain('--check needs --public-key FILE')
})
