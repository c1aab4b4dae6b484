import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ListedFile } from '../../../src/core/ports.js'
import { ownerOf, vaultFolders, type VaultFolder } from '../../../src/vault/verify/folders.js'

async function* listed(paths: readonly string[]): AsyncIterable<ListedFile> {
  for (const path of paths) yield { path, mode: '100644' }
}

async function unitsOf(paths: readonly string[], root = 'vault'): Promise<VaultFolder[]> {
  const all: VaultFolder[] = []
  for await (const unit of vaultFolders(listed(paths), root)) all.push(unit)
  return all
}

/** As `git ls-tree -r` lists: a folder sorts as if its name ended in a slash. */
const inGitOrder = (paths: readonly string[]): string[] =>
  [...paths].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))

const names = fc.constantFrom('a', 'b', 'a-', 'a.b', 'versions', 'secret.yaml', 'z')
const paths = fc.array(names, { minLength: 1, maxLength: 5 }).map(parts => ['vault', ...parts].join('/'))
/** A file is no folder as well. */
const trees = fc.array(paths, { maxLength: 30 }).map(all => {
  const files = [...new Set(all)]
  return files.filter(path => !files.some(other => other.startsWith(`${path}/`)))
})

describe('the vaultFolders of a vault', () => {
  it('are of each file the one it belongs to, once each', async () => {
    await fc.assert(
      fc.asyncProperty(trees, async files => {
        const all = await unitsOf(inGitOrder(files))
        const found = all.flatMap(unit => unit.files.map(({ path }) => path))
        expect(found.sort()).toEqual([...files].sort())
        const folders = all.map(({ folder }) => folder)
        expect(folders.sort()).toEqual([...new Set(files.map(path => ownerOf(path, 'vault')))].sort())
        for (const unit of all)
          for (const { path } of unit.files) expect(ownerOf(path, 'vault')).toBe(unit.folder)
      })
    )
  })

  it('have with them what lies below versions', async () => {
    const files = ['v/a/b/secret.yaml', 'v/a/secret.yaml', 'v/a/versions/x.yaml', 'v/a/versions/y/versions/z']
    expect(await unitsOf(files, 'v')).toMatchObject([
      { folder: 'v/a/b', files: [{ path: files[0] }] },
      { folder: 'v/a', files: [{ path: files[1] }, { path: files[2] }, { path: files[3] }] }
    ])
  })

  it('of a vault that is itself in a folder of that name', async () => {
    expect(
      await unitsOf(['versions/v/x/versions/b', 'versions/v/versions/a.yaml'], 'versions/v')
    ).toMatchObject([{ folder: 'versions/v/x' }, { folder: 'versions/v' }])
  })

  it('come as soon as they are complete', async () => {
    let read = 0
    async function* endless(): AsyncIterable<ListedFile> {
      for (;;) yield { path: `v/${String(read++).padStart(9, '0')}/secret.yaml`, mode: '100644' }
    }
    let count = 0
    for await (const unit of vaultFolders(endless(), 'v')) {
      expect(unit.files).toHaveLength(1)
      expect(read).toBe(++count + 1)
      if (count === 1000) break
    }
  })
})
