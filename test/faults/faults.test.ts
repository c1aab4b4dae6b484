import * as fs from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { callsIn, Lab, type Call } from './lab.js'
import { allPowerCuts } from './powerCuts.js'
import { COMMANDS, sweep } from './sweep.js'

const lab = new Lab()
afterAll(() => lab.end())

/** Runs a command in a repository. Returns its calls that write, with paths relative to the repository. */
async function recorded(root: string, args: string[]): Promise<Call[]> {
  const log = `${root}.log`
  const { code, stderr } = await lab.run(args, root, { root, counter: `${root}.count`, log })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const short = (path: string) => path.slice(root.length + 1)
  const calls = callsIn(log).map(call => ({
    ...call,
    path: short(call.path),
    ...(call.from === undefined ? {} : { from: short(call.from) })
  }))
  fs.rmSync(log)
  return calls
}

const put = ['put-secret-value', '--secret-id', 'a', '--secret-string', 'two']
const INDEXES: [name: string, args: string[]][] = [
  ['version 2', ['--index-version', '2']],
  ['version 4', ['--index-version', '4']],
  ['a split index', ['--split-index']],
  ['the untracked cache', ['--force-untracked-cache']]
]

/** The index of the first call of that name and path, at or after another one. */
const at = (calls: Call[], name: string, path: string, from = 0): number =>
  calls.findIndex((call, index) => index >= from && call.name === name && call.path === path)

/** Expects that a file was synced before it was renamed to the path, and its folder after that. Returns where. */
function expectSyncedRename(calls: Call[], path: string, folder: string): number {
  const renamed = calls.findLastIndex(call => call.name === 'rename' && call.path === path)
  expect(renamed, path).toBeGreaterThan(-1)
  const { from } = calls[renamed]!
  const origin = calls.findLastIndex(
    (call, index) => index < renamed && call.path.split('.lock')[0] === from && /write/.test(call.name)
  )
  const synced = calls.findLastIndex(
    (call, index) => index < renamed && call.name === 'fsync' && call.path.split('.lock')[0] === from
  )
  expect(synced, `${path} is synced`).toBeGreaterThan(origin)
  const folderSynced = at(calls, 'fsync', folder, renamed)
  expect(folderSynced, `${folder} is synced`).toBeGreaterThan(renamed)
  return folderSynced
}

describe('before its journal goes, a write syncs', () => {
  it.each(INDEXES)('the index, with %s, and its folder', async (name, setting) => {
    const root = await lab.repository(`index ${name}`)
    lab.git(root, 'update-index', ...setting)
    const calls = await recorded(root, put)
    const journal = at(calls, 'unlink', '.git/git-vault-write/journal')
    expect(expectSyncedRename(calls, '.git/index', '.git')).toBeLessThan(journal)
    for (const { path } of calls.filter(
      call => call.name === 'rename' && call.path.startsWith('.git/sharedindex.')
    ))
      expect(at(calls, 'fsync', path)).toBeLessThan(at(calls, 'rename', '.git/index'))
    expect(lab.git(root, 'status', '--porcelain')).toBe('M  code.txt\n')
  })

  it('the folders of the work tree that it has changed', async () => {
    const root = await lab.repository('folders')
    const created = await recorded(root, ['create-secret', '--name', 'x/y', '--secret-string', 'one'])
    for (const folder of ['x/y/versions', 'x/y', 'x', ''].map(name =>
      join('vault/secrets', name).replace(/\/$/, '')
    ))
      expect(at(created, 'fsync', folder), folder).toBeLessThan(
        at(created, 'unlink', '.git/git-vault-write/journal')
      )
    for (const folder of ['x/y/versions', 'x/y', 'x'])
      expect(at(created, 'fsync', `vault/secrets/${folder}`), folder).toBeGreaterThan(-1)
    const removed = await recorded(root, [
      'delete-secret',
      '--secret-id',
      'x/y',
      '--force-delete-without-recovery'
    ])
    const lastRemoved = at(removed, 'rmdir', 'vault/secrets/x')
    const synced = at(removed, 'fsync', 'vault/secrets', lastRemoved)
    expect(synced).toBeGreaterThan(lastRemoved)
    expect(synced).toBeLessThan(at(removed, 'unlink', '.git/git-vault-write/journal'))
  })

  it('what the clone remembers, and its folder', async () => {
    const root = await lab.repository('memory')
    fs.rmSync(join(root, '.git/git-vault/seen'), { recursive: true })
    const calls = await recorded(root, put)
    const { path } = calls.find(
      call => call.name === 'rename' && call.path.startsWith('.git/git-vault/seen/')
    )!
    expectSyncedRename(calls, path, '.git/git-vault/seen')
    expect(at(calls, 'fsync', '.git/git-vault')).toBeGreaterThan(-1)
  })
})

