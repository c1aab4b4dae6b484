import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { delimiter, join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { PROGRAM, root } from '../built.js'
import { installHook, uninstallHook } from '../../../src/app/guard/hook.js'
import { cloneOf, identityFile, makeVault, scratch, token, type TestVault } from '../../vault/fixture.js'
import { admit } from '../../vault/people.js'
import { follower } from '../../vault/merging/mergeKit.js'

const NAME = 'prod/db'
const FOLDER = `vault/secrets/${NAME}`
const VALUE = 'correct horse battery'

let box: TestVault
beforeEach(async () => {
  box = await makeVault()
  box.clock.time = Date.now()
  await box.api.createSecret({ Name: NAME, SecretString: VALUE, ClientRequestToken: token(1) })
  await installHook(box.root, false)
})

/** Commits with git. Returns the lines of git-vault on stderr, without its last two. */
function commit(args: string[] = [], env: NodeJS.ProcessEnv = {}, at = box): string[] | 'made' {
  const before = at.head()
  const { status, stderr } = spawnSync('git', ['commit', '-q', '-m', 'x', ...args], {
    cwd: at.root,
    encoding: 'utf8',
    env: { ...process.env, ...env }
  })
  const lines = stderr.split('\n').filter(line => line.startsWith('git-vault: '))
  expect(status === 0, stderr).toBe(at.head() !== before)
  if (status === 0) return lines.length === 0 ? 'made' : lines
  expect(lines.at(-1)).toBe('git-vault: hint: to commit anyway: git commit --no-verify')
  return lines.slice(0, -2).map(line => line.slice('git-vault: '.length))
}

const takeOut = (path: string): string => `take it out of the commit: git restore --staged -- '${path}'`
const bringBack = (path: string): string => `bring it back: git restore --staged --worktree -- '${path}'`

describe('a commit', () => {
  it('of other files passes, and of what git-vault writes too', async () => {
    box.write('code.txt', 'gvsec1_ is the prefix')
    box.git('add', '.')
    expect(commit()).toBe('made')
    await box.api.putSecretValue({ SecretId: NAME, SecretString: 'two' })
    box.git('reset', '-q', '--soft', 'HEAD~1')
    expect(commit()).toBe('made')
  })

  it('is refused for a file in the vault’s folder that is not the vault’s', () => {
    box.write('vault/notes.txt', 'x')
    box.write(`${FOLDER}/secret.yaml~`, 'x')
    box.write(`${FOLDER}/versions/${token(9)}.yaml`, 'x')
    box.git('add', '.')
    expect(commit()).toEqual([
      `vault/notes.txt: not a file of a vault; ${takeOut('vault/notes.txt')}`,
      `${FOLDER}/secret.yaml~: not a file of a vault; ${takeOut(`${FOLDER}/secret.yaml~`)}`,
      `${FOLDER}/versions/${token(9)}.yaml: stages.yaml lists no such version; ${takeOut(`${FOLDER}/versions/${token(9)}.yaml`)}`
    ])
  })

  it.each([
    ['broken', (text: string) => `${text}oops\n`],
    ['edited', (text: string) => text.replace(/created: "?\d/, found => `${found.slice(0, -1)}1`)],
    ['edited in a signed field', (text: string) => text.replace('serial: "1"', 'serial: "7"')]
  ])('is refused for a document that is %s', (_, edit) => {
    const path = `${FOLDER}/stages.yaml`
    const text = box.read(path)
    box.write(path, edit(text))
    expect(box.read(path)).not.toBe(text)
    const lines = commit(['-a'])
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(new RegExp(`^${path}: .+; take it out of the commit: `))
  })

  it('is refused for a file that the vault needs, a secret, the access log, a key or .vaultrc', () => {
    const version = box.versionFiles(NAME)[0]!
    const reasons: [string, string][] = [
      [version, 'missing, though stages.yaml lists it'],
      ['vault/access.yaml', 'missing'],
      ['vault/keys/default/1.yaml', 'missing'],
      ['.vaultrc', 'removing it removes the vault']
    ]
    for (const [path, reason] of reasons) {
      box.git('rm', '-q', path)
      expect(commit()).toEqual([`${path}: ${reason}; ${bringBack(path)}`])
      box.git('reset', '-q', '--hard')
    }
    box.git('rm', '-q', '-r', FOLDER)
    expect(commit()).toEqual([
      `${FOLDER}/secret.yaml: removing it by hand deletes the secret; ${bringBack(`${FOLDER}/secret.yaml`)}`
    ])
  })

  it('is refused for a state that is older than HEAD’s, on a branch that this clone has not seen too', async () => {
    await box.api.putSecretValue({ SecretId: NAME, SecretString: 'two', ClientRequestToken: token(2) })
    fs.rmSync(box.path('.git/git-vault/seen'), { recursive: true })
    box.git('restore', '-s', 'HEAD~1', '--staged', '--worktree', FOLDER)
    expect(commit()).toEqual([
      `${FOLDER}/stages.yaml: is not newer than the state in HEAD; ${takeOut(`${FOLDER}/stages.yaml`)}`
    ])
  })

  it('is refused for an identity file, in any folder', () => {
    fs.copyFileSync(identityFile, box.path('backup.yaml'))
    box.git('add', '.')
    expect(commit()).toEqual([
      `backup.yaml: contains an identity file, which must not be in a repository; ${takeOut('backup.yaml')}`
    ])
    box.git('rm', '-q', '--cached', 'backup.yaml')
    expect(commit(['--allow-empty'])).toBe('made')
  })

  it('is judged by the index, not by the work tree', () => {
    const path = `${FOLDER}/stages.yaml`
    box.write(path, 'broken')
    expect(commit(['--allow-empty'])).toBe('made')
    box.git('add', path)
    box.git('show', `HEAD:${path}`)
    box.write(path, box.git('show', `HEAD:${path}`))
    expect(commit()).not.toBe('made')
  })

  it('of one file with others staged is judged by that file', () => {
    box.write('a.txt', 'a')
    fs.copyFileSync(identityFile, box.path('b.yaml'))
    box.git('add', '.')
    expect(commit(['a.txt'])).toBe('made')
    expect(commit(['b.yaml'])).toHaveLength(1)
  })

  it('is not refused for a fault that was there before', () => {
    const path = `${FOLDER}/stages.yaml`
    box.write(path, 'broken')
    box.git('commit', '-q', '-a', '--no-verify', '-m', 'x')
    box.write('code.txt', 'x')
    box.git('add', '.')
    expect(commit()).toBe('made')
  })

  it('is checked in a clone that does not trust the vault yet, which says so', async () => {
    const clone = await cloneOf(box)
    await installHook(clone.root, false)
    clone.write('code.txt', 'x')
    clone.git('add', '.')
    expect(commit([], {}, clone)).toBe('made')
    clone.write('vault/x', 'x')
    clone.git('add', '.')
    expect(commit([], {}, clone)).toEqual([
      'this clone does not trust this vault yet, so its access log was not compared with a trusted one; git-vault trust',
      `vault/x: not a file of a vault; ${takeOut('vault/x')}`
    ])
  })

  it('of a merge passes, also if the other side has deleted a secret', async () => {
    const other = await follower(box)
    other.clock.time = Date.now()
    await other.api.deleteSecret({ SecretId: NAME, ForceDeleteWithoutRecovery: true })
    box.write('code.txt', 'x')
    box.git('add', '.')
    expect(commit()).toBe('made')
    box.git('fetch', '-q', other.root, 'HEAD')
    box.git('merge', '-q', '--no-commit', '--no-ff', 'FETCH_HEAD')
    expect(commit()).toBe('made')
  })

  it('passes in a repository without a vault, but for private keys', async () => {
    const folder = scratch('plain')
    spawnSync('git', ['init', '-q'], { cwd: folder })
    await installHook(folder, true)
    const tryCommit = () => spawnSync('git', ['commit', '-q', '-m', 'x'], { cwd: folder, encoding: 'utf8' })
    fs.writeFileSync(join(folder, 'a.txt'), 'a')
    spawnSync('git', ['add', '.'], { cwd: folder })
    expect(tryCommit()).toMatchObject({ status: 0, stderr: '' })
    fs.copyFileSync(identityFile, join(folder, 'b.yaml'))
    spawnSync('git', ['add', '.'], { cwd: folder })
    expect(tryCommit()).toMatchObject({ status: 1 })
  })

  it('reads what is staged, however large the vault is', async () => {
    for (let at = 0; at < 12; at++) await box.api.createSecret({ Name: `other/${at}`, SecretString: VALUE })
    const folder = scratch('path')
    const log = join(folder, 'log')
    const real = spawnSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).stdout.trim()
    // the objects that are asked for
    const tee = `#!/bin/sh\ncase "$*" in *--batch-command*) tee -a '${log}' | '${real}' "$@";; *) exec '${real}' "$@";; esac\n`
    fs.writeFileSync(join(folder, 'git'), tee, { mode: 0o755 })
    box.write('code.txt', 'x')
    box.git('add', '.')
    const env = { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH']}` }
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, 'hook', 'run'], {
      cwd: box.root,
      encoding: 'utf8',
      env
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const read = fs
      .readFileSync(log, 'utf8')
      .split('\n')
      .filter(line => line.startsWith('contents'))
    // .vaultrc and code.txt
    expect(read).toHaveLength(2)
  })
})

describe('with --values', () => {
  beforeEach(() => installHook(box.root, true))

  it('a commit with the value of a secret is refused, and the value is not printed', async () => {
    await box.api.putSecretValue({ SecretId: NAME, SecretString: 'the second value' })
    await box.api.createSecret({ Name: 'json', SecretString: '{"password":"of-the-json"}' })
    box.write('a.txt', `now: the second value, before: ${VALUE}`)
    box.write('b.txt', Buffer.from('user:of-the-json').toString('base64'))
    box.git('add', '.')
    const lines = commit()
    expect(lines).toEqual([
      `a.txt: contains the value of ${NAME} in plain; ${takeOut('a.txt')}`,
      `b.txt: contains the value of json in plain; ${takeOut('b.txt')}`
    ])
  })

  it('needs no identity for a commit that brings no content in', () => {
    const stranger = { XDG_CONFIG_HOME: scratch('empty'), HOME: scratch('home') }
    box.write('run.sh', 'echo a longer line')
    box.git('add', '.')
    box.git('commit', '-q', '--no-verify', '-m', 'x')
    const head = box.head()
    box.git('update-index', '--chmod=+x', 'run.sh')
    box.git('update-index', '--add', '--cacheinfo', `160000,${head},sub`)
    const link = spawnSync('git', ['hash-object', '-w', '--stdin'], { cwd: box.root, input: 'run.sh' })
    box.git('update-index', '--add', '--cacheinfo', `120000,${link.stdout.toString().trim()},link`)
    expect(commit([], stranger)).toBe('made')
    box.git('rm', '-q', '--cached', 'run.sh')
    expect(commit([], stranger)).toBe('made')
  })

  it('without an identity, says that values were not looked for, and passes', () => {
    box.write('a.txt', VALUE)
    box.git('add', '.')
    expect(commit([], { XDG_CONFIG_HOME: scratch('empty'), HOME: scratch('home') })).toEqual([
      expect.stringMatching(/^git-vault: values were not looked for: there is no identity at /) as string
    ])
  })

  it('ignores the values that the user has no right to', async () => {
    const bob = await admit(box, 'bob', { default: 'encrypt' })
    box.write('a.txt', VALUE)
    box.git('add', '.')
    expect(commit([], { GIT_VAULT_IDENTITY: bob.secret })).toBe('made')
  })
})

describe('hook install', () => {
  const hook = () => box.path('.git/hooks/pre-commit')

  it('writes a hook, updates its own, and uninstall removes it', async () => {
    expect(await installHook(box.root, true)).toEqual({ path: hook(), done: 'updated' })
    expect(fs.readFileSync(hook(), 'utf8')).toMatch(/ hook run --values\n$/)
    expect(fs.statSync(hook()).mode & 0o100).toBe(0o100)
    expect(await uninstallHook(box.root)).toEqual({ path: hook(), done: 'removed' })
    expect(await uninstallHook(box.root)).toEqual({ path: hook(), done: 'none' })
    expect(fs.readdirSync(box.path('.git/hooks')).filter(name => !name.endsWith('.sample'))).toEqual([])
    expect(await installHook(box.root, false)).toEqual({ path: hook(), done: 'installed' })
  })

  it('never changes a hook of the user’s, and says which line to add', async () => {
    const mine = '#!/bin/sh\necho mine\n'
    fs.writeFileSync(hook(), mine, { mode: 0o755 })
    const line = `'${process.execPath}' '${PROGRAM}' hook run || exit 1`
    await expect(installHook(box.root, false)).rejects.toMatchObject({
      code: 'RepositoryState',
      hint: `add this line to it: ${line}`
    })
    expect(await uninstallHook(box.root)).toMatchObject({ done: 'none' })
    expect(fs.readFileSync(hook(), 'utf8')).toBe(mine)
    fs.writeFileSync(hook(), `${mine}${line}\n`)
    expect(await installHook(box.root, false)).toMatchObject({ done: 'unchanged' })
    await expect(uninstallHook(box.root)).rejects.toMatchObject({ code: 'RepositoryState' })
    fs.copyFileSync(identityFile, box.path('backup.yaml'))
    box.git('add', '.')
    expect(commit()).toHaveLength(1)
  })

  it('uses core.hooksPath inside the git directory, and changes nothing outside of it', async () => {
    fs.rmSync(hook())
    box.git('config', 'core.hooksPath', '.git/own-hooks')
    expect(await installHook(box.root, false)).toEqual({
      path: box.path('.git/own-hooks/pre-commit'),
      done: 'installed'
    })
    expect(fs.existsSync(hook())).toBe(false)
    box.git('config', 'core.hooksPath', '.githooks')
    await expect(installHook(box.root, true)).rejects.toMatchObject({
      code: 'RepositoryState',
      hint: 'add this line to it: git-vault hook run --values || exit 1'
    })
    expect(fs.existsSync(box.path('.githooks'))).toBe(false)
  })

  it('works from a linked work tree', async () => {
    const linked = join(scratch('linked'), 'tree')
    box.git('worktree', 'add', '-q', '-b', 'side', linked)
    expect(await installHook(linked, false)).toEqual({ path: hook(), done: 'updated' })
    fs.writeFileSync(join(linked, 'vault/x'), 'x')
    spawnSync('git', ['add', '.'], { cwd: linked })
    expect(spawnSync('git', ['commit', '-q', '-m', 'x'], { cwd: linked, encoding: 'utf8' })).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^git-vault: vault\/x: not a file of a vault/) as string
    })
  })

  it('fails in a folder that cannot be written, with the reason', async () => {
    fs.rmSync(box.path('.git/hooks'), { recursive: true })
    fs.writeFileSync(box.path('.git/hooks'), '')
    await expect(installHook(box.root, false)).rejects.toMatchObject({ code: 'FileFailed' })
  })
})

it('the pre-commit framework runs the program on PATH, once for a commit', () => {
  const [entry] = parse(fs.readFileSync(join(root, '.pre-commit-hooks.yaml'), 'utf8')) as [
    Record<string, unknown>
  ]
  expect(entry).toMatchObject({
    id: 'git-vault',
    language: 'system',
    pass_filenames: false,
    always_run: true
  })
  const words = String(entry['entry']).split(' ')
  expect(words[0]).toBe('git-vault')
  box.write('vault/x', 'x')
  box.git('add', '.')
  const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...words.slice(1), '--values'], {
    cwd: box.root,
    encoding: 'utf8'
  })
  expect({ status, stderr }).toMatchObject({
    status: 255,
    stderr: expect.stringMatching(/^git-vault: vault\/x: /) as string
  })
})
