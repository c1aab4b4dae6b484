import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ListedFile } from '../../../src/core/ports.js'
import { ownerOf } from '../../../src/vault/documents/owner.js'
import { vaultFolders, type VaultFolder } from '../../../src/vault/verify/folders.js'

async function* listed(paths: readonly string[]): AsyncIterable<ListedFile> {
  for (const path of paths) yield { path, mode: '100644' }
}

async function foldersOf(paths: readonly string[], root = 'vault'): Promise<VaultFolder[]> {
  const all: VaultFolder[] = []
  for await (const folder of vaultFolders(listed(paths), root)) all.push(folder)
  return all
}

/** Sorts like `git ls-tree -r`: a folder sorts as if its name ended in a slash. */
const inGitOrder = (paths: readonly string[]): string[] =>
  [...paths].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))

const names = fc.constantFrom('a', 'b', 'a-', 'a.b', 'versions', 'secret.yaml', 'z')
const paths = fc.array(names, { minLength: 1, maxLength: 5 }).map(parts => ['vault', ...parts].join('/'))
/** Removes files whose path is also a folder. */
const trees = fc.array(paths, { maxLength: 30 }).map(all => {
  const files = [...new Set(all)]
  return files.filter(path => !files.some(other => other.startsWith(`${path}/`)))
})

describe('vaultFolders', () => {
  it('puts each file in the folder that it belongs to, and yields each folder once', async () => {
    await fc.assert(
      fc.asyncProperty(trees, async files => {
        const all = await foldersOf(inGitOrder(files))
        const found = all.flatMap(folder => folder.files.map(({ path }) => path))
        expect(found.sort()).toEqual([...files].sort())
        const folders = all.map(({ path }) => path)
        expect(folders.sort()).toEqual([...new Set(files.map(path => ownerOf(path, 'vault')))].sort())
        for (const folder of all)
          for (const { path } of folder.files) expect(ownerOf(path, 'vault')).toBe(folder.path)
      })
    )
  })

  it('includes the files below versions', async () => {
    const files = ['v/a/b/secret.yaml', 'v/a/secret.yaml', 'v/a/versions/x.yaml', 'v/a/versions/y/versions/z']
    expect(await foldersOf(files, 'v')).toMatchObject([
      { path: 'v/a/b', files: [{ path: files[0] }] },
      { path: 'v/a', files: [{ path: files[1] }, { path: files[2] }, { path: files[3] }] }
    ])
  })

  it('handles a vault that is itself below a folder called versions', async () => {
    expect(
      await foldersOf(['versions/v/x/versions/b', 'versions/v/versions/a.yaml'], 'versions/v')
    ).toMatchObject([{ path: 'versions/v/x' }, { path: 'versions/v' }])
  })

  it('yields a folder as soon as it is complete', async () => {
    let read = 0
    async function* endless(): AsyncIterable<ListedFile> {
      for (;;) yield { path: `v/${String(read++).padStart(9, '0')}/secret.yaml`, mode: '100644' }
    }
    let count = 0
    for await (const folder of vaultFolders(endless(), 'v')) {
      expect(folder.files).toHaveLength(1)
      expect(read).toBe(++count + 1)
      if (count === 1000) break
    }
  })
})
