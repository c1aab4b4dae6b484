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

/** What a read of some files, after they have settled, was made from. */
async function look(paths: readonly string[], memory: readonly string[] = []) {
  await wait(60)
  const looking = traceReads(await openRepository(vault.root))
  for (const path of paths) await looking.repository.workTree.read(path, 1_000_000)
  for (const name of memory) await looking.repository.memory.read(name)
  await looking.repository.branch()
  return looking.trace()
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
  ['a file goes', () => fs.rmSync(vault.path('vault/a'))],
  [
    'a file becomes a link',
    () => {
      fs.renameSync(vault.path('vault/a'), vault.path('vault/b'))
      fs.symlinkSync('b', vault.path('vault/a'))
    }
  ],
  ['a file comes where none was', () => vault.write('vault/none/at/all', '')],
  ['a folder comes where none was, and then a file', () => vault.write('vault/none/at/all', 'x')],
  [
    'its folder is replaced',
    () => {
      fs.cpSync(vault.path('vault'), vault.path('copy'), { recursive: true })
      fs.rmSync(vault.path('vault'), { recursive: true })
      fs.symlinkSync('copy', vault.path('vault'))
    }
  ],
  ['the memory changes', () => fs.writeFileSync(join(vault.root, '.git/git-vault/pin'), 'x')],
  [
    'the memory comes',
    () => {
      fs.mkdirSync(join(vault.root, '.git/git-vault/seen'), { recursive: true })
      fs.writeFileSync(join(vault.root, '.git/git-vault/seen/x'), 'x')
    }
  ],
  ['the branch is another', () => void vault.git('switch', '-q', '-c', 'other')],
  [
    'a write was cut off',
    () => {
      fs.mkdirSync(join(vault.root, '.git/git-vault-write'), { recursive: true })
      fs.writeFileSync(join(vault.root, '.git/git-vault-write/journal'), 'x')
    }
  ]
])('a trace is out of date when %s', async (_, change) => {
  vault.write('vault/a', 'two')
  const trace = await look(['vault/a', 'vault/none/at/all'], ['pin', 'seen/x'])
  expect(trace?.isCurrent()).toBe(true)
  change()
  expect(trace?.isCurrent()).toBe(false)
})

it('what nobody has looked at makes no difference', async () => {
  vault.write('vault/a', 'two')
  const trace = await look(['vault/a'])
  vault.write('vault/b', 'x')
  fs.mkdirSync(vault.path('vault/folder'))
  expect(trace?.isCurrent()).toBe(true)
})

it('there is none of a file that was written just before, of a listing, or of a write', async () => {
  await wait(60)
  const repository = await openRepository(vault.root)
  const young = traceReads(repository)
  vault.write('vault/a', 'two')
  await young.repository.workTree.read('vault/a', 100)
  expect(young.trace()).toBeUndefined()
  const listing = traceReads(repository)
  await listing.repository.workTree.list('vault')
  expect(listing.trace()).toBeUndefined()
  const writing = traceReads(repository)
  await writing.repository.commit(async () => ({ value: 1 }))
  expect(writing.trace()).toBeUndefined()
  await repository.close()
})

it('there is none of a file that changed between two reads', async () => {
  vault.write('vault/a', 'two')
  await wait(60)
  const looking = traceReads(await openRepository(vault.root))
  await looking.repository.workTree.read('vault/a', 100)
  vault.write('vault/a', 'three')
  await wait(60)
  await looking.repository.workTree.read('vault/a', 100)
  expect(looking.trace()).toBeUndefined()
})

it('a stat cache is shared until it are forgotten', async () => {
  vault.write('vault/a', 'two')
  await wait(60)
  const statCache = new StatCache()
  const looking = traceReads(await openRepository(vault.root), statCache)
  await looking.repository.workTree.read('vault/a', 100)
  const trace = looking.trace()
  expect(trace?.isCurrent()).toBe(true)
  vault.write('vault/a', 'three')
  expect(trace?.isCurrent()).toBe(true)
  statCache.forget()
  expect(trace?.isCurrent()).toBe(false)
})

it('what a clone remembers in a folder behind a link is looked at file by file', async () => {
  const { memory } = await openRepository(vault.root)
  const [seen, elsewhere] = ['seen', 'elsewhere'].map(name => join(vault.root, '.git/git-vault', name))
  fs.rmSync(seen!, { recursive: true, force: true })
  fs.mkdirSync(elsewhere!)
  fs.symlinkSync('elsewhere', seen!)
  await memory.update('seen/a', () => Buffer.from('one'))
  const trace = await look([], ['seen/a'])
  expect(trace?.isCurrent()).toBe(true)
  await memory.update('seen/a', () => Buffer.from('two'))
  expect(trace?.isCurrent()).toBe(false)
})

it('of what a clone remembers, the record of one secret makes no difference to another', async () => {
  const { memory } = await openRepository(vault.root)
  const write = (name: string, text: string) => memory.update(name, () => Buffer.from(text))
  await write('seen/a', 'one')
  await write('seen/b', 'one')
  const trace = await look([], ['seen/a'])
  expect(trace?.isCurrent()).toBe(true)
  for (const text of ['two', 'three']) {
    await write('seen/b', text)
    // at once, while the folder is too young to be relied on, and when it has settled
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

it('what a clone remembers may go as a whole', async () => {
  const { memory } = await openRepository(vault.root)
  await memory.update('seen/a', () => Buffer.from('one'))
  const trace = await look([], ['seen/a'])
  expect(trace?.isCurrent()).toBe(true)
  fs.rmSync(join(vault.root, '.git/git-vault/seen'), { recursive: true })
  expect(trace?.isCurrent()).toBe(false)
})
