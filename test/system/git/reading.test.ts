import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { discover } from '../../../src/system/git/discover.js'
import { initRepository } from '../../../src/system/git/initRepository.js'
import { openRepository } from '../../../src/system/repository.js'
import { openWorkTree } from '../../../src/system/files/workTree.js'
import { Sandbox, sandbox, scratch, string, text } from '../sandbox.js'

const code = (expected: string) => expect.objectContaining({ code: expected })

describe('discover', () => {
  it('finds the nearest repository above a folder', () => {
    const box = sandbox()
    fs.mkdirSync(join(box.root, 'a/b'), { recursive: true })
    const git = join(box.root, '.git')
    expect(discover(join(box.root, 'a/b'))).toEqual({ root: box.root, gitDir: git, commonDir: git })
  })

  it('finds the two folders of a linked work tree', () => {
    const box = sandbox()
    const linked = join(scratch(), 'linked')
    box.git('worktree', 'add', '-q', linked, '-b', 'side')
    const gitDir = join(box.root, '.git/worktrees/linked')
    expect(discover(linked)).toEqual({ root: linked, gitDir, commonDir: join(box.root, '.git') })
  })

  it.each([
    ['no repository', (): void => undefined],
    ['a bare repository', (folder: string) => execFileSync('git', ['init', '-q', '--bare', folder])],
    ['an empty .git', (folder: string) => fs.mkdirSync(join(folder, '.git'))],
    ['a .git file that names no folder', (folder: string) => fs.writeFileSync(join(folder, '.git'), 'hello')],
    [
      'a .git file that names a missing folder',
      (folder: string) => fs.writeFileSync(join(folder, '.git'), 'gitdir: /nowhere\n')
    ]
  ])('finds nothing in %s', (_, make) => {
    const folder = scratch()
    make(folder)
    expect(() => discover(folder)).toThrow(code('VaultNotFound'))
    expect(() => discover(join(folder, 'missing'))).toThrow(code('VaultNotFound'))
  })
})

describe('the work tree', () => {
  const make = (): { root: string; tree: ReturnType<typeof openWorkTree> } => {
    const root = scratch('tree')
    fs.mkdirSync(join(root, 'a/b'), { recursive: true })
    fs.writeFileSync(join(root, 'a/b/file'), 'hello')
    fs.writeFileSync(join(root, 'outside'), 'secret')
    fs.symlinkSync('b', join(root, 'a/link'))
    fs.symlinkSync('../outside', join(root, 'a/file'))
    execFileSync('mkfifo', [join(root, 'a/pipe')])
    return { root, tree: openWorkTree(root) }
  }

  it('reads files, and returns undefined for a missing path', async () => {
    const { tree } = make()
    expect(string(await tree.read('a/b/file', 5))).toBe('hello')
    for (const path of ['none', 'a/none/x', 'a/b/file/x', 'x'.repeat(300)]) {
      expect(await tree.read(path, 5)).toBeUndefined()
    }
  })

  it.each([
    ['a/b/file', 4, /a\/b\/file is longer than 4 bytes/],
    ['a/link/file', 9, /a\/link\/file is behind the symbolic link a\/link/],
    ['a/file', 9, /a\/file is not a regular file/],
    ['a/pipe', 9, /a\/pipe is not a regular file/],
    ['a/b', 9, /a\/b is not a regular file/],
    ['../x', 9, /not a path inside/],
    ['a/.git/x', 9, /not a path inside/],
    ['a/\u0007', -1, /never/]
  ])('refuses %j', async (path, limit, message) => {
    const { root, tree } = make()
    if (limit < 0) return expect(await tree.read(path, 9)).toBeUndefined()
    await expect(tree.read(path, limit)).rejects.toThrow(
      expect.objectContaining({ code: 'DocumentRefused', message: expect.stringMatching(message) })
    )
    expect(fs.readFileSync(join(root, 'outside'), 'utf8')).toBe('secret')
  })

  it('lists folders; a link is neither file nor folder', async () => {
    const { tree } = make()
    expect((await tree.list('a')).toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
      { name: 'b', kind: 'folder' },
      { name: 'file', kind: 'other' },
      { name: 'link', kind: 'other' },
      { name: 'pipe', kind: 'other' }
    ])
    expect(await tree.list('none')).toEqual([])
    expect(await tree.list('a/b/file')).toEqual([])
    await expect(tree.list('a/link')).rejects.toThrow(code('DocumentRefused'))
    expect((await tree.list('')).map(entry => entry.name)).toContain('outside')
  })
})