it('git’s index is locked from when the objects exist until the index is installed', async () => {
  const root = await lab.repository('locked')
  const calls = await recorded(root, put)
  const locked = at(calls, 'link', '.git/index.lock')
  expect(at(calls, 'fsync', '.git/objects/pack')).toBeLessThan(locked)
  expect(
    calls.filter(
      (call, index) =>
        index > locked && call.path.startsWith('.git/git-vault-write/index-') && call.name === 'write'
    )
  ).toEqual([])
  // the folders are synced, and the journal removed, after the lock is released
  expect(at(calls, 'unlink', '.git/index.lock')).toBeLessThan(at(calls, 'fsync', '.git', locked))
})

it('init makes a repository that is synced as a whole before it has its name, and pins the vault', async () => {
  const root = join(lab.top, 'new')
  fs.mkdirSync(root)
  await lab.identity(root)
  const calls = await recorded(root, COMMANDS['init']!.args)
  const renamed = at(calls, 'rename', '.git')
  const made = calls[renamed]!.from!
  for (const name of ['HEAD', 'config', 'refs/heads', 'objects', 'objects/pack']
    .map(path => `${made}/${path}`)
    .concat(made)) {
    const synced = calls.findLastIndex(call => call.name === 'fsync' && call.path === name)
    expect(synced, name).toBeGreaterThan(
      calls.findLastIndex(call => call.path === name && call.name !== 'fsync')
    )
    expect(synced, name).toBeLessThan(renamed)
  }
  expect(at(calls, 'fsync', '', renamed)).toBeGreaterThan(renamed)
  expectSyncedRename(calls, '.git/git-vault/pin', '.git/git-vault')
  // a stop between commit and pin is known before the commit
  expect(at(calls, 'rename', '.git/git-vault/made')).toBeLessThan(at(calls, 'rename', '.git/refs/heads/main'))
})

describe('a fault after the branch has moved is a warning', () => {
  it.each([
    [
      'the sync of the ref',
      'fsync .git/refs/heads',
      /the write is committed, but a power cut may still undo it: EIO/
    ],
    [
      'the sync of the work tree',
      'fsync vault/secrets/a/versions',
      /the write is committed, but the work tree/
    ],
    [
      'the sync of what the clone remembers',
      'fsync .git/git-vault/seen',
      /this clone cannot remember what it has seen/
    ],
    ['the lock of what the clone remembers', 'symlink .lock', /this clone cannot remember what it has seen/],
    ['the removal of the journal', 'unlink .git/git-vault-write/journal', /the write is committed/],
    ['git’s removal of HEAD.lock', 'unlink .git/HEAD.lock', /^$/]
  ])('%s', async (what, match, warning) => {
    const root = await lab.repository(`after ${what}`)
    const fault = { root, counter: `${root}.count`, match, kind: 'EIO' }
    const { code, stderr } = await lab.run(put, root, fault)
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(warning) as string })
    expect(fs.existsSync(join(root, '.git/HEAD.lock'))).toBe(false)
    await lab.must(['put-secret-value', '--secret-id', 'a', '--secret-string', 'three'], root)
    expect(lab.git(root, 'status', '--porcelain')).toBe('M  code.txt\n')
  })
})

it.each(['kill', 'half'])('half a lock of the branch (%s) does not stop the next write', async kind => {
  const root = await lab.repository(`half ${kind}`)
  const fault = { root, counter: `${root}.count`, match: 'write .git/refs/heads/main.lock', kind }
  await lab.run(put, root, fault)
  await lab.must(['put-secret-value', '--secret-id', 'a', '--secret-string', 'three'], root)
  expect(fs.existsSync(join(root, '.git/refs/heads/main.lock'))).toBe(false)
})

it('a sweep without a compiler fails and names it', () => {
  const cc = process.env['CC']
  process.env['CC'] = 'no-such-compiler'
  try {
    expect(() => new Lab(lab.top).shim()).toThrow('the fault sweep needs the C compiler no-such-compiler')
  } finally {
    if (cc === undefined) delete process.env['CC']
    else process.env['CC'] = cc
  }
})

describe('the fault sweep, its short form', () => {
  let total = 0
  afterAll(() => console.log(`fault sweep: ${total} faults`))

  it.each(Object.keys(COMMANDS))('%s', { timeout: 240_000 }, async name => {
    // npm run faults takes every one
    const { faults, failures } = await sweep(lab, name, { every: name === 'init' ? 67 : 23 })
    total += faults
    expect(faults).toBeGreaterThan(2)
    expect(failures).toEqual([])
  })
})

it(
  'after a power cut on a real file system, nothing acknowledged is missing',
  { timeout: 240_000 },
  async () => {
    const lines: string[] = []
    // npm run powercuts takes every file system and index, several times
    const { failures } = await allPowerCuts(lab, 1, line => lines.push(line), ['ext4'], ['split index'])
    console.log(lines.join('\n'))
    expect(lines).toEqual([expect.stringMatching(/^power cuts on ext4: (?:10 cuts, 0 failed|skipped, .+)/)])
    expect(failures).toEqual([])
  }
)
