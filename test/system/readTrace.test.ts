import * as fs from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { openRepository } from '../../src/system/repository.js'
import { StatCache, traceReads } from '../../src/system/readTrace.js'
import { makeVault, type TestVault } from '../vault/fixture.js'

let vault: TestVault
beforeEach(async () => {
  vault = await makeVault()
})
const wait = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

/** Returns the trace of reading some files, once their times are old enough to be reliable. */
async function traceOf(paths: readonly string[], memory: readonly string[] = []) {
  await wait(60)
  const traced = traceReads(await openRepository(vault.root))
  for (const path of paths) await traced.repository.workTree.read(path, 1_000_000)
  for (const name of memory) await traced.repository.memory.read(name)
  await traced.repository.branch()
  return traced.trace()
}

it.each([
  ['a file is written', () => vault.write('vault/a', 'three')],
  [
    'a file is written with the same size and time',
    () => {
      const { atime, mtime } = fs.statSync(vault.path('vault/a'))
      vault.write('vault/a', 'TWO')
      fs.utimesSync(vault.path('vault/a'), atime, mtime)
    }
  ],
  [
    'a file is replaced by an equal one',
    () => {
      vault.write('vault/b', 'two')
      fs.renameSync(vault.path('vault/b'), vault.path('vault/a'))
    }
  ],
  ['a file is deleted', () => fs.rmSync(vault.path('vault/a'))],
  [
    'a file is replaced by a link',
    () => {
      fs.renameSync(vault.path('vault/a'), vault.path('vault/b'))
      fs.symlinkSync('b', vault.path('vault/a'))
    }
  ],
  ['a missing file is created, empty', () => vault.write('vault/none/at/all', '')],
  ['a missing file and its folder are created', () => vault.write('vault/none/at/all', 'x')],
  [
    'the folder of a file is replaced',
    () => {
      fs.cpSync(vault.path('vault'), vault.path('copy'), { recursive: true })
      fs.rmSync(vault.path('vault'), { recursive: true })
      fs.symlinkSync('copy', vault.path('vault'))
    }
  ],
  ['a file of the memory is written', () => fs.writeFileSync(join(vault.root, '.git/git-vault/pin'), 'x')],
  [
    'a missing file of the memory is created',
    () => {
      fs.mkdirSync(join(vault.root, '.git/git-vault/seen'), { recursive: true })
      fs.writeFileSync(join(vault.root, '.git/git-vault/seen/x'), 'x')
    }
  ],
  ['another branch is checked out', () => void vault.git('switch', '-q', '-c', 'other')],
  [
    'a write is interrupted',
    () => {
      fs.mkdirSync(join(vault.root, '.git/git-vault-write'), { recursive: true })
      fs.writeFileSync(join(vault.root, '.git/git-vault-write/journal'), 'x')
    }
  ]
])('a trace is out of date when %s', async (_, change) => {
  vault.write('vault/a', 'two')
  vault.git('add', '-A')
  const trace = await traceOf(['vault/a', 'vault/none/at/all'], ['pin', 'seen/x'])
  expect(trace?.isCurrent()).toBe(true)
  change()
  expect(trace?.isCurrent()).toBe(false)
})

it('a trace is current after changes of files that were not read', async () => {
  vault.write('vault/a', 'two')
  vault.git('add', '-A')
  const trace = await traceOf(['vault/a'])
  vault.write('vault/b', 'x')
  fs.mkdirSync(vault.path('vault/folder'))
  expect(trace?.isCurrent()).toBe(true)
})

it('there is no trace of a file that was just written, of a listing, or of a write', async () => {
  await wait(60)
  const repository = await openRepository(vault.root)
  const reading = traceReads(repository)
  vault.write('vault/a', 'two')
  vault.git('add', '-A')
  await reading.repository.workTree.read('vault/a', 100)
  expect(reading.trace()).toBeUndefined()
  const listing = traceReads(repository)
  await listing.repository.workTree.list('vault')
  expect(listing.trace()).toBeUndefined()
  const writing = traceReads(repository)
  await writing.repository.commit(async () => ({ value: 1 }))
  expect(writing.trace()).toBeUndefined()
  await repository.close()
})

it('there is no trace of a file that changed between two reads', async () => {
  vault.write('vault/a', 'two')
  vault.git('add', '-A')
  await wait(60)
  const traced = traceReads(await openRepository(vault.root))
  await traced.repository.workTree.read('vault/a', 100)
  vault.write('vault/a', 'three')
  await wait(60)
  await traced.repository.workTree.read('vault/a', 100)
  expect(traced.trace()).toBeUndefined()
})

it('a stat cache hides changes until it is cleared', async () => {
  vault.write('vault/a', 'two')
  vault.git('add', '-A')
  await wait(60)
  const statCache = new StatCache()
  const traced = traceReads(await openRepository(vault.root), statCache)
  await traced.repository.workTree.read('vault/a', 100)
  const trace = traced.trace()
  expect(trace?.isCurrent()).toBe(true)
  vault.write('vault/a', 'three')
  expect(trace?.isCurrent()).toBe(true)
  statCache.forget()
  expect(trace?.isCurrent()).toBe(false)
})

it('files of the memory in a folder behind a link are checked one by one', async () => {
  const { memory } = await openRepository(vault.root)
  const [seen, elsewhere] = ['seen', 'elsewhere'].map(name => join(vault.root, '.git/git-vault', name))
  fs.rmSync(seen!, { recursive: true, force: true })
  fs.mkdirSync(elsewhere!)
  fs.symlinkSync('elsewhere', seen!)
  await memory.update('seen/a', () => Buffer.from('one'))
  const trace = await traceOf([], ['seen/a'])
  expect(trace?.isCurrent()).toBe(true)
  await memory.update('seen/a', () => Buffer.from('two'))
  expect(trace?.isCurrent()).toBe(false)
})

it('a trace is current after changes of other files in the same folder of the memory', async () => {
  const { memory } = await openRepository(vault.root)
  const write = (name: string, text: string) => memory.update(name, () => Buffer.from(text))
  await write('seen/a', 'one')
  await write('seen/b', 'one')
  const trace = await traceOf([], ['seen/a'])
  expect(trace?.isCurrent()).toBe(true)
  for (const text of ['two', 'three']) {
    await write('seen/b', text)
    // while the folder's time is too recent to be reliable, and later
    expect(trace?.isCurrent()).toBe(true)
    await wait(60)
    expect(trace?.isCurrent()).toBe(true)
  }
  await write('seen/b', 'four')
  expect(trace?.isCurrent()).toBe(true)
  await write('seen/a', 'two')
  expect(trace?.isCurrent()).toBe(false)
  await wait(60)
  expect(trace?.isCurrent()).toBe(false)
  expect(trace?.isCurrent()).toBe(false)
})

it('a trace is out of date after the memory was deleted', async () => {
  const { memory } = await openRepository(vault.root)
  await memory.update('seen/a', () => Buffer.from('one'))
  const trace = await traceOf([], ['seen/a'])
  expect(trace?.isCurrent()).toBe(true)
  fs.rmSync(join(vault.root, '.git/git-vault/seen'), { recursive: true })
  expect(trace?.isCurrent()).toBe(false)
})