describe('reading', () => {
  it('starts no process', async () => {
    const box = sandbox()
    const { PATH } = process.env
    process.env['PATH'] = '/nowhere'
    try {
      const repository = await box.open()
      expect(await repository.branch()).toBe('refs/heads/main')
      expect(string(await repository.workTree.read('vault/secrets/db/stages.yaml', 9))).toBe('v1\n')
      await repository.memory.update('pin', () => text('x'))
    } finally {
      process.env['PATH'] = PATH
    }
  })

  it('works if git’s folder is not writable and has an unfinished write', async () => {
    const box = sandbox()
    fs.mkdirSync(join(box.gitDir(), 'git-vault-write'))
    fs.writeFileSync(join(box.gitDir(), 'git-vault-write/journal'), 'not a journal')
    fs.writeFileSync(join(box.gitDir(), 'git-vault-write/lock'), 'in the way')
    const warnings: string[] = []
    const repository = await box.open({ onWarning: line => warnings.push(line) })
    expect(string(await repository.workTree.read('vault/secrets/db/stages.yaml', 9))).toBe('v1\n')
    expect(warnings).toEqual([expect.stringContaining('cannot finish an interrupted write')])
  })
})

describe('the memory', () => {
  it('keeps files in folders, readable by their owner only', async () => {
    const box = sandbox()
    const { memory } = await box.open()
    expect(await memory.read('seen/refs/heads/main')).toBeUndefined()
    await memory.update('seen/refs/heads/main', present => (present === undefined ? text('1') : undefined))
    await memory.update('seen/refs/heads/main', present => (present === undefined ? text('2') : undefined))
    expect(string(await memory.read('seen/refs/heads/main'))).toBe('1')
    const folder = join(box.gitDir(), 'git-vault')
    expect(fs.statSync(folder).mode & 0o777).toBe(0o700)
    expect(fs.statSync(join(folder, 'seen/refs/heads/main')).mode & 0o777).toBe(0o600)
    expect(fs.readdirSync(join(folder, 'seen/refs/heads'))).toEqual(['main'])
    await expect(memory.read('../config')).rejects.toThrow(code('DocumentRefused'))
  })

  it('loses no update', async () => {
    const { memory } = await sandbox().open()
    const add = (): Promise<void> =>
      memory.update('n', present => text(String(Number(string(present) ?? 0) + 1)))
    await Promise.all(Array.from({ length: 20 }, add))
    expect(string(await memory.read('n'))).toBe('20')
  })

  it('removes the lock of a dead process', async () => {
    const box = sandbox()
    const { memory } = await box.open()
    await memory.update('n', () => text('1'))
    const lock = join(box.gitDir(), 'git-vault/n.lock')
    fs.writeFileSync(lock, 'gone')
    fs.utimesSync(lock, 1, 1)
    await memory.update('n', () => text('2'))
    expect(string(await memory.read('n'))).toBe('2')
    expect(fs.readdirSync(join(box.gitDir(), 'git-vault'))).toEqual(['n'])
  })

  it('throws FileFailed if it cannot be written', async () => {
    const box = sandbox()
    fs.writeFileSync(join(box.gitDir(), 'git-vault'), '')
    const { memory } = await box.open()
    await expect(memory.update('n', () => text('1'))).rejects.toThrow(code('FileFailed'))
  })
})

describe('init', () => {
  it('creates a repository with the user’s default branch', async () => {
    const folder = join(scratch(), 'new/folder')
    await initRepository(folder)
    const repository = await openRepository(folder)
    expect(await repository.branch()).toBe('refs/heads/main')
    execFileSync('git', ['config', '--global', 'init.defaultBranch', 'trunk'])
    const other = new Sandbox(scratch())
    await initRepository(other.root)
    expect(await (await other.open()).branch()).toBe('refs/heads/trunk')
    execFileSync('git', ['config', '--global', 'init.defaultBranch', 'main'])
  })

  it('throws FileFailed if it cannot create the folder', async () => {
    const file = join(scratch(), 'file')
    fs.writeFileSync(file, '')
    await expect(initRepository(file)).rejects.toThrow(code('FileFailed'))
  })
})
